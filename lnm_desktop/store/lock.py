"""One writer per workspace: a lock that ends with its process, and a note that names the holder."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lnm_desktop.errors import StoreError

LOCK_NAME = "workspace.lock"
HOLDER_NAME = "workspace.holder.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a workspace open."""

    host: str
    pid: int


class WorkspaceLock:
    """Held from construction to `release`. Raises StoreError naming the holder.

    The operating system drops the lock when its process dies, so a dead holder on this host is taken over
    at once; a holder on another host cannot be asked and is believed.
    """

    def __init__(self, folder: Path) -> None:
        self._note = folder / HOLDER_NAME
        self._lock = FileLock(folder / LOCK_NAME, thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise _in_use(folder, holder(folder)) from error
        except OSError as error:
            hint = "Check its permissions, or open it read-only."
            words = f"{folder.name} cannot be locked: {error.strerror}"
            raise StoreError(words, hint=hint, readable=True) from error
        self._take(folder)

    def _take(self, folder: Path) -> None:
        earlier = holder(folder)
        if earlier is not None and earlier.host != socket.gethostname():
            self._lock.release()
            raise _in_use(folder, earlier)
        try:
            self._write()
        except OSError as error:
            self._lock.release()
            hint = "Check the free space and the permissions of the folder."
            raise StoreError(f"{folder.name} cannot be locked: {error.strerror}", hint=hint) from error

    def _write(self) -> None:
        draft = self._note.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(Holder(socket.gethostname(), os.getpid()))), encoding="utf-8")
        draft.replace(self._note)

    def release(self) -> None:
        """Let others in; calling it twice is allowed."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()


def holder(folder: Path) -> Holder | None:
    """Who noted itself as the holder; None where nobody did or the note is unreadable."""
    try:
        data = json.loads((folder / HOLDER_NAME).read_text(encoding="utf-8"))
        return Holder(str(data["host"]), int(data["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _in_use(folder: Path, found: Holder | None) -> StoreError:
    who = f"process {found.pid} on {found.host}" if found else "another process"
    elsewhere = found is not None and found.host != socket.gethostname()
    remedy = f" If that computer no longer uses it, delete {HOLDER_NAME} in the folder." if elsewhere else ""
    return StoreError(
        f"{folder.name} is in use by {who}",
        hint="Close it there, or open it here read-only." + remedy,
        host=found.host if found else "",
        pid=found.pid if found else 0,
        readable=True,
    )
