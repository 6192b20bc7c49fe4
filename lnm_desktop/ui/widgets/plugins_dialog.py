"""All plugins: what they bring, where they come from, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from lnm_desktop.app.plugin_overview import PluginEntry
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

COLUMNS = ("Plugin", "Version", "Models", "Origin", "State")
_NOTHING = "Choose a plugin to see more of it."


class PluginsDialog(QDialog):
    """`install_wanted` asks for a package, `step_wanted(step, name)` for one of the other buttons."""

    install_wanted = Signal()
    step_wanted = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Plugins")
        self.resize(860, 520)
        self._entries: dict[str, PluginEntry] = {}
        self.table = TextTable(COLUMNS)
        self.details = label(_NOTHING, "hint")
        self.problem = label("", "error")
        self.install = button("Install…", "From a bundle, a wheel or a folder; no network is needed", "primary")
        self.steps: dict[str, QPushButton] = {
            "enable": button("Enable", "Use this plugin again"),
            "disable": button("Disable", "Leave this plugin unused, without removing it"),
            "roll back": button("Roll Back", "Use the version that was used before"),
            "retry": button("Try Again", "Ask this plugin again"),
            "remove": button("Remove", "Remove it to the last file; its results stay readable"),
        }
        self.close_button = button("Close")
        self._arrange()
        self._connect()
        self._judge()

    def show_entries(self, entries: Sequence[PluginEntry]) -> None:
        """Show these plugins; what was chosen stays chosen."""
        self._entries = {entry.name: entry for entry in entries}
        self.table.rows.set_rows([Row(entry.name, tuple(map(Cell, _words(entry)))) for entry in entries])
        self.setEnabled(True)
        self._judge()

    def chosen(self) -> PluginEntry | None:
        """The plugin of the chosen line."""
        keys = self.table.keys()
        return self._entries.get(keys[0]) if len(keys) == 1 else None

    def _arrange(self) -> None:
        layout = column(self.table, self.details, self.problem)
        layout.setStretch(0, 1)
        layout.addLayout(row(self.install, None, *self.steps.values(), self.close_button))
        self.setLayout(layout)

    def _connect(self) -> None:
        self.install.clicked.connect(self.install_wanted)
        self.close_button.clicked.connect(self.close)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._judge())
        for step, pressed in self.steps.items():
            pressed.clicked.connect(lambda _checked=False, step=step: self._ask(step))

    def _ask(self, step: str) -> None:
        entry = self.chosen()
        if entry is not None:
            self.setEnabled(False)  # until the answer is there
            self.step_wanted.emit(step, entry.name)

    def _judge(self) -> None:
        entry = self.chosen()
        can = {
            "enable": entry is not None and entry.removable and not entry.enabled,
            "disable": entry is not None and entry.removable and entry.enabled,
            "roll back": entry is not None and bool(entry.versions),
            "retry": entry is not None and bool(entry.problem),
            "remove": entry is not None and entry.removable,
        }
        for step, pressed in self.steps.items():
            pressed.setEnabled(can[step])
        self.details.setText(_details(entry) if entry is not None else _NOTHING)
        self.problem.setText(entry.problem if entry is not None else "")
        self.problem.setVisible(bool(self.problem.text()))


def _words(entry: PluginEntry) -> tuple[str, ...]:
    models = ", ".join(model.spec.id for model in entry.models) or "none"
    state = "cannot be used" if entry.problem else entry.health
    return entry.name, entry.version, models, entry.origin, state


def _details(entry: PluginEntry) -> str:
    parts = [f"Publisher: {entry.publisher or 'not named'}", f"Licence: {entry.licence or 'not stated'}"]
    parts += [f"Earlier versions kept: {', '.join(entry.versions)}"] if entry.versions else []
    return ". ".join(parts) + "."
