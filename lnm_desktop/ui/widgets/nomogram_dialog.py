"""A nomogram to be read by hand: a scale of points for each field, and the probability below the sum."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QDialog, QSizePolicy, QWidget

from lnm_desktop.domain.clinical import ClinicalSchema, Value
from lnm_desktop.domain.nomogram import Nomogram, NomogramAxis
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.ui.widgets.parts import column, label, scrolled

NAME_PX, LINE_PX, MARGIN_PX, TICK_PX = 210, 54, 16, 6
NUMBER_TICKS = 6
PROBABILITIES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class NomogramDialog(QDialog):
    """The patient's points are marked, and their sum is told."""

    def __init__(
        self,
        title: str,
        nomogram: Nomogram,
        schema: ClinicalSchema,
        values: Mapping[str, Value],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Nomogram: {title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(920, 780)
        self.chart = NomogramChart(nomogram, schema, values)
        total = nomogram.total(values)
        probability = 1 / (1 + np.exp(-nomogram.log_odds(total)))
        words = f"Sum of points {total:.0f}: probability {100 * probability:.0f} %. A field without a value counts "
        words += "with the points of one that is not known."
        self.setLayout(column(label(words), scrolled(self.chart), label(RESEARCH_USE_ONLY, "warn")))


class NomogramChart(QWidget):
    """The scales."""

    def __init__(self, nomogram: Nomogram, schema: ClinicalSchema, values: Mapping[str, Value]) -> None:
        super().__init__()
        self._nomogram, self._schema, self._values = nomogram, schema, dict(values)
        self.setMinimumHeight((len(nomogram.axes) + 3) * LINE_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setToolTip("\n".join(self._words(axis) for axis in nomogram.axes))

    def _words(self, axis: NomogramAxis) -> str:
        shown = axis.ticks[:: max(1, len(axis.ticks) // NUMBER_TICKS)]
        points = ", ".join(
            f"{value:.0f}: {points:.0f}" if isinstance(value, float) else f"{value}: {points:.0f}"
            for value, points in shown
        )
        return f"{self._schema.field(axis.field).label}: points of {points}; not known {axis.unknown:.0f}"

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for all scales."""
        return QSize(860, (len(self._nomogram.axes) + 3) * LINE_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        painter.setFont(font)
        self._scale(painter, 0, "Points", [(f"{p}", p / 100) for p in range(0, 101, 10)])
        for place, axis in enumerate(self._nomogram.axes, start=1):
            self._axis(painter, place, axis)
        most = self._most_points()
        step = 20 if most <= 300 else 50
        count = len(self._nomogram.axes)
        sums = [(f"{p}", p / most) for p in range(0, int(most) + 1, step)]
        total = self._nomogram.total(self._values) / most
        self._scale(painter, count + 1, "Sum of points", sums, total)
        self._scale(painter, count + 2, "Probability", self._probabilities(most), total)

    def _most_points(self) -> float:
        return sum(max(points for _, points in axis.ticks) for axis in self._nomogram.axes) or 1.0

    def _probabilities(self, most: float) -> list[tuple[str, float]]:
        found = []
        for probability in PROBABILITIES:
            points = (np.log(probability / (1 - probability)) - self._nomogram.base) / self._nomogram.per_point
            if 0 <= points <= most:
                found.append((f"{100 * probability:.0f} %", points / most))
        return found

    def _axis(self, painter: QPainter, place: int, axis: NomogramAxis) -> None:
        definition = self._schema.field(axis.field)
        name = f"{definition.label}, {definition.unit}" if definition.unit else definition.label
        numbers = [(value, points) for value, points in axis.ticks if isinstance(value, float)]
        if numbers:
            chosen = np.linspace(numbers[0][0], numbers[-1][0], NUMBER_TICKS).round()
            ticks = [(f"{value:g}", axis.points(float(value)) / 100) for value in chosen]
        else:
            ticks = [(_short(str(value)), points / 100) for value, points in axis.ticks]
        mark = axis.points(self._values.get(axis.field)) / 100
        self._scale(painter, place, name, ticks, mark)

    def _scale(
        self, painter: QPainter, place: int, name: str, ticks: list[tuple[str, float]], mark: float | None = None
    ) -> None:
        y = place * LINE_PX + LINE_PX / 2
        left, wide = NAME_PX, self.width() - NAME_PX - 3 * MARGIN_PX
        palette = self.palette()
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(0, y - LINE_PX / 2, NAME_PX - MARGIN_PX, LINE_PX), flags, name)
        shares = [share for _, share in ticks]
        painter.drawLine(QPointF(left + min(shares) * wide, y), QPointF(left + max(shares) * wide, y))
        taken = [-1e9, -1e9]
        for words, share in sorted(ticks, key=lambda tick: tick[1]):
            x, width = left + share * wide, painter.fontMetrics().horizontalAdvance(words)
            painter.drawLine(QPointF(x, y - TICK_PX / 2), QPointF(x, y + TICK_PX / 2))
            free = [side for side in (0, 1) if x - width / 2 >= taken[side] + 4]
            if not free:
                continue  # its tick stands there, and the tool tip names it
            taken[free[0]] = x + width / 2
            top = y + TICK_PX if free[0] == 0 else y - TICK_PX - 16
            painter.drawText(QRectF(x - width / 2 - 4, top, width + 8, 16), Qt.AlignmentFlag.AlignCenter, words)
        if mark is not None:
            painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(left + mark * wide, y), 5, 5)
            painter.setBrush(Qt.BrushStyle.NoBrush)


def _short(words: str) -> str:
    return words if len(words) <= 16 else f"{words[:14]}…"
