"""In the status bar: how far a piece of work is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

from lnm_desktop.ui.widgets.parts import label, row, tool_button

BAR_PX = 90


class WorkProgress(QWidget):
    """Shown while it goes on; `verb` says what is done, as in "exporting"."""

    def __init__(self, verb: str, cancel_tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verb = verb
        self.words = label("", wrap=False)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR_PX)
        self.cancel = tool_button("Cancel", cancel_tip)
        self.setLayout(row(self.words, self.bar, self.cancel))
        self.hide()

    def begin(self, name: str) -> None:
        """The work on what has this name starts."""
        self.bar.setRange(0, 0)
        self.words.setText(f"{self._verb} {name}")
        self.cancel.setEnabled(True)
        self.show()

    def show_share(self, done: int, total: int) -> None:
        """So much of it is done."""
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
