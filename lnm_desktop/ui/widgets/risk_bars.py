"""Painted bars: a probability with its interval, and what each field adds to it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lnm_desktop.domain.risk import Risk

BAR_PX, LINE_PX, GAP_PX = 12, 22, 8


class RiskBar(QWidget):
    """0 to 100 %: the interval as a band, the probability as a mark, the operating point as a thin line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._risk: Risk | None = None
        self._point = 0.5
        self.setMinimumHeight(3 * BAR_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_risk(self, risk: Risk | None, point: float) -> None:
        """Show a probability beside an operating point."""
        self._risk, self._point = risk, point
        if risk is not None:
            self.setAccessibleName(f"Probability {risk.probability:.0%}, operating point {point:.0%}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, width = self.palette(), self.width() - 1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(QRectF(0, BAR_PX, width, BAR_PX), 4, 4)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1, Qt.PenStyle.DashLine))
        painter.drawLine(round(self._point * width), 4, round(self._point * width), 3 * BAR_PX - 4)
        if self._risk is None:
            return
        accent = palette.color(QPalette.ColorRole.Highlight)
        band = QColor(accent)
        band.setAlphaF(0.45)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(band)
        low, high = self._risk.lower * width, self._risk.upper * width
        painter.drawRect(QRectF(low, BAR_PX, max(high - low, 1), BAR_PX))
        painter.setBrush(accent)
        painter.drawRect(QRectF(self._risk.probability * width - 2, BAR_PX - 4, 4, BAR_PX + 8))


class ContributionBars(QWidget):
    """One line a field: its words, and a bar to the right where it raises the risk, to the left where it lowers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[tuple[str, float], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_lines(self, lines: Sequence[tuple[str, float]]) -> None:
        """Show words with their log odds, the greatest first."""
        self._lines = tuple(sorted(lines, key=lambda line: -abs(line[1])))
        self.setFixedHeight(max(1, len(self._lines)) * LINE_PX)
        words = "; ".join(f"{words} {value:+.2f}" for words, value in self._lines)
        self.setAccessibleName(f"Contributions in log odds: {words}")
        self.setToolTip("\n".join(f"{words}: {value:+.2f} log odds" for words, value in self._lines))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for every line."""
        return QSize(280, max(1, len(self._lines)) * LINE_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw."""
        painter = QPainter(self)
        palette = self.palette()
        most = max((abs(value) for _, value in self._lines), default=1.0) or 1.0
        words_px = round(0.66 * self.width())
        middle = words_px + (self.width() - words_px) / 2
        room = (self.width() - words_px) / 2 - GAP_PX
        for place, (words, value) in enumerate(self._lines):
            top = place * LINE_PX
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, words_px - GAP_PX)
            painter.drawText(QRectF(0, top, words_px, LINE_PX), Qt.AlignmentFlag.AlignVCenter, shown)
            long = value / most * room
            color = palette.color(QPalette.ColorRole.Highlight)
            if value < 0:
                color = palette.color(QPalette.ColorRole.PlaceholderText)
            bar = QRectF(min(middle, middle + long), top + 5, max(abs(long), 1), LINE_PX - 10)
            painter.fillRect(bar, color)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawLine(round(middle), 0, round(middle), self.height())
