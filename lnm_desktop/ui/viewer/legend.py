"""The colours of a map with their numbers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lnm_desktop.ui.viewer.coloring import DIFFERENCE_FROM, colored
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

BAR_PX = 14
SHADES = 64


class Legend(QWidget):
    """A strip from 0 to 1, for a difference from -1 to 1, coloured as the map is.

    `ink` writes the numbers, the palette's text by default.
    """

    def __init__(self, parent: QWidget | None = None, ink: QColor | None = None) -> None:
        super().__init__(parent)
        self._ink = ink
        self._style = HeatmapStyle()
        self._signed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_style(self, style: HeatmapStyle, *, signed: bool = False) -> None:
        """Show this map's colours and threshold."""
        self._style, self._signed = style, signed
        clear = f"Differences from −1 to 1; those within ±{DIFFERENCE_FROM:.2f} are clear"
        self.setToolTip(clear if signed else f"Values from 0 to 1; those below {style.threshold:.2f} are clear")
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
        values = 2 * places - 1 if self._signed else places
        colors = colored(values, self._style, signed=self._signed)
        for place, color in zip(places.tolist(), colors.tolist(), strict=True):
            gradient.setColorAt(place, QColor(*color))
        painter.fillRect(QRectF(0, 0, width, BAR_PX), gradient)
        painter.setPen(self._ink or self.palette().mid().color())
        painter.drawRect(QRectF(0, 0, width, BAR_PX))
        self._write_numbers(painter, width)
        painter.end()

    def _write_numbers(self, painter: QPainter, width: float) -> None:
        """Both ends and the threshold, which gives way where it would cover an end; of a difference the middle."""
        painter.setPen(self._ink or self.palette().text().color())
        metrics = self.fontMetrics()
        y, gap = BAR_PX + metrics.ascent() + 3, metrics.horizontalAdvance("0")
        painter.drawText(QPointF(0, y), "−1" if self._signed else "0")
        painter.drawText(QPointF(width - gap, y), "1")
        words = "0" if self._signed else f"{self._style.threshold:.2f}"
        left = width * (0.5 if self._signed else self._style.threshold) - metrics.horizontalAdvance(words) / 2
        if gap * 2 < left < width - metrics.horizontalAdvance(words) - gap * 2:
            painter.drawText(QPointF(left, y), words)
