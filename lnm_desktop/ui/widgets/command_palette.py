"""Ctrl+K: type a few letters of a command and press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.parts import column, label
from lnm_desktop.ui.word_match import fit

_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
SIZE_PX = (640, 420)
BELOW_PX = 90
NAME, NOTE, KEYS = range(3)


@dataclass(frozen=True)
class Command:
    """Something to ask for; `note` says why it cannot be done, or that it is on."""

    id: str
    menu: str
    text: str
    call: Callable[[], object]
    keys: str = ""
    tip: str = ""
    note: str = ""
    enabled: bool = True


def found(commands: Sequence[Command], typed: str) -> list[Command]:
    """Those that fit, the best first; as they stand in the menus where they fit equally."""
    fits = [(fit(typed, command.text, f"{command.menu} {command.tip}"), command) for command in commands]
    kept = [(rank, command) for rank, command in fits if rank is not None]
    return [command for _, command in sorted(kept, key=lambda pair: pair[0])]


class CommandPalette(QDialog):
    """A filter box over all commands; `commands` is asked each time it opens."""

    def __init__(self, commands: Callable[[], Sequence[Command]], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFixedSize(*SIZE_PX)
        set_role(self, "palette")
        self._commands = commands
        self._known: dict[str, Command] = {}
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Type a command or a file, as in “exan” for Export Annotations")
        self.filter.textChanged.connect(self._fill)
        self.filter.installEventFilter(self)
        self.list = QTreeWidget()
        self.nothing = label("No command of that name.", "hint")
        self._set_columns()
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        self.setLayout(column(self.filter, self.nothing, self.list))

    def ask(self) -> None:
        """Show it over its window with an empty filter."""
        self._known = {command.id: command for command in self._commands()}
        self.filter.clear()
        self._fill("")
        parent = self.parentWidget()
        if parent is not None:
            self.move(parent.mapToGlobal(QPoint((parent.width() - self.width()) // 2, BELOW_PX)))
        self.show()
        self.filter.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Arrow keys move in the list while the focus stays in the box; Enter chooses."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self.list.event(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _set_columns(self) -> None:
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setStretchLastSection(False)
        for place, mode in ((NAME, "Stretch"), (NOTE, "ResizeToContents"), (KEYS, "ResizeToContents")):
            self.list.header().setSectionResizeMode(place, QHeaderView.ResizeMode[mode])

    def _fill(self, typed: str) -> None:
        self.list.clear()
        for command in found(tuple(self._known.values()), typed):
            self.list.addTopLevelItem(_item(command))
        able = (self.list.topLevelItem(place) for place in range(self.list.topLevelItemCount()))
        first = next((item for item in able if item is not None and not item.isDisabled()), None)
        if first is not None:
            self.list.setCurrentItem(first)
        self.nothing.setVisible(self.list.topLevelItemCount() == 0)

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        """What cannot be done now stays in sight with its reason."""
        if item is None or item.isDisabled():
            return
        self.hide()
        self._known[item.data(NAME, Qt.ItemDataRole.UserRole)].call()


def _item(command: Command) -> QTreeWidgetItem:
    item = QTreeWidgetItem([f"{command.menu} ▸ {command.text}", command.note, command.keys])
    item.setData(NAME, Qt.ItemDataRole.UserRole, command.id)
    item.setToolTip(NAME, command.tip)
    item.setTextAlignment(KEYS, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setDisabled(not command.enabled)
    return item
