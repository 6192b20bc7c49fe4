"""Over the picture of a linked pane: the other pane's cursor, and the points by which the panes are matched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.geometry import Point
from lnm_desktop.ui.viewer.camera import Camera

ARM_PX, HOLE_PX = 16.0, 4.0
_DARK, _LIGHT = QColor(18, 20, 24), QColor(255, 255, 255)


class LinkMarks(QWidget):
    """Transparent to the mouse; hidden while there is nothing to mark, so that it costs nothing then."""

    def __init__(self, parent: QWidget, camera: Camera) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._camera = camera
        self.ghost: Point | None = None
        self.numbers: tuple[Point, ...] = ()
        camera.changed.connect(self._follow)
        self.hide()

    def show_ghost(self, point: Point | None) -> None:
        """Where the cursor of another pane would be here; None takes it away."""
        before, self.ghost = self.ghost, point
        self._show_or_hide()
        for place in (before, point):
            if place is not None:
                self.update(_around(self._camera.to_screen(place)).toAlignedRect())

    def show_numbers(self, points: Sequence[Point]) -> None:
        """Points that were pointed out, from 1 on."""
        self.numbers = tuple(points)
        self._show_or_hide()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A cross with an open middle for each, light on dark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.ghost is not None:
            _paint_cross(painter, self._camera.to_screen(self.ghost))
        for number, point in enumerate(self.numbers, start=1):
            place = self._camera.to_screen(point)
            _paint_cross(painter, place)
            _paint_number(painter, place, number)
        painter.end()

    def _show_or_hide(self) -> None:
        self.setVisible(self.ghost is not None or bool(self.numbers))

    def _follow(self) -> None:
        if not self.isHidden():
            self.update()


def _around(place: QPointF) -> QRectF:
    reach = ARM_PX + 3
    return QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)


def _paint_cross(painter: QPainter, place: QPointF) -> None:
    for pen in (QPen(_DARK, 4), QPen(_LIGHT, 2)):
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(place + QPointF(x, y) * HOLE_PX, place + QPointF(x, y) * ARM_PX)


def _paint_number(painter: QPainter, place: QPointF, number: int) -> None:
    font = QFont(painter.font())
    font.setPixelSize(13)
    font.setBold(True)
    painter.setFont(font)
    plate = QRectF(place.x() + 7, place.y() - 25, 18, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_DARK)
    painter.drawEllipse(plate)
    painter.setPen(_LIGHT)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, str(number))
