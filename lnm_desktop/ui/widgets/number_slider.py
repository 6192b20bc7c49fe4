"""A name, a slider and the number it stands for, which can be typed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QWidget

from lnm_desktop.ui.widgets.parts import label, row

STEPS = 200
NAME_PX, NUMBER_PX = 82, 78


@dataclass(frozen=True, slots=True)
class Span:
    """What a slider runs over: its ends, where it rests, and whether each step multiplies instead of adding."""

    lowest: float
    highest: float
    rest: float
    multiplies: bool = False

    def at(self, share: float) -> float:
        """The value at a share of the way, 0 to 1."""
        if self.multiplies:
            return self.lowest * (self.highest / self.lowest) ** share
        return self.lowest + (self.highest - self.lowest) * share

    def share_of(self, value: float) -> float:
        """How far along a value lies."""
        if self.multiplies:
            return math.log(value / self.lowest) / math.log(self.highest / self.lowest)
        return (value - self.lowest) / (self.highest - self.lowest)


class NumberSlider(QWidget):
    """`value_changed` follows the hand, never `set_value`; a double click on the slider goes back to rest."""

    value_changed = Signal(float)

    def __init__(self, name: str, span: Span, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._span = span
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.installEventFilter(self)
        self.number = QDoubleSpinBox()
        self.number.setRange(span.lowest, span.highest)
        self.number.setDecimals(2)
        self.number.setSingleStep(0.05)
        self.number.setKeyboardTracking(False)
        self.number.setFixedWidth(NUMBER_PX)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        words = label(name, wrap=False)
        words.setMinimumWidth(NAME_PX)
        for widget in (self.slider, self.number):
            widget.setAccessibleName(name)
            widget.setToolTip(f"{tip}; a double click on the slider sets {span.rest:g}")
        line = row(words, self.slider, self.number)
        line.setStretch(1, 1)
        self.setLayout(line)
        self.set_value(span.rest)
        self.slider.valueChanged.connect(lambda step: self._take(span.at(step / STEPS), from_slider=True))
        self.number.valueChanged.connect(lambda value: self._take(value, from_slider=False))

    @property
    def value(self) -> float:
        """The number as it stands there."""
        return self.number.value()

    def set_value(self, value: float) -> None:
        """Show a value without telling it."""
        for widget in (self.slider, self.number):
            widget.blockSignals(True)
        self.number.setValue(value)
        self.slider.setValue(round(self._span.share_of(self.number.value()) * STEPS))
        for widget in (self.slider, self.number):
            widget.blockSignals(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """A double click on the slider resets it."""
        if watched is self.slider and event.type() == QEvent.Type.MouseButtonDblClick:
            self._take(self._span.rest, from_slider=False)
            return True
        return False

    def _take(self, value: float, *, from_slider: bool) -> None:
        """Near its rest a slider comes to rest: 1.00 cannot be hit otherwise."""
        if from_slider and abs(self._span.share_of(value) - self._span.share_of(self._span.rest)) < 1.5 / STEPS:
            value = self._span.rest
        self.set_value(value)
        self.value_changed.emit(self.value)
