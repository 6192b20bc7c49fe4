"""The way out: a signal closes the window as a person would, and nothing that hangs keeps the process."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier

# What a logout, a service or Ctrl-C sends; SIGBREAK is Windows' word for it.
SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")


class SignalWatch(QObject):
    """Calls `close` on the window's thread when the system asks the process to end, until `stop`."""

    def __init__(self, close: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._close = close
        self._ours, self._theirs = socket.socketpair()
        for end in (self._ours, self._theirs):
            end.setblocking(False)
        self._known = [number for name in SIGNALS if (number := getattr(signal, name, None)) is not None]
        self._before = {number: signal.signal(number, _wake) for number in self._known}
        self._descriptor_before = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._heard)

    def stop(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._descriptor_before)
        for number, before in self._before.items():
            signal.signal(number, before)
        self._ours.close()
        self._theirs.close()

    def _heard(self) -> None:
        numbers = self._ours.recv(64)
        if any(number in self._known for number in numbers):
            self._close()


def _wake(_number: int, _frame: object) -> None:
    """Python calls this whenever it gets to run; the notifier is what wakes Qt."""
