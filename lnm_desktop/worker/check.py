"""The examination of a plugin in a process of its own, where all that it writes and starts is seen."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lnm_desktop.errors import LnmError
from lnm_desktop.plugin.conformance import examine
from lnm_desktop.plugin.findings import Finding
from lnm_desktop.process.channel import Message
from lnm_desktop.process.loop import Request
from lnm_desktop.worker.job import RunJob
from lnm_desktop.worker.models import WorkerModels

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = frozenset(
    f"os.{name}" for name in ("remove", "rename", "mkdir", "rmdir", "link", "symlink", "truncate", "chmod", "chown")
)
STARTING = frozenset(
    ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty")
)
MOST_NAMED = 5


def check_plugin(refused: list[str], models: WorkerModels, request: Request) -> Message:
    """Answer `check`: every finding. `refused` is what the guard of this process refuses meanwhile."""
    folder = Path(request.arguments["folder"])
    os.environ["LNM_HOME"] = os.environ["TMPDIR"] = str(folder)
    sys.dont_write_bytecode = True
    written, started = watch(folder)
    try:
        found = (Finding("imports", "passed"), *examine(models.host, RunJob(request).stage))
    except LnmError as error:
        found = (Finding("imports", "failed", error.message),)
    found += (
        _behaved("no-network", refused, "it asked for {}"),
        _behaved("writes-inside", written, "it wrote to {}"),
        _behaved("no-programs", started, "it started {}"),
    )
    return {"findings": [asdict(item) for item in found]}


def watch(folder: Path) -> tuple[list[str], list[str]]:
    """From now on all that is written outside the folder, and all programs that are started, are refused and listed.

    Native code can pass an audit hook by: it finds what a plugin does in Python.
    """
    inside, written, started = folder.resolve(), list[str](), list[str]()

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STARTING:
            started.append(event)
            raise PermissionError(f"a plugin that is being checked may start no program ({event})")
        for path in _changed(event, arguments):
            if not _is_allowed(path, inside):
                written.append(path.name)
                raise PermissionError(f"a plugin that is being checked may not write to {path.name}")

    sys.addaudithook(hear)
    return written, started


def _changed(event: str, arguments: Sequence[Any]) -> list[Path]:
    """The files that an event is about to change."""
    if event == "open":
        named = arguments[:1] if isinstance(arguments[2], int) and arguments[2] & WRITING else ()
    else:
        named = arguments[:2] if event in CHANGING else ()
    return [Path(os.fsdecode(name)) for name in named if isinstance(name, str | bytes | os.PathLike)]


def _is_allowed(path: Path, inside: Path) -> bool:
    return str(path) == os.devnull or path.resolve().is_relative_to(inside)


def _behaved(rule: str, incidents: list[str], words: str) -> Finding:
    named = ", ".join(list(dict.fromkeys(incidents))[:MOST_NAMED])
    return Finding(rule, "failed", words.format(named)) if named else Finding(rule, "passed")
