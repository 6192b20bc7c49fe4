"""Asks for a place in the image, in pixels or in a length."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QDialog, QDoubleSpinBox, QWidget

from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.image import Calibration
from lnm_desktop.ui.widgets.parts import button, column, label, row

_WORDS = "x to the right and y downwards from the upper left corner of the image."
_DECIMALS = {"px": 1, "µm": 1, "mm": 4}
_UM_PER = {"µm": 1.0, "mm": 1000.0}


class GoToDialog(QDialog):
    """`place_wanted` gives a level-0 Point; the dialog stays, to go on from there."""

    place_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to Coordinate")
        self._size, self._calibration = Size(1, 1), Calibration()
        self._center = Point(0, 0)
        self.x_, self.y_ = (_number(name) for name in ("x", "y"))
        self.unit = QComboBox()
        self.unit.setAccessibleName("Unit")
        self.go = button("Go", "Bring this place into the middle (Enter)", "primary")
        self.go.setDefault(True)
        self.copy = button("Copy position", "Put the middle of the view on the clipboard")
        self.shut = button("Close")
        fields = row(label("x", wrap=False), self.x_, label("y", wrap=False), self.y_, self.unit)
        fields.setStretch(1, 1)
        fields.setStretch(3, 1)
        layout = column(label(_WORDS, "hint"))
        layout.addLayout(fields)
        layout.addLayout(row(self.copy, None, self.shut, self.go))
        self.setLayout(layout)
        self.setMinimumWidth(420)
        self.unit.currentIndexChanged.connect(lambda _index: self._show_place(self._center))
        self.go.clicked.connect(self._go)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.position_words()))
        self.shut.clicked.connect(self.close)

    def show_image(self, size: Size, calibration: Calibration) -> None:
        """The image that is looked at: lengths only where it tells its pixel size."""
        self._size, self._calibration = size, calibration
        wanted = ("px", "µm", "mm") if calibration.is_known else ("px",)
        before = self.unit.currentText()
        self.unit.blockSignals(True)
        self.unit.clear()
        self.unit.addItems(wanted)
        self.unit.setCurrentText(before)
        self.unit.blockSignals(False)

    def show_center(self, center: Point) -> None:
        """The middle of the view now."""
        self._center = center
        self._show_place(center)

    def ask(self) -> None:
        """Show the dialog with the cursor in its first field."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.x_.setFocus()
        self.x_.selectAll()

    def position_words(self) -> str:
        """The middle of the view as in "1204.5, 88.0 px"."""
        unit = self.unit.currentText()
        decimals = _DECIMALS[unit]
        x, y = (value / per for value, per in zip((self._center.x, self._center.y), self._px_per_unit(), strict=True))
        return f"{x:.{decimals}f}, {y:.{decimals}f} {unit}"

    def _go(self) -> None:
        across, down = self._px_per_unit()
        self.place_wanted.emit(Point(self.x_.value() * across, self.y_.value() * down))

    def _show_place(self, place: Point) -> None:
        pairs = ((self.x_, place.x, self._size.width), (self.y_, place.y, self._size.height))
        for (number, value, most), per in zip(pairs, self._px_per_unit(), strict=True):
            number.setDecimals(_DECIMALS[self.unit.currentText()])
            number.setRange(0.0, most / per)
            number.setValue(value / per)

    def _px_per_unit(self) -> tuple[float, float]:
        unit = self.unit.currentText()
        if unit == "px":
            return 1.0, 1.0
        return _UM_PER[unit] / self._calibration.mpp_x, _UM_PER[unit] / self._calibration.mpp_y


def _number(name: str) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setAccessibleName(name)
    made.setGroupSeparatorShown(True)
    made.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    made.setMinimumWidth(110)
    return made
