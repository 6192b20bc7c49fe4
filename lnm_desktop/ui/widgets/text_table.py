"""Tables of words and numbers: sorted, filtered, and copied as tab-separated values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

Index = QModelIndex | QPersistentModelIndex
WIDTH_ROWS = 60
"""So many rows decide how wide a column is; Qt would measure a thousand after each change."""
_SORT = Qt.ItemDataRole.UserRole
_KEY = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Cell:
    """What a cell shows, what it is sorted by (a number is set to the right), its swatch; it may be editable."""

    text: str
    sort: float | str | None = None
    icon: QIcon | None = None
    editable: bool = False


@dataclass(frozen=True)
class Row:
    """One line; `key` is what the line stands for, `tip` says what has no column (a cell's own words by default)."""

    key: str
    cells: tuple[Cell, ...]
    tip: str = ""


class TextTableModel(QAbstractTableModel):
    """Rows under named columns. `edited(key, text)` asks for other words; they show once the rows are set anew."""

    edited = Signal(str, str)

    def __init__(self, columns: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}

    def set_columns(self, columns: Sequence[str]) -> None:
        """Name the columns anew (a unit may change)."""
        self._columns = tuple(columns)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows instead."""
        self.beginResetModel()
        self._rows = list(rows)
        self._number()
        self.endResetModel()

    def put_rows(self, rows: Iterable[Row]) -> None:
        """Show these in place of the rows of the same keys, and those without one at the end."""
        for row in rows:
            place = self._places.get(row.key)
            if place is not None:
                self._rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(self._columns) - 1))
            else:
                self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows))
                self._places[row.key] = len(self._rows)
                self._rows.append(row)
                self.endInsertRows()

    def remove_rows(self, keys: Iterable[str]) -> None:
        """Take the rows of these keys away; one that is not there is passed over."""
        for key in keys:
            place = self._places.get(key)
            if place is not None:
                self.beginRemoveRows(QModelIndex(), place, place)
                del self._rows[place]
                self._number()
                self.endRemoveRows()

    def place_of(self, key: str) -> int | None:
        """The number of the row of a key."""
        return self._places.get(key)

    @property
    def last_key(self) -> str | None:
        """The key of the last row; None without any."""
        return self._rows[-1].key if self._rows else None

    def _number(self) -> None:
        self._places = {row.key: place for place, row in enumerate(self._rows)}

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Qt asks."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Qt asks."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:  # noqa: N802 - Qt's
        """Qt asks."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self._rows[0].cells[section]) if self._rows else None
        return None

    def data(self, index: Index, role: int = 0) -> object:
        """Qt asks."""
        row = self._rows[index.row()]
        if role == _KEY:
            return row.key
        cell = row.cells[index.column()]
        answers = {
            Qt.ItemDataRole.DisplayRole: cell.text,
            Qt.ItemDataRole.EditRole: cell.text,
            Qt.ItemDataRole.ToolTipRole: row.tip or cell.text,
            Qt.ItemDataRole.DecorationRole: cell.icon,
            Qt.ItemDataRole.TextAlignmentRole: _alignment(cell),
            _SORT: cell.text.casefold() if cell.sort is None else cell.sort,
        }
        return answers.get(Qt.ItemDataRole(role)) if role <= _SORT else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt asks."""
        editable = index.isValid() and self._rows[index.row()].cells[index.column()].editable
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if editable else Qt.ItemFlag.NoItemFlags)

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802 - Qt's
        """Qt tells what was typed."""
        row = self._rows[index.row()]
        typed = str(value).strip()
        if role == Qt.ItemDataRole.EditRole and typed != row.cells[index.column()].text:
            self.edited.emit(row.key, typed)
        return True


def _alignment(cell: Cell) -> Qt.AlignmentFlag:
    """Numbers to the right, words to the left."""
    side = Qt.AlignmentFlag.AlignRight if isinstance(cell.sort, float | int) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class TextTable(QTableView):
    """A sortable, filterable view of rows; whole rows are chosen, Ctrl+C copies them."""

    def __init__(self, columns: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = TextTableModel(columns, self)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.rows)
        self.sorted.setSortRole(_SORT)
        self.sorted.setFilterKeyColumn(-1)
        self.sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self.sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setResizeContentsPrecision(WIDTH_ROWS)
        self.horizontalHeader().setMinimumSectionSize(36)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def share_width(self, *columns: int) -> None:
        """Let these columns share what the others leave, shortening words, so that no column is out of sight."""
        self.horizontalHeader().setStretchLastSection(False)
        for column in columns:
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def keys(self) -> tuple[str, ...]:
        """What the chosen rows stand for."""
        return tuple(index.data(_KEY) for index in self.selectionModel().selectedRows())

    def key_at(self, index: QModelIndex) -> str:
        """What the row of an index stands for."""
        return str(index.data(_KEY))

    def choose(self, keys: Sequence[str]) -> None:
        """Choose exactly the rows of these keys."""
        flags = QItemSelectionModel.SelectionFlag
        chosen = QItemSelection()
        for index in filter(QModelIndex.isValid, map(self._index_of, keys)):
            chosen.select(index, index)
        self.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
        if not chosen.isEmpty():
            self.scrollTo(chosen.indexes()[-1])

    def _index_of(self, key: str) -> QModelIndex:
        place = self.rows.place_of(key)
        return QModelIndex() if place is None else self.sorted.mapFromSource(self.rows.index(place, 0))

    def edit_row(self, key: str) -> None:
        """Let the first cell of a row be edited."""
        self.choose((key,))
        for index in self.selectionModel().selectedRows():
            self.setCurrentIndex(index)
            self.edit(index)

    def as_tsv(self) -> str:
        """The chosen rows, all where none is, tab-separated, in the order shown."""
        every = [self.sorted.index(place, 0) for place in range(self.sorted.rowCount())]
        indexes = sorted(self.selectionModel().selectedRows(), key=QModelIndex.row) or every
        columns = range(self.sorted.columnCount())
        return "\n".join("\t".join(str(index.siblingAtColumn(c).data() or "") for c in columns) for index in indexes)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """Ctrl+C copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_tsv())
        else:
            super().keyPressEvent(event)
