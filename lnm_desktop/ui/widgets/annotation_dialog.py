"""Every annotation of the open image in one table, and what can be done with several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QInputDialog, QLineEdit, QWidget

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.measures import Measures, measure
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

_COLUMNS = ("Name", "Group", "Shape", "Area {u}²", "Perimeter {u}", "Longest {u}", "Length {u}", "Author", "Comment")
Wanted = Callable[[tuple[str, ...], str], object]
MOVE = "Move to group…"


class AnnotationDialog(QDialog):
    """Stays open beside the viewer. Signals name what the user asks for, with the ids of the chosen rows."""

    group_wanted = Signal(tuple, str)
    name_wanted = Signal(tuple, str)
    comment_wanted = Signal(tuple, str)
    delete_wanted = Signal(tuple)
    jump_wanted = Signal(str)
    selection_wanted = Signal(tuple)
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Annotation Table")
        self.resize(980, 520)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by any column")
        self.filter.setClearButtonEnabled(True)
        self.table = TextTable(columns_for(Calibration()))
        self.total = label("", "hint")
        self.group = QComboBox()
        self.group.setAccessibleName("Group")
        self.rename = button("Rename…", "One name for the chosen annotations, numbered where they are several")
        self.comment = button("Comment…", "The same comment for all chosen annotations")
        self.delete = button("Delete", "Delete the chosen annotations; Ctrl+Z brings them back")
        self.export = button("Export measurements…", "Write this table as CSV")
        layout = column(self.filter, self.table, self.total)
        layout.setStretchFactor(self.table, 1)
        layout.addLayout(row(self.group, self.rename, self.comment, self.delete, None, self.export))
        self.setLayout(layout)
        self._connect()

    def show_rows(self, rows: Sequence[Row], calibration: Calibration) -> None:
        """Show what `rows_of` made."""
        chosen = self.table.keys()
        self.table.rows.set_columns(columns_for(calibration))
        self.table.rows.set_rows(rows)
        self._quietly_choose(chosen)

    def show_groups(self, groups: Iterable[AnnotationGroup]) -> None:
        """The groups to move annotations to."""
        self.group.blockSignals(True)
        self.group.clear()
        self.group.addItems([MOVE, *(group.name for group in groups)])
        self.group.blockSignals(False)

    def show_selection(self, ids: tuple[str, ...]) -> None:
        """Mark the rows of what is selected in the viewer."""
        if set(ids) != set(self.table.keys()):
            self._quietly_choose(ids)

    def _connect(self) -> None:
        self.filter.textChanged.connect(self.table.sorted.setFilterFixedString)
        self.table.doubleClicked.connect(self._jump)
        self.table.selectionModel().selectionChanged.connect(lambda _new, _old: self._selected())
        self.group.currentIndexChanged.connect(self._move)
        self.rename.clicked.connect(lambda: self._ask("Rename", "Name", self.name_wanted.emit))
        self.comment.clicked.connect(lambda: self._ask("Comment", "Comment", self.comment_wanted.emit))
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(self.table.keys()))
        self.export.clicked.connect(self.export_wanted)
        self._count()

    def _jump(self, index: QModelIndex) -> None:
        self.jump_wanted.emit(self.table.key_at(index))

    def _selected(self) -> None:
        self._count()
        self.selection_wanted.emit(self.table.keys())

    def _move(self, place: int) -> None:
        if place > 0:
            self.group_wanted.emit(self.table.keys(), self.group.itemText(place))
            self.group.setCurrentIndex(0)

    def _ask(self, title: str, words: str, wanted: Wanted) -> None:
        ids = self.table.keys()
        dialog = QInputDialog(self)
        dialog.setWindowTitle(title)
        dialog.setLabelText(f"{words} of {len(ids)} annotations" if len(ids) > 1 else words)
        dialog.textValueSelected.connect(lambda text: wanted(ids, text.strip()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _quietly_choose(self, ids: tuple[str, ...]) -> None:
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        self.table.choose(ids)
        selection.blockSignals(False)
        self.table.viewport().update()
        self._count()

    def _count(self) -> None:
        chosen, total = len(self.table.keys()), self.table.rows.rowCount()
        self.total.setText(f"{total:,} annotations" + (f", {chosen:,} chosen" if chosen else ""))
        for widget in (self.group, self.rename, self.comment, self.delete):
            widget.setEnabled(chosen > 0)


def columns_for(calibration: Calibration) -> tuple[str, ...]:
    """The heads with their unit."""
    unit = "µm" if calibration.is_known else "px"
    return tuple(head.format(u=unit) for head in _COLUMNS)


def rows_of(annotations: Iterable[Annotation], calibration: Calibration) -> list[Row]:
    """One row for each annotation, measured; it takes its time and touches nothing of the window."""
    return [_row(item, measure(item.geometry, calibration)) for item in annotations]


def _row(item: Annotation, found: Measures) -> Row:
    numbers = (found.area, found.perimeter, found.longest, found.length)
    texts = (item.name or "unnamed", item.group or "none", item.geometry.shape.value.lower())
    angle = f" · {found.angle_deg:.1f}°" if found.angle_deg is not None else ""
    cells = (*map(Cell, texts), *map(_number, numbers), Cell(item.author), Cell(item.comment))
    return Row(item.id, cells, f"{item.created} {item.comment}{angle}".strip())


def _number(value: float | None) -> Cell:
    return Cell("–", -1.0) if value is None else Cell(f"{value:,.0f}" if value >= 100 else f"{value:,.1f}", value)
