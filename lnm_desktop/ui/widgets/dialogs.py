"""Windows beside the window: messages, plugins, about. None of them stops the work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from lnm_desktop import __version__
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.ui.notices import Notice
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable


class TableDialog(QDialog):
    """A table with a filter box and a Close button."""

    def __init__(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(820, 560)
        self.table = TextTable(columns)
        self.show_rows(rows)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.textChanged.connect(self.table.sorted.setFilterFixedString)
        close = button("Close")
        close.clicked.connect(self.close)
        layout = column(self.filter, self.table)
        layout.addLayout(row(None, close))
        self.setLayout(layout)

    def show_rows(self, rows: Iterable[Sequence[str]]) -> None:
        """Show these rows instead."""
        self.table.rows.set_rows([Row(str(i), tuple(map(Cell, cells))) for i, cells in enumerate(rows)])


def messages_dialog(notices: Iterable[Notice], parent: QWidget) -> TableDialog:
    """Everything that the window had to tell, newest first."""
    rows = [(f"{n.time:%H:%M:%S}", n.severity.value, n.message, n.hint, n.details) for n in notices]
    return TableDialog("Messages", ("Time", "Weight", "What happened", "What to do", "Details"), rows[::-1], parent)


def about_dialog(parent: QWidget) -> QDialog:
    """Version and notice."""
    made = QDialog(parent)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.setWindowTitle("About LNM Desktop")
    made.setMinimumWidth(420)
    purpose = "A workstation for lymph node metastasis in breast cancer: slides, scans, annotations, model plugins."
    close = button("Close")
    close.clicked.connect(made.close)
    layout = column(
        label(f"LNM Desktop {__version__}", "title"),
        label(purpose),
        label(RESEARCH_USE_ONLY, "warn"),
        label(
            "Apache License 2.0. Built with Qt, napari, OpenSlide and others; see the third-party notices.", "hint"
        ),
    )
    layout.addLayout(row(None, close))
    made.setLayout(layout)
    return made
