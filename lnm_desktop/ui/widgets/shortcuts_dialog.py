"""Every key and what it does; a click on one, and the next key pressed takes its place."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QWidget

from lnm_desktop.ui.actions import ACTIONS
from lnm_desktop.ui.shortcuts import FIXED_KEYS, OWN, PRESETS, USUAL, Shortcuts, plain_key, why_fixed
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.key_recorder import KeyRecorder
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

_SPECS = {spec.id: spec for spec in ACTIONS}
FIXED = "fixed"
ADVICE = "Click a command to change its key. Keys marked as fixed belong to the viewer, to tables and to fields."


class ShortcutsDialog(QDialog):
    """Changes are in force at once; there is nothing to confirm."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Shortcuts")
        self.resize(760, 640)
        self._shortcuts = shortcuts
        self._id = ""
        self._pressed = ""
        self._build()
        self._connect()
        self._show_all()

    def _build(self) -> None:
        self.table = TextTable(("Command", "Menu", "Shortcut", "Usual"))
        self.table.share_width(0)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by command, menu or key")
        self.recorder = KeyRecorder()
        self.words = label(ADVICE, "hint")
        self.take = button("Take it away", "The other command has no key then")
        self.clear = button("No key", "The command has no key then")
        self.reset = button("Usual key", "Give this command its usual key back")
        self.preset = QComboBox()
        self.preset.setAccessibleName("Preset")
        self.preset.addItems([*PRESETS, OWN])
        self.reset_all = button("Reset all", "Give every command its usual key back")
        self.close_button = button("Close")
        strip = row(self.words, self.recorder, self.take, self.clear, self.reset)
        strip.setStretch(0, 1)
        layout = column(self.filter, self.table)
        layout.addLayout(strip)
        layout.addLayout(row(label("Keys", wrap=False), self.preset, self.reset_all, None, self.close_button))
        self.setLayout(layout)

    def _connect(self) -> None:
        self.filter.textChanged.connect(self.table.sorted.setFilterFixedString)
        self.table.clicked.connect(self._choose)
        self.table.activated.connect(self._choose)
        self.recorder.recorded.connect(self._record)
        self.recorder.given_up.connect(self._rest)
        self.take.clicked.connect(lambda: self._give(self._pressed))
        self.clear.clicked.connect(lambda: self._give(""))
        self.reset.clicked.connect(self._reset)
        self.preset.textActivated.connect(self._use_preset)
        self.reset_all.clicked.connect(lambda: self._use_preset(next(iter(PRESETS))))
        self.close_button.clicked.connect(self.close)
        self._shortcuts.changed.connect(self._show_all)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Ctrl+C copies all that is listed where nothing is chosen; Esc first gives up a change."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.table.as_tsv())
        elif event.key() == Qt.Key.Key_Escape and self._id:
            self._rest()
        else:
            super().keyPressEvent(event)

    def _show_all(self) -> None:
        self.table.rows.set_rows(list(self._rows()))
        self.preset.setCurrentText(self._shortcuts.preset)
        self._rest()

    def _rows(self) -> Iterator[Row]:
        for spec in ACTIONS:
            key, usual = self._shortcuts.key(spec.id), plain_key(USUAL[spec.id])
            cells = (spec.plain, spec.menu, shown(key), shown(usual) if key != usual else "")
            yield Row(spec.id, tuple(map(Cell, cells)), spec.tip)
        for number, fixed in enumerate(FIXED_KEYS):
            yield Row(f"{FIXED}-{number}", tuple(map(Cell, (fixed.what, fixed.menu, fixed.shown, FIXED))))

    def _choose(self, index: QModelIndex) -> None:
        action_id = self.table.key_at(index)
        self._rest()
        if action_id in _SPECS:
            self._id = action_id
            self._show_recording(f"New key for {_SPECS[action_id].plain}; Esc leaves it as it is.")
            self.recorder.setFocus()
        else:
            self.words.setText("This key is fixed.")

    def _record(self, key: str) -> None:
        """The key is free and given, or it is said whose it is."""
        key = plain_key(key)
        owner, fixed = self._shortcuts.owner_of(key), why_fixed(key)
        self._pressed = key
        self.recorder.setText(shown(key))
        if not key or fixed:
            self._show_recording(f"{shown(key)} is fixed: {fixed.lower()}. Press another key." if fixed else ADVICE)
        elif owner and owner != self._id:
            self._show_recording(f"{shown(key)} belongs to {_SPECS[owner].plain}.", conflict=True)
        else:
            self._give(key)

    def _show_recording(self, words: str, *, conflict: bool = False) -> None:
        self.words.setText(words)
        set_role(self.words, "warn" if conflict else "hint")
        for widget in (self.recorder, self.clear, self.reset):
            widget.show()
        self.take.setVisible(conflict)

    def _give(self, key: str) -> None:
        if self._id:
            action_id = self._id
            self._shortcuts.give(action_id, key)
            self.table.choose([action_id])
            self.table.setFocus()

    def _reset(self) -> None:
        if self._id:
            action_id = self._id
            self._shortcuts.reset(action_id)
            self.table.choose([action_id])

    def _use_preset(self, name: str) -> None:
        if name in PRESETS:
            self._shortcuts.use_preset(name)
        self.preset.setCurrentText(self._shortcuts.preset)

    def _rest(self) -> None:
        """Nothing is being changed."""
        self._id = self._pressed = ""
        self.words.setText(ADVICE)
        set_role(self.words, "hint")
        self.recorder.clear()
        for widget in (self.recorder, self.take, self.clear, self.reset):
            widget.hide()


def shown(key: str) -> str:
    """A key as this platform writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
