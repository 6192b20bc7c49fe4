"""Whether the last starts came to a good end; after two that did not, plugins of others are left out."""

from __future__ import annotations

import contextlib
from pathlib import Path

MOST_BAD_STARTS = 2


class StartMark:
    """A file that is there while a start has not come to a good end; it holds how many have not."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self) -> bool:
        """A start begins; True when those before it ended so badly that it should be a safe one."""
        bad = self._bad()
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(str(bad + 1), encoding="utf-8")
        return bad >= MOST_BAD_STARTS

    def succeed(self) -> None:
        """The window works, or was closed in order."""
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _bad(self) -> int:
        try:
            return int(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0
