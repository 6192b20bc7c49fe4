"""The scale bar in the corner of the canvas, painted anew only when its length changes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.scale_bar import ScaleBar, micrometre_bar, pixel_bar
from lnm_desktop.ui.viewer.view_state import ViewState

LONGEST_PX = 160
SHORTEST_PX = 40
MARGIN_PX = 12
_HEIGHT_PX = 36
_PADDING_PX = 10
_PLATE = QColor(18, 20, 24, 205)
_INK = QColor(255, 255, 255)


class ScaleBarLabel(QWidget):
    """Sits at the lower right of its parent; transparent to the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.bar = ScaleBar(1.0, "")
        self._bar_px = 0.0
        self.hide()

    def show_view(self, view: ViewState) -> None:
        """A bar for this view, in micrometres or millimetres, or in pixels where no pixel size is known."""
        per_px = view.mpp or view.downsample
        longest = self._longest_px() * per_px
        bar = micrometre_bar(longest) if view.mpp else pixel_bar(longest)
        bar_px = bar.length / per_px
        if bar != self.bar or abs(bar_px - self._bar_px) > 0.5:
            self.bar, self._bar_px = bar, bar_px
            self.place()
            self.update()
        self.show()

    def _longest_px(self) -> int:
        """Within a narrow pane the bar leaves room at both sides."""
        parent = self.parentWidget()
        room = parent.width() - 2 * (MARGIN_PX + _PADDING_PX) if parent is not None else LONGEST_PX
        return max(SHORTEST_PX, min(LONGEST_PX, room))

    def place(self) -> None:
        """Keep the corner."""
        width = round(self._bar_px) + 2 * _PADDING_PX
        parent = self.parentWidget()
        if parent is not None:
            left, top = parent.width() - width - MARGIN_PX, parent.height() - _HEIGHT_PX - MARGIN_PX
            self.setGeometry(left, top, width, _HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A plate, the text and the bar with its ends."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        font = QFont(self.font())
        font.setPixelSize(13)
        painter.setFont(font)
        painter.setPen(QPen(_INK, 2))
        painter.drawText(QRectF(0, 3, self.width(), 18), Qt.AlignmentFlag.AlignCenter, self.bar.text)
        self._paint_bar(painter)
        painter.end()

    def _paint_bar(self, painter: QPainter) -> None:
        left, right, y = _PADDING_PX, _PADDING_PX + self._bar_px, _HEIGHT_PX - 9
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        for x in (left, right):
            painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))
