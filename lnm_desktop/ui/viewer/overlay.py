"""Drawn over the picture in screen pixels: names, handles of the selection, the shape in the making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.ui.viewer.camera import Camera

NAMES_BELOW = 50
HANDLE_PX = 7.0
MOST_HANDLES = 400
BRUSH_ALPHA = 90
_OUTLINE = QColor(0, 0, 0, 170)
_PLATE = QColor(18, 20, 24, 205)
_TEXT = QColor(255, 255, 255)


@dataclass(frozen=True, slots=True)
class Marked:
    """An annotation with the colour and name it is shown with; `handles` where its vertices can be dragged."""

    annotation: Annotation
    color: str
    selected: bool
    handles: bool
    length: str = ""


@dataclass(frozen=True, slots=True)
class BrushTip:
    """The brush under the cursor, its radius in screen pixels."""

    center: Point
    radius_px: float
    color: str


@dataclass(frozen=True, slots=True)
class DraftLine:
    """The shape in the making: its points (the cursor's last), and how many are vertices already.

    `width_px` is that of a brush, in screen pixels, 0 for a line; `length` is read beside the cursor.
    """

    points: tuple[Point, ...]
    vertices: int
    color: str
    closed: bool
    width_px: float = 0.0
    length: str = ""


class Overlay(QWidget):
    """Transparent to the mouse; repainted whenever the camera moves."""

    def __init__(self, parent: QWidget, camera: Camera) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._camera = camera
        self._marked: Sequence[Marked] = ()
        self._draft: DraftLine | None = None
        self._tip: BrushTip | None = None
        camera.changed.connect(self._follow)

    def show_marked(self, marked: Sequence[Marked]) -> None:
        """Names (and handles of the selected ones) of these annotations."""
        self._marked = marked
        self.update()

    def show_draft(self, draft: DraftLine | None) -> None:
        """The shape in the making, or none."""
        self._draft = draft
        self.update()

    def show_tip(self, tip: BrushTip | None) -> None:
        """The brush under the cursor, or none."""
        if tip != self._tip:
            self._tip = tip
            self.update()

    def _follow(self) -> None:
        """Move with the picture; painting nothing would still cost a whole window's composition."""
        if self._marked or self._draft is not None:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint what lies in view."""
        if not self._marked and self._draft is None and self._tip is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        for marked in self._marked:
            self._paint_marked(painter, marked)
        if self._draft is not None:
            self._paint_draft(painter, self._draft)
        if self._tip is not None:
            self._paint_tip(painter, self._tip)
        painter.end()

    def _paint_marked(self, painter: QPainter, marked: Marked) -> None:
        rings = [self._line(ring) for ring in (marked.annotation.geometry.points, *marked.annotation.geometry.holes)]
        bounds = rings[0].boundingRect()
        if not bounds.adjusted(-8, -8, 8, 8).intersects(QRectF(self.rect())):
            return
        if marked.selected:
            for ring in rings:
                self._paint_handles(painter, ring, marked)
        if marked.length:
            self._paint_length(painter, marked.length, rings[0].last())
        self._paint_name(painter, marked, QPointF(bounds.center().x(), bounds.top()))

    def _paint_handles(self, painter: QPainter, ring: QPolygonF, marked: Marked) -> None:
        closed = marked.annotation.geometry.shape not in (Shape.DOT, Shape.POINT_SET, Shape.MEASUREMENT)
        if ring.size() > 1:
            self._stroke(painter, ring, QColor(marked.color).lighter(125), closed=closed, width=2.5)
        if ring.size() > MOST_HANDLES or not marked.handles:
            return
        for place in ring.toList():
            self._handle(painter, place, QColor(marked.color))

    def _paint_draft(self, painter: QPainter, draft: DraftLine) -> None:
        line = self._line(draft.points)
        if draft.width_px:
            self._paint_brush_stroke(painter, line, draft)
            return
        self._stroke(painter, line, QColor(draft.color), closed=draft.closed, width=2.0)
        if draft.length:
            self._paint_length(painter, draft.length, line.last())
        if draft.vertices <= MOST_HANDLES:
            for place in line.toList()[: draft.vertices]:
                self._handle(painter, place, QColor(draft.color))

    def _paint_brush_stroke(self, painter: QPainter, line: QPolygonF, draft: DraftLine) -> None:
        color = QColor(draft.color)
        color.setAlpha(BRUSH_ALPHA)
        pen = QPen(color, draft.width_px)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if line.size() > 1:
            painter.drawPolyline(line)
        else:
            painter.drawPoint(line.first())

    def _paint_tip(self, painter: QPainter, tip: BrushTip) -> None:
        """A ring that shows on any tissue."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(_OUTLINE, 3.0), QPen(QColor(tip.color), 1.5)):
            painter.setPen(pen)
            painter.drawEllipse(self._camera.to_screen(tip.center), tip.radius_px, tip.radius_px)

    def _paint_length(self, painter: QPainter, words: str, beside: QPointF) -> None:
        """On a plate to the right of and below the place, or where it is in view."""
        metrics = QFontMetricsF(painter.font())
        plate = QRectF(beside.x() + 14, beside.y() + 14, metrics.horizontalAdvance(words) + 14, metrics.height() + 4)
        plate.moveTo(self._kept_in_view(plate))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(_TEXT)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)

    def _stroke(self, painter: QPainter, line: QPolygonF, color: QColor, *, closed: bool, width: float) -> None:
        """A coloured line on a dark one, so that it shows on any tissue."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(_OUTLINE, width + 2), QPen(color, width)):
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            (painter.drawPolygon if closed else painter.drawPolyline)(line)

    def _handle(self, painter: QPainter, place: QPointF, color: QColor) -> None:
        painter.setPen(QPen(color.darker(160), 1.5))
        painter.setBrush(QColor(255, 255, 255))
        half = HANDLE_PX / 2
        painter.drawRect(QRectF(place.x() - half, place.y() - half, HANDLE_PX, HANDLE_PX))

    def _paint_name(self, painter: QPainter, marked: Marked, above: QPointF) -> None:
        name = marked.annotation.group or marked.annotation.name
        if not name:
            return
        metrics = QFontMetricsF(painter.font())
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, 180)
        width, height = metrics.horizontalAdvance(name) + 24, metrics.height() + 4
        plate = QRectF(above.x() - width / 2, above.y() - height - 10, width, height)
        plate.moveTo(self._kept_in_view(plate))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(plate, 4, 4)
        painter.setBrush(QColor(marked.color))
        painter.drawEllipse(QPointF(plate.left() + 10, plate.center().y()), 4, 4)
        painter.setPen(_TEXT)
        painter.drawText(plate.adjusted(18, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, name)

    def _kept_in_view(self, plate: QRectF) -> QPointF:
        """Where a name is read even when the upper edge of its shape is out of sight."""
        right, bottom = self.width() - plate.width() - 4, self.height() - plate.height() - 4
        return QPointF(min(max(plate.x(), 4.0), right), min(max(plate.y(), 4.0), bottom))

    def _line(self, points: Sequence[Point]) -> QPolygonF:
        return QPolygonF([self._camera.to_screen(point) for point in points])
