"""The whole image in a corner of the canvas, with the part that is seen; a click jumps there, a drag moves along."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration, ImageInfo
from lnm_desktop.ui.viewer.camera import Camera

MARGIN_PX = 12
LONGEST_PX, SHORTEST_PX = 190, 70
SHARE_OF_CANVAS = 0.34
FOLDED_PX = 30
FOLD_MARK_PX = 18
LEAST_VIEW_PX = 7.0
# A repainted widget over the canvas makes the whole window be put together anew. Without a graphics card that
# takes a quarter of a frame, so the rectangle then moves seldom enough to stay out of one frame in twenty.
PAUSE_MS, PAUSE_WITHOUT_CARD_MS, AT_REST_MS = 33, 700, 80
WHEEL_STEP, ZOOM_PER_STEP = 120, 1.25
_PLATE, _EDGE = QColor(18, 20, 24, 215), QColor(110, 118, 128)
_HALO, _LINE, _INK = QColor(255, 255, 255, 230), QColor("#0A5AA6"), QColor(255, 255, 255)


class Navigator(QWidget):
    """Sits at the upper right of its parent; folds to a small plate. Hidden while the whole image is in view.

    `open_changed` follows folding and unfolding, by hand or by `set_open`.
    """

    open_changed = Signal(bool)

    def __init__(self, parent: QWidget, camera: Camera, *, has_card: bool) -> None:
        super().__init__(parent)
        self._view = parent
        self._camera = camera
        self._picture: QImage | None = None
        self._veil: QImage | None = None
        self._scaled = QPixmap()
        self._extent_px = (1.0, 1.0)
        self._aspect = 1.0
        self._seen = QPolygonF()
        self._grab: QPointF | None = None
        self.is_open = True
        self._due = _single_shot(self, PAUSE_MS if has_card else PAUSE_WITHOUT_CARD_MS)
        self._rest = _single_shot(self, AT_REST_MS)
        for timer in (self._due, self._rest):
            timer.timeout.connect(self.refresh)
        camera.changed.connect(self._follow)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Overview")
        self.setToolTip("Overview: click to jump, drag to move along")
        self.hide()

    def show_picture(self, picture: QImage | None, info: ImageInfo | None, calibration: Calibration) -> None:
        """The overview of another image (or the same one shown otherwise); None hides the navigator."""
        self._picture = picture if info is not None else None
        if info is not None:
            self._extent_px = (info.size.width, info.size.height)
            mpp = (calibration.mpp_x, calibration.mpp_y) if calibration.is_known else (1.0, 1.0)
            self._aspect = info.size.width * mpp[0] / (info.size.height * mpp[1])
        self._scaled = QPixmap()
        self.place()

    def show_veil(self, veil: QImage | None) -> None:
        """A picture of the whole image's extent to lie over the overview; None takes it away."""
        if veil is not self._veil:
            self._veil = veil
            self.update()

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold."""
        if is_open != self.is_open:
            self.is_open = is_open
            self.place()
            self.open_changed.emit(is_open)

    def place(self) -> None:
        """Keep the corner, at a size that leaves the picture to be seen."""
        size = self._wanted_size()
        self.setGeometry(self._view.width() - size.width() - MARGIN_PX, MARGIN_PX, size.width(), size.height())
        self._seen = QPolygonF()
        self.refresh()

    def refresh(self) -> None:
        """Show the part that is seen now, where it differs by what the eye can tell."""
        self._due.stop()
        self._rest.stop()
        wanted = self._picture is not None and (self._grab is not None or not self._all_in_view())
        if wanted != self.isVisibleTo(self._view):
            self.setVisible(wanted)
        seen = self._polygon()
        if wanted and self.is_open and _differ(seen, self._seen):
            self._seen = seen
            self.update()

    # -- Qt

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The overview with the view's rectangle, or the plate."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.is_open:
            painter.drawPixmap(0, 0, self._fitting_pixmap())
            if self._veil is not None:
                painter.drawImage(QRectF(self.rect()), self._veil)
            self._paint_view(painter)
            painter.setPen(QPen(_EDGE, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
            self._paint_mark(painter, self._fold_mark())
        else:
            self._paint_mark(painter, QRectF(self.rect()))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take hold of the view's rectangle, or bring the view under the cursor and take hold of it there."""
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if not self.is_open or self._fold_mark().contains(event.position()):
            self.set_open(not self.is_open)
            return
        inside = self._polygon().containsPoint(event.position(), Qt.FillRule.OddEvenFill)
        self._grab = self._place_of(self._camera.center) - event.position() if inside else QPointF(0, 0)
        self._move(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the view along."""
        event.accept()
        if self._grab is not None:
            self._move(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        event.accept()
        self._grab = None
        self.refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Magnify around the middle of the view."""
        event.accept()
        self._camera.zoom_by(ZOOM_PER_STEP ** (event.angleDelta().y() / WHEEL_STEP))

    # -- how it comes about

    def _follow(self) -> None:
        if self._picture is None:
            return
        if self._grab is not None:  # the hand is here: the rectangle is what it looks at
            self.refresh()
            return
        self._rest.start()
        if not self._due.isActive():
            self._due.start()

    def _move(self, position: QPointF) -> None:
        place = position + (self._grab or QPointF(0, 0))
        x, y = place.x() / self.width() * self._extent_px[0], place.y() / self.height() * self._extent_px[1]
        self._camera.move_to(Point(x, y), self._camera.downsample)

    def _place_of(self, point: Point) -> QPointF:
        return QPointF(point.x / self._extent_px[0] * self.width(), point.y / self._extent_px[1] * self.height())

    def _polygon(self) -> QPolygonF:
        return QPolygonF([self._place_of(corner) for corner in self._camera.corners])

    def _all_in_view(self) -> bool:
        width, height = self._extent_px
        corners = (Point(0, 0), Point(width, 0), Point(width, height), Point(0, height))
        canvas = QRectF(self._view.rect()).adjusted(-1, -1, 1, 1)
        return all(canvas.contains(self._camera.to_screen(corner)) for corner in corners)

    def _wanted_size(self) -> QSize:
        if not self.is_open:
            return QSize(FOLDED_PX, FOLDED_PX)
        room = min(self._view.width(), self._view.height()) * SHARE_OF_CANVAS
        longest = max(SHORTEST_PX, min(LONGEST_PX, room))
        width, height = (longest, longest / self._aspect) if self._aspect >= 1 else (longest * self._aspect, longest)
        least = FOLD_MARK_PX + 4
        return QSize(max(least, round(width)), max(least, round(height)))

    def _fitting_pixmap(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        wanted = self.size() * ratio
        if self._scaled.size() != wanted and self._picture is not None:
            smooth = Qt.TransformationMode.SmoothTransformation
            scaled = self._picture.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._scaled = QPixmap.fromImage(scaled)
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled

    def _fold_mark(self) -> QRectF:
        return QRectF(self.width() - FOLD_MARK_PX - 2, 2, FOLD_MARK_PX, FOLD_MARK_PX)

    def _paint_view(self, painter: QPainter) -> None:
        """The view's outline on a light halo, so that it shows on any tissue; a ring where it is too small."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        bounds = self._seen.boundingRect()
        is_small = max(bounds.width(), bounds.height()) < LEAST_VIEW_PX
        for pen in (QPen(_HALO, 4), QPen(_LINE, 2)):
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            if is_small:
                painter.drawEllipse(bounds.center(), LEAST_VIEW_PX, LEAST_VIEW_PX)
            else:
                painter.drawPolygon(self._seen)

    def _paint_mark(self, painter: QPainter, place: QRectF) -> None:
        """A small plate: a dash to fold, a map to unfold."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QPen(_INK, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        middle = place.center()
        if self.is_open:
            painter.drawLine(middle - QPointF(4, 0), middle + QPointF(4, 0))
        else:
            painter.drawRect(QRectF(middle - QPointF(9, 7), middle + QPointF(9, 7)))
            painter.drawRect(QRectF(middle + QPointF(0, -3), middle + QPointF(5, 2)))


def _differ(one: QPolygonF, other: QPolygonF) -> bool:
    """True when a corner lies elsewhere by half a pixel."""
    if one.size() != other.size():
        return True
    return any((a - b).manhattanLength() > 0.5 for a, b in zip(one.toList(), other.toList(), strict=True))


def _single_shot(parent: QWidget, interval_ms: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    return timer
