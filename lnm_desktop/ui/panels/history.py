"""What was done in the open case: when, by whom, and the way back to any of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from lnm_desktop.app.history import HistoryEntry
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

SHOWN = 2000
"""How many rows are listed, the newest first; `lnm history` lists all."""


class HistoryPanel(QWidget):
    """Signals name what the user asks for: a journal row to return to, one or two rows to compare."""

    return_wanted = Signal(int)
    compare_wanted = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter what was done")
        self.filter.setClearButtonEnabled(True)
        self.table = TextTable(("When", "What", "Who"))
        self.table.share_width(1)
        self.table.setAccessibleName("History")
        self.back = button("Return to this point", "Make the case what it was after that row; undo takes it back")
        self.compare = button("Compare", "The chosen row with now, or two chosen rows with each other")
        self.total = label("", "hint")
        layout = column(self.filter, self.table, self.total)
        layout.setStretchFactor(self.table, 1)
        layout.addLayout(row(None, self.compare, self.back))
        self.setLayout(layout)
        self._connect()
        self.show_rows(None)

    def show_rows(self, entries: Sequence[HistoryEntry] | None) -> None:
        """Show a case's rows, given oldest first; None where no case is open."""
        chosen = self.table.keys()
        self.setEnabled(entries is not None)
        newest = list(entries or ())[-SHOWN:][::-1]
        self.table.rows.set_rows([_row(entry) for entry in newest])
        self.table.choose(chosen)
        left_out = len(entries or ()) - len(newest)
        older = f", {left_out:,} older ones not shown" if left_out else ""
        self.total.setText(f"{len(entries or ()):,} rows{older}")
        self._refresh()

    def chosen(self) -> tuple[int, ...]:
        """The chosen journal rows, the earliest first."""
        keys = self.table.keys()
        return tuple(sorted(map(int, keys)))

    def _connect(self) -> None:
        self.filter.textChanged.connect(self.table.sorted.setFilterFixedString)
        self.table.selectionModel().selectionChanged.connect(lambda _new, _old: self._refresh())
        self.back.clicked.connect(lambda: self.return_wanted.emit(self.chosen()[0]))
        self.compare.clicked.connect(lambda: self.compare_wanted.emit(self.chosen()))

    def _refresh(self) -> None:
        self.back.setEnabled(len(self.chosen()) == 1)
        self.compare.setEnabled(len(self.chosen()) in (1, 2))


def _row(entry: HistoryEntry) -> Row:
    time = datetime.fromisoformat(entry.utc).astimezone()
    today = time.date() == datetime.now().astimezone().date()
    when = Cell(f"{time:%H:%M:%S}" if today else f"{time:%Y-%m-%d %H:%M}", float(entry.seq))
    return Row(str(entry.seq), (when, Cell(entry.words), Cell(entry.user)), f"Row {entry.seq}: {entry.words}")
