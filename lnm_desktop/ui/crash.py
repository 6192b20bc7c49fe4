"""Errors that nobody caught end here: in the log, and in one notice; the window lives on."""

from __future__ import annotations

import faulthandler
import math
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from lnm_desktop.errors import LnmError
from lnm_desktop.log import place_of
from lnm_desktop.ui.bridge import unexpected

Tell = Callable[[LnmError], None]
# A defect that comes with every frame is one defect; after such a pause it is news again.
QUIET_S = 10.0


class CrashHook:
    """Takes over the interpreter's last resorts until `uninstall`. `tell` may be called on any thread."""

    def __init__(self, log_dir: Path, tell: Tell) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self._tell = tell
        self._faults = (log_dir / "window-faults.log").open("a", encoding="utf-8")
        self._last_s: dict[str, float] = {}
        self._lock = threading.Lock()
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Catch uncaught exceptions of every thread, and write native crashes to the log folder."""
        faulthandler.enable(self._faults)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread

    def uninstall(self) -> None:
        """Give the interpreter its hooks back."""
        sys.excepthook, threading.excepthook = self._before
        faulthandler.disable()
        self._faults.close()

    def _uncaught(self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.exit(130)
        if self._is_news(error):
            self._tell(error if isinstance(error, LnmError) else unexpected(error))

    def _is_news(self, error: BaseException) -> bool:
        """False for what has happened at the same place a moment ago already."""
        place, now_s = place_of(error), time.monotonic()
        with self._lock:
            before_s, self._last_s[place] = self._last_s.get(place, -math.inf), now_s
        return now_s - before_s >= QUIET_S

    def _uncaught_in_thread(self, happened: threading.ExceptHookArgs) -> None:
        if happened.exc_value is not None and not issubclass(happened.exc_type, SystemExit):
            self._uncaught(happened.exc_type, happened.exc_value, happened.exc_traceback)
