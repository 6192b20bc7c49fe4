"""Tells when a view was looked at: at rest, sharp and in sight for a moment; what is panned past does not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown

REST_MS = 300
LOOK_AGAIN_MS = 200


class Resting(QObject):
    """Watches one pane and lives as long as it; `rested` follows once each time the view comes to rest."""

    rested = Signal()

    def __init__(self, pane: ViewerPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._look)
        pane.moved.connect(lambda: self._pause.start(REST_MS))

    def _look(self) -> None:
        if not self._pane.isVisible() or self._pane.window().isMinimized():
            return
        if self._pane.is_sharp:
            self.rested.emit()
        else:
            self._pause.start(LOOK_AGAIN_MS)
