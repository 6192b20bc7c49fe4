"""Files that bring reader processes down are noted here, until they are other files."""

from __future__ import annotations

import threading
from pathlib import Path

DEATHS_TO_QUARANTINE = 2
STAT_S = 2.0
Identity = tuple[int, int] | None


class Quarantine:
    """Counts deaths by path; a file whose size or time has changed begins anew. Thread-safe."""

    def __init__(self) -> None:
        self._deaths: dict[Path, tuple[Identity, int]] = {}
        self._lock = threading.Lock()

    def note_death(self, path: Path) -> int:
        """A process died of this file; gives how many have by now."""
        identity = identity_of(path)
        with self._lock:
            known, count = self._deaths.get(path, (identity, 0))
            count = count + 1 if known == identity else 1
            self._deaths[path] = (identity, count)
            return count

    def holds(self, path: Path) -> bool:
        """True for a file that brought two processes down and is still the same."""
        known, count = self._deaths.get(path, (None, 0))
        return count >= DEATHS_TO_QUARANTINE and identity_of(path) == known


def identity_of(path: Path) -> Identity:
    """Size and time of change, None where there is no file or its storage does not answer within two seconds."""
    found: list[Identity] = []
    thread = threading.Thread(target=lambda: found.append(_stat(path)), name="stat", daemon=True)
    thread.start()
    thread.join(STAT_S)
    return found[0] if found else None


def _stat(path: Path) -> Identity:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
