"""A window that puts off its painting for a moment."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget


class PaintingPause(QObject):
    """Holds back what the window of a widget has to paint, from `begin` to `end`; nothing of it is lost.

    `setUpdatesEnabled` would not do: what was asked for before would still be painted, and without a graphics card
    that alone takes the time of a frame.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._window: QWidget | None = None
        self._asked = False

    def set_active(self, active: bool) -> None:
        """Begin or end."""
        if active:
            self._begin()
        else:
            self._end()

    def _begin(self) -> None:
        if self._window is None:
            self._window = self._widget.window()
            self._window.installEventFilter(self)

    def _end(self) -> None:
        """Paint now what was asked for."""
        window, self._window = self._window, None
        if window is not None:
            window.removeEventFilter(self)
            if self._asked:
                self._asked = False
                QCoreApplication.postEvent(window, QEvent(QEvent.Type.UpdateRequest))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Qt asks once for all that waits."""
        asks = event.type() == QEvent.Type.UpdateRequest
        self._asked = self._asked or asks
        return asks
