"""Label, macro and thumbnail of a slide: nothing is read or shown before it is asked for by its name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QButtonGroup, QDialog, QPushButton, QWidget

from lnm_desktop.errors import LnmError
from lnm_desktop.ui.widgets.fitted_picture import FittedPicture
from lnm_desktop.ui.widgets.parts import button, clear_layout, column, label, row

_WARNING = "These pictures may show names, numbers or barcodes of a person. They are not saved and not exported."
_NONE = "This image holds no label, macro or other picture."
_CHOOSE = "Choose a picture to show it."


class AssociatedDialog(QDialog):
    """`wanted` gives the name of a picture to be read; the answer comes through `show_pixels` or `show_error`.

    What was shown is forgotten when the dialog is hidden or another image is open.
    """

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Slide Label and Macro")
        self.resize(720, 560)
        self.choices = QButtonGroup(self)
        self.words = label(_CHOOSE, "hint")
        self.error = label("", "error")
        self.picture = FittedPicture()
        self._names = row(None)
        shut = button("Close")
        shut.clicked.connect(self.close)
        layout = column(label(_WARNING, "warn"))
        layout.addLayout(self._names)
        for widget in (self.words, self.error, self.picture):
            layout.addWidget(widget)
        layout.setStretch(4, 1)
        layout.addLayout(row(None, shut))
        self.setLayout(layout)
        self.show_names(())

    def show_names(self, names: Sequence[str]) -> None:
        """What there is to choose from; none of it is shown yet."""
        self.forget()
        clear_layout(self._names)
        for known in self.choices.buttons():
            self.choices.removeButton(known)
        for name in names:
            choice = QPushButton(name.capitalize())
            choice.setCheckable(True)
            choice.setAutoDefault(False)
            choice.clicked.connect(lambda _on=False, name=name: self._choose(name))
            self.choices.addButton(choice)
            self._names.addWidget(choice)
        self._names.addStretch(1)
        self.words.setText(_CHOOSE if names else _NONE)

    def show_pixels(self, name: str, pixels: NDArray[np.uint8]) -> None:
        """A picture of uint8 (rows, columns, 3) has been read."""
        height, width = pixels.shape[:2]
        image = QImage(np.ascontiguousarray(pixels).tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        self.picture.show_image(image.copy())
        self.words.setText(f"{name}, {width:,} × {height:,} px")

    def show_error(self, error: LnmError) -> None:
        """The picture cannot be read; the slide may be intact."""
        self.words.setText("")
        self.error.setText(f"{error.message}. {error.hint}".replace("..", "."))
        self.error.show()

    def forget(self) -> None:
        """Let the picture go."""
        self.picture.show_image(None)
        self.error.hide()
        self.choices.setExclusive(False)
        for known in self.choices.buttons():
            known.setChecked(False)
        self.choices.setExclusive(True)
        self.words.setText(_CHOOSE if self.choices.buttons() else _NONE)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Whoever opens it again is asked again."""
        self.forget()
        super().hideEvent(event)

    def _choose(self, name: str) -> None:
        self.picture.show_image(None)
        self.error.hide()
        self.words.setText(f"Reading {name} …")
        self.wanted.emit(name)
