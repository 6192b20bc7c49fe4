"""Ctrl+K: type a few letters of a command and press Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QWidget

from lnm_desktop.ui.actions import ACTIONS, Actions, ActionSpec
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.parts import column

_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def matches(spec: ActionSpec, typed: str) -> bool:
    """True when every typed word stands somewhere in the menu, the text or the tip."""
    words = f"{spec.menu} {spec.plain} {spec.tip}".casefold()
    return all(word in words for word in typed.casefold().split())


class CommandPalette(QDialog):
    """A filter box over the table of actions; `chosen` gives an action id."""

    chosen = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._actions = actions
        self.setMinimumSize(520, 380)
        set_role(self, "palette")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Type a command")
        self.filter.textChanged.connect(self._fill)
        self.filter.installEventFilter(self)
        self.list = QListWidget()
        self.list.itemActivated.connect(self._choose)
        self.setLayout(column(self.filter, self.list))

    def ask(self) -> None:
        """Show it with an empty filter."""
        self.filter.clear()
        self._fill("")
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

    def _fill(self, typed: str) -> None:
        self.list.clear()
        for spec in ACTIONS:
            if spec.id != "palette" and matches(spec, typed):
                keys = self._actions.keys(spec.id)
                item = QListWidgetItem(f"{spec.menu} ▸ {spec.plain}{f'    {keys}' if keys else ''}")
                item.setToolTip(spec.tip)
                item.setData(Qt.ItemDataRole.UserRole, spec.id)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _choose(self, item: QListWidgetItem | None) -> None:
        self.hide()
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
