"""Asks for the pixel size of an image that does not say it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QWidget

from lnm_desktop.domain.image import ImageKind
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.parts import button, column, label, row

_WHERE = {
    ImageKind.SLIDE: "Ask the scanner's settings: 0.5 µm/px is usual at 20×, 0.25 µm/px at 40×.",
    ImageKind.SERIES: "In micrometres: 500 µm/px is 0.5 mm from pixel to pixel. See the protocol of the scan.",
}
_LARGEST_MPP = 20_000.0


class PixelSizeQuestion(QFrame):
    """`given` follows the confirmation only: a value that merely stands in the field is no answer."""

    given = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.size_mpp = QDoubleSpinBox()
        self.size_mpp.setRange(0.0, _LARGEST_MPP)
        self.size_mpp.setDecimals(4)
        self.size_mpp.setSingleStep(0.01)
        self.size_mpp.setSuffix(" µm/px")
        self.size_mpp.setSpecialValueText("µm/px")
        self.size_mpp.setAccessibleName("Pixel size")
        self.confirm = button("Use this size", "Kept with the image and told in every result")
        self.confirm.setEnabled(False)
        self.size_mpp.valueChanged.connect(lambda value: self.confirm.setEnabled(value > 0))
        self.confirm.clicked.connect(lambda: self.given.emit(self.size_mpp.value()))
        self.where = label("", "hint")
        self.show_kind(ImageKind.SLIDE)
        line = row(self.size_mpp, self.confirm)
        line.setStretch(0, 1)
        layout = column(label("Pixel size of this image", "heading"), self.where, margin=10)
        layout.addLayout(line)
        self.setLayout(layout)

    def show_kind(self, kind: ImageKind) -> None:
        """Say where the answer is found for this kind of image, and forget what stood in the field."""
        self.where.setText(_WHERE[kind])
        self.size_mpp.setValue(0.0)
