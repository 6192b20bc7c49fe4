"""The runs that wait for their turn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lnm_desktop.ui.widgets.elided_label import ElidedLabel
from lnm_desktop.ui.widgets.parts import clear_layout, column, label, row, tool_button


class WaitingRuns(QWidget):
    """One line for each: what runs on what, and buttons to let it be the next one or to drop it.

    `first_wanted` and `drop_wanted` give its place in the list.
    """

    first_wanted = Signal(int)
    drop_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = label("", "section")
        self._lines = column(margin=0)
        layout = column(self.head, margin=0)
        layout.addLayout(self._lines)
        self.setLayout(layout)
        self.hide()

    def show_waiting(self, names: Sequence[str]) -> None:
        """Show these runs in their order; none hides the list."""
        clear_layout(self._lines)
        self.head.setText(f"WAITING ({len(names)})")
        for place, name in enumerate(names):
            self._add(place, name)
        self.setVisible(bool(names))

    def _add(self, place: int, name: str) -> None:
        first = tool_button("First", f"Run this before the others that wait: {name}")
        first.setEnabled(place > 0)
        first.clicked.connect(lambda: self.first_wanted.emit(place))
        drop = tool_button("Drop", f"Do not run this: {name}")
        drop.clicked.connect(lambda: self.drop_wanted.emit(place))
        words = ElidedLabel()
        words.setText(name)
        line = row(words, first, drop)
        line.setStretch(0, 1)
        self._lines.addLayout(line)
