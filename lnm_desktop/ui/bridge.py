"""Work leaves the window's thread here, and its results come back."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from lnm_desktop.errors import LnmError
from lnm_desktop.log import get_logger

T = TypeVar("T")
_log = get_logger(__name__)
WORKERS = 4
CLOSE_S = 3.0


class Background(QObject):
    """Runs functions beside the window and calls back on the window's thread.

    The threads live until `close`, which waits for them but not for ever; results that arrive later are dropped.
    """

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="window-background")
        self._closed = threading.Event()
        self._open = 0
        self._running: list[Future[None]] = []
        self._arrived.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def run(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[LnmError], None]
    ) -> Future[None] | None:
        """Do `work` beside the window, then `done(result)` or `failed(error)` on the window's thread."""
        if self._closed.is_set():
            return None
        self._open += 1
        future = self._pool.submit(self._work, work, done, failed)
        self._running = [known for known in self._running if not known.done()] + [future]
        return future

    @property
    def idle(self) -> bool:
        """True when every function has been answered; ask on the window's thread."""
        return self._open == 0

    def post(self, call: Callable[[], None]) -> None:
        """Make a call on the window's thread, from any thread."""
        if not self._closed.is_set():
            self._arrived.emit(call)

    def close(self) -> None:
        """Wait for what runs, but not for long; what has not started never will."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(self._running, CLOSE_S)

    @property
    def is_stuck(self) -> bool:
        """True when a function still runs; Python would wait for it at the end of the process."""
        return any(not future.done() for future in self._running)

    def _work(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[LnmError], None]) -> None:
        try:
            result = work()
        except LnmError as error:
            failure = error
            self.post(lambda: self._answer(lambda: failed(failure)))
        except BaseException as error:  # noqa: BLE001 - the border between a thread and the window
            unforeseen = unexpected(error)
            self.post(lambda: self._answer(lambda: failed(unforeseen)))
        else:
            self.post(lambda: self._answer(lambda: done(result)))

    def _answer(self, call: Callable[[], None]) -> None:
        self._open -= 1
        call()

    @Slot(object)
    def _call(self, call: Callable[[], None]) -> None:
        if not self._closed.is_set():
            call()


def unexpected(error: BaseException) -> LnmError:
    """An error that nobody foresaw, in words, with its trace for whoever asks for details."""
    _log.error("unexpected error", exc_info=error)
    trace = "".join(traceback.format_exception(error))
    return LnmError(
        f"Something unexpected happened ({type(error).__name__}: {error}).",
        hint="Your work up to this point is saved. You can go on; if it happens again, restart the application.",
        unexpected=True,
        trace=trace,
    )
