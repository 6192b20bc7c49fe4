"""Which grey values of a scan are shown between black and white."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QWidget

from lnm_desktop.domain.image import ImageInfo, Window
from lnm_desktop.ui.widgets.parts import button, column, label, row

MOST_VALUE = 1e6
WIDE = 100.0
_WORDS = "Or drag with the right button in the picture: to the right wider, downwards brighter."


class WindowControls(QWidget):
    """`window_wanted` gives a Window, `full_wanted` and `automatic_wanted` ask for one from the pixels,
    `inverted_changed` whether high values are dark."""

    window_wanted = Signal(object)
    full_wanted = Signal()
    automatic_wanted = Signal()
    inverted_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stored: Window | None = None
        self._is_float = False
        self.center = _number("Centre", -MOST_VALUE, "The value shown as mid grey")
        self.width_ = _number("Width", 1.0, "How many values lie between black and white")
        self.full = button("Full range", "From the lowest to the highest value of the picture")
        self.from_file = button("From file", "The window that is stored in the file")
        self.automatic = button("1–99 %", "From the 1st to the 99th percentile of the picture's values")
        self.inverted = QCheckBox("Invert: high values dark")
        numbers = row(label("Centre", wrap=False), self.center, label("Width", wrap=False), self.width_)
        numbers.setStretch(1, 1)
        numbers.setStretch(3, 1)
        layout = column(label("GREY VALUES", "section"), margin=0)
        layout.addLayout(numbers)
        layout.addLayout(row(self.full, self.from_file, self.automatic, None))
        layout.addWidget(self.inverted)
        layout.addWidget(label(_WORDS, "hint"))
        self.setLayout(layout)
        self._connect()

    def show_image(self, info: ImageInfo | None) -> None:
        """Another image: its own window is offered where it has one."""
        self._stored = info.window if info is not None else None
        self.from_file.setEnabled(self._stored is not None)
        self._is_float = info is not None and info.dtype.startswith("float")

    def show_window(self, window: Window | None, *, inverted: bool) -> None:
        """Show the window as it is now, without telling it; None hides everything."""
        self.setVisible(window is not None)
        shown = ((self.center, window.center), (self.width_, window.width)) if window is not None else ()
        for number, value in shown:
            number.blockSignals(True)
            number.setDecimals(self._decimals(window))
            number.setValue(value)
            number.blockSignals(False)
        self.inverted.blockSignals(True)
        self.inverted.setChecked(inverted)
        self.inverted.blockSignals(False)

    def _connect(self) -> None:
        for number in (self.center, self.width_):
            number.valueChanged.connect(lambda _value: self._tell())
        self.full.clicked.connect(self.full_wanted)
        self.automatic.clicked.connect(self.automatic_wanted)
        self.from_file.clicked.connect(lambda: self.window_wanted.emit(self._stored))
        self.inverted.toggled.connect(self.inverted_changed)

    def _decimals(self, window: Window | None) -> int:
        """As many as can be told apart on the screen."""
        if not self._is_float:
            return 0
        return 1 if window is not None and window.width >= WIDE else 3

    def _tell(self) -> None:
        self.window_wanted.emit(Window(self.center.value(), self.width_.value()))


def _number(name: str, lowest: float, tip: str) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(lowest, MOST_VALUE)
    made.setKeyboardTracking(False)
    made.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setMinimumWidth(60)
    return made
