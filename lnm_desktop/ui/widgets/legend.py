"""The colours of a map with their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

BAR_PX = 14


class Legend(QWidget):
    """A strip from 0 to 1; what lies below the threshold is left clear, as it is on the image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colors: tuple[str, ...] = ("#000000", "#FFFFFF")
        self._threshold = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_scale(self, colors: Sequence[str], threshold: float) -> None:
        """Show these colours, evenly from 0 to 1, from the threshold on."""
        self._colors, self._threshold = tuple(colors), threshold
        self.setToolTip(f"Values from 0 to 1; those below {threshold:.2f} are clear")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A strip with a line of numbers below."""
        return QSize(160, BAR_PX + self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint strip, frame and numbers."""
        painter = QPainter(self)
        width = float(self.width() - 1)
        gradient = QLinearGradient(QPointF(0, 0), QPointF(width, 0))
        last = max(1, len(self._colors) - 1)
        for place, color in enumerate(self._colors):
            gradient.setColorAt(place / last, QColor(color))
        start = width * self._threshold
        painter.fillRect(QRectF(start, 0, width - start, BAR_PX), gradient)
        painter.setPen(self.palette().mid().color())
        painter.drawRect(QRectF(0, 0, width, BAR_PX))
        self._write_numbers(painter, width)
        painter.end()

    def _write_numbers(self, painter: QPainter, width: float) -> None:
        painter.setPen(self.palette().text().color())
        metrics = self.fontMetrics()
        for value in (0.0, 0.5, 1.0):
            words = f"{value:g}"
            room = metrics.horizontalAdvance(words)
            x = min(max(value * width - room / 2, 0), width - room)
            painter.drawText(QPointF(x, BAR_PX + metrics.ascent() + 3), words)
