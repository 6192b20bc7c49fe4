"""The open image's bookmarks: a table of notes to come back by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QWidget

from lnm_desktop.domain.bookmark import Bookmark
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

_EMPTY = "Ctrl+B keeps what you see, with a note. A double click, or J and Shift+J, come back to it."
_NO_IMAGE = "Open a slide or scan; Ctrl+B then keeps what you see, with a note."


class BookmarksPanel(QWidget):
    """Signals name what the user asks for; nothing changes here until the bookmarks come back.

    `left` says that the hand is done with the note that `edit_note` opened.
    """

    add_wanted = Signal()
    bookmark_chosen = Signal(str)
    note_given = Signal(str, str)
    delete_wanted = Signal(tuple)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self.empty = label(_NO_IMAGE, "hint")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter bookmarks")
        self.filter.setClearButtonEnabled(True)
        self.table = TextTable(("Note", "View"))
        self.table.share_width(0)
        self.table.setAccessibleName("Bookmarks")
        triggers = QAbstractItemView.EditTrigger
        self.table.setEditTriggers(triggers.SelectedClicked | triggers.EditKeyPressed)
        self.add = button("Add", "Keep what is seen now (Ctrl+B)")
        self.note = button("Edit note", "Change the note of the chosen bookmark (F2, or click it once more)")
        self.delete = button("Delete", "Delete the chosen bookmarks (Del); Ctrl+Z brings them back")
        self.total = label("", "hint")
        self._connect()
        self._arrange()
        self.show_bookmarks(None, str)

    def show_bookmarks(self, bookmarks: Sequence[Bookmark] | None, scale: Callable[[Bookmark], str]) -> None:
        """Show an image's bookmarks, each with its scale in words; None where no image is open."""
        self._count = len(bookmarks or ())
        self.setEnabled(bookmarks is not None)
        self.empty.setText(_NO_IMAGE if bookmarks is None else _EMPTY)
        self.empty.setVisible(not bookmarks)
        chosen = self.table.keys()
        self.table.rows.set_rows([_row(one, scale(one)) for one in bookmarks or ()])
        self.table.choose(chosen)
        self._write_total()

    def edit_note(self, bookmark_id: str) -> None:
        """Let the note of a bookmark be typed; what is filtered away comes back first."""
        if bookmark_id not in self._keys():
            self.filter.clear()
        self.table.edit_row(bookmark_id)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) bookmark of the table as it is sorted and filtered, round and round."""
        keys = self._keys()
        if not keys:
            return
        chosen = self.table.keys()
        place = keys.index(chosen[0]) + by if chosen else (0 if by > 0 else -1)
        self._go(keys[place % len(keys)])

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter goes to the chosen bookmark."""
        chosen = self.table.keys()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(chosen) == 1:
            self._go(chosen[0])
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Del on the table deletes bookmarks, not annotations."""
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Delete:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self._ask_delete()
        return True

    def _keys(self) -> list[str]:
        shown = self.table.sorted
        return [self.table.key_at(shown.index(place, 0)) for place in range(shown.rowCount())]

    def _go(self, bookmark_id: str) -> None:
        self.table.choose((bookmark_id,))
        self.bookmark_chosen.emit(bookmark_id)

    def _ask_delete(self) -> None:
        if chosen := self.table.keys():
            self.delete_wanted.emit(chosen)

    def _edit_chosen(self) -> None:
        if chosen := self.table.keys():
            self.edit_note(chosen[0])

    def _double_clicked(self, index: QModelIndex) -> None:
        self.bookmark_chosen.emit(self.table.key_at(index))

    def _connect(self) -> None:
        self.add.clicked.connect(self.add_wanted)
        self.note.clicked.connect(self._edit_chosen)
        self.delete.clicked.connect(self._ask_delete)
        self.filter.textChanged.connect(self.table.sorted.setFilterFixedString)
        self.table.rows.edited.connect(self.note_given)
        self.table.doubleClicked.connect(self._double_clicked)
        self.table.itemDelegate().closeEditor.connect(lambda *_how: self.left.emit())
        self.table.selectionModel().selectionChanged.connect(lambda _new, _old: self._write_total())
        self.table.installEventFilter(self)

    def _arrange(self) -> None:
        layout = column(self.empty, self.filter, self.table)
        layout.setStretchFactor(self.table, 1)
        line = row(self.total, self.add, self.note, self.delete)
        line.setStretch(0, 1)
        layout.addLayout(line)
        self.setLayout(layout)

    def _write_total(self) -> None:
        chosen = len(self.table.keys())
        self.note.setEnabled(chosen == 1)
        self.delete.setEnabled(chosen > 0)
        self.total.setText(f"{self._count} in all" if self._count else "")


def _row(bookmark: Bookmark, scale: str) -> Row:
    note = Cell(bookmark.note, editable=True)
    return Row(bookmark.id, (note, Cell(scale, bookmark.downsample)), _details(bookmark))


def _details(bookmark: Bookmark) -> str:
    """Note, place, author and time."""
    place = f"x {bookmark.center.x:,.0f} px, y {bookmark.center.y:,.0f} px"
    made = f"{datetime.fromisoformat(bookmark.created).astimezone():%Y-%m-%d %H:%M}" if bookmark.created else ""
    by = f" by {bookmark.author}" if bookmark.author else ""
    return f"{bookmark.note or 'no note'}\n{place}\n{made}{by}"
