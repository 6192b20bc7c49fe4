"""A process and whatever it starts, ended together."""

from __future__ import annotations

import contextlib
import os
import signal


def lead_group() -> None:
    """Make this process the leader of a group, so that whatever it starts can be ended with it; POSIX only."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)


def end_group(leader: int) -> None:
    """Kill what is left of the group of a process, itself included; no harm where it leads none."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
