"""A quiet veil over the tissue that was not looked at; what was seen, and glass, stay clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.ui.viewer.camera import Camera

# A blue grey that no stain has; nuclei are still seen through it.
VEIL_RGBA = (52, 84, 120, 140)
# Painting over the canvas makes the whole window be put together anew: the veil waits until the view rests, and a
# little longer than it takes to count as looked at, so that nothing flashes over what is being read.
AT_REST_MS = 350


class Veil(QWidget):
    """Lies over the canvas, transparent to the mouse, while the view rests; it is away while it moves."""

    def __init__(self, parent: QWidget, camera: Camera) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._camera = camera
        self._picture: QImage | None = None
        self._size = Size(1, 1)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(AT_REST_MS)
        self._rest.timeout.connect(self.show)
        camera.changed.connect(self._on_camera)
        self.hide()

    def show_picture(self, picture: QImage | None, size: Size) -> None:
        """Lay a picture over the whole image, whose extent is `size` level-0 pixels; None takes it away."""
        self._picture, self._size = picture, size
        if picture is None:
            self._rest.stop()
            self.hide()
        elif self.isVisible():
            self.update()
        elif not self._rest.isActive():
            self.show()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the picture where the image lies, turned as it is."""
        if self._picture is None:
            return
        painter = QPainter(self)
        painter.setTransform(self._placed(self._picture))
        painter.drawImage(QPointF(0, 0), self._picture)
        painter.end()

    def _placed(self, picture: QImage) -> QTransform:
        """From the picture's pixels to the canvas."""
        origin = self._camera.to_screen(Point(0, 0))
        right = (self._camera.to_screen(Point(self._size.width, 0)) - origin) / picture.width()
        down = (self._camera.to_screen(Point(0, self._size.height)) - origin) / picture.height()
        return QTransform(right.x(), right.y(), down.x(), down.y(), origin.x(), origin.y())

    def _on_camera(self) -> None:
        if self._picture is None:
            return
        if self.isVisible():
            self.hide()
        self._rest.start()


def veil_picture(unseen: NDArray[np.bool_]) -> QImage:
    """Cells (rows, columns) as a picture, one pixel for each, clear where nothing is unseen."""
    rows, columns = unseen.shape
    pixels = np.where(unseen[..., np.newaxis], np.array(VEIL_RGBA, np.uint8), np.uint8(0)).tobytes()
    return QImage(pixels, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
