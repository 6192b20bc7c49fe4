"""The colours of a map with their numbers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lnm_desktop.ui.viewer.coloring import colored
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

BAR_PX = 14
SHADES = 64


class Legend(QWidget):
    """A strip from 0 to 1, coloured as the map is; `ink` writes the numbers, the palette's text by default."""

    def __init__(self, parent: QWidget | None = None, ink: QColor | None = None) -> None:
        super().__init__(parent)
        self._ink = ink
        self._style = HeatmapStyle()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_style(self, style: HeatmapStyle) -> None:
        """Show this map's colours and threshold."""
        self._style = style
        self.setToolTip(f"Values from 0 to 1; those below {style.threshold:.2f} are clear")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A strip with a line of numbers below."""
        return QSize(160, BAR_PX + self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint strip, frame and numbers."""
        painter = QPainter(self)
        width = float(self.width() - 1)
        gradient = QLinearGradient(QPointF(0, 0), QPointF(width, 0))
        places = np.linspace(0, 1, SHADES, dtype=np.float32)
        for place, color in zip(places.tolist(), colored(places, self._style).tolist(), strict=True):
            gradient.setColorAt(place, QColor(*color))
        painter.fillRect(QRectF(0, 0, width, BAR_PX), gradient)
        painter.setPen(self._ink or self.palette().mid().color())
        painter.drawRect(QRectF(0, 0, width, BAR_PX))
        self._write_numbers(painter, width)
        painter.end()

    def _write_numbers(self, painter: QPainter, width: float) -> None:
        """Both ends and the threshold, which gives way where it would cover an end."""
        painter.setPen(self._ink or self.palette().text().color())
        metrics = self.fontMetrics()
        y, gap = BAR_PX + metrics.ascent() + 3, metrics.horizontalAdvance("0")
        painter.drawText(QPointF(0, y), "0")
        painter.drawText(QPointF(width - gap, y), "1")
        words = f"{self._style.threshold:.2f}"
        left = width * self._style.threshold - metrics.horizontalAdvance(words) / 2
        if gap * 2 < left < width - metrics.horizontalAdvance(words) - gap * 2:
            painter.drawText(QPointF(left, y), words)
