"""Which pixels of one tile a network used, beside the tile itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from lnm_desktop.app.explain import TileExplanation
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.errors import LnmError
from lnm_desktop.ui.widgets.fitted_picture import FittedPicture
from lnm_desktop.ui.widgets.parts import button, column, label, row


class ExplanationDialog(QDialog):
    """`method_wanted` asks for the same tile by another method; the answer is shown or the error.

    `save_wanted` gives the TileExplanation that is shown.
    """

    method_wanted = Signal(str)
    save_wanted = Signal(object)

    def __init__(self, title: str, methods: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(860, 640)
        self._shown: TileExplanation | None = None
        self.method, self.save = QComboBox(), button("Save…", "Keep the picture, the map and all that it depends on")
        self.method.setAccessibleName("Method")
        self.method.addItems(list(methods))
        self.words, self.error, self.picture = label("", "hint"), label("", "error"), FittedPicture()
        shut = button("Close")
        shut.clicked.connect(self.close)
        layout = column(label(RESEARCH_USE_ONLY, "warn"))
        layout.addLayout(row(label("Method"), self.method, None))
        for widget in (self.words, self.error, self.picture):
            layout.addWidget(widget)
        layout.setStretch(4, 1)
        layout.addLayout(row(None, self.save, shut))
        self.setLayout(layout)
        self.method.currentTextChanged.connect(self.method_wanted)
        self.save.clicked.connect(lambda: self.save_wanted.emit(self._shown))

    def wait_for(self, words: str) -> None:
        """Something is being worked out."""
        self._show(words=words)
        self.method.setEnabled(False)

    def show_explanation(self, found: TileExplanation, png: bytes) -> None:
        """The answer, and its picture, which bears its own legend."""
        self._shown = found
        self._show(f"{found.method} for the class {found.target}, left the tile itself", image=QImage.fromData(png))

    def show_error(self, error: LnmError) -> None:
        """There is none for this tile."""
        self._show(error=f"{error.message}. {error.hint}".replace("..", "."))

    def _show(self, words: str = "", error: str = "", image: QImage | None = None) -> None:
        self.words.setText(words)
        self.error.setText(error)
        self.error.setVisible(bool(error))
        self.picture.show_image(image)
        self.save.setEnabled(image is not None)
        self.method.setEnabled(True)
