"""The backups of a workspace, and the one that is to take its place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from lnm_desktop.app.backups import Backup
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

_COLUMNS = ("Made", "Edits", "Cases", "Annotations", "Verified")
_HINT = "What is there now is kept in a folder of its own beside the backup that takes its place."


class RestoreDialog(QDialog):
    """`restore_wanted` gives the chosen Backup; only a sound one can be chosen."""

    restore_wanted = Signal(object)

    def __init__(self, name: str, backups: Sequence[Backup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Restore from Backup")
        self._backups = {one.file.name: one for one in backups}
        self.table = TextTable(_COLUMNS)
        self.table.rows.set_rows([_row(one) for one in backups])
        self.restore = button("Restore", "Put the chosen backup in the workspace's place", "primary")
        self.shut = button("Cancel")
        words = f"Backups of {name}, newest first." if backups else f"There is no backup of {name} yet."
        layout = column(label(words), self.table, label(_HINT, "hint"))
        layout.addLayout(row(None, self.shut, self.restore))
        self.setLayout(layout)
        self.resize(720, 380)
        self.table.selectionModel().selectionChanged.connect(lambda _new, _old: self._refresh())
        self.restore.clicked.connect(self._restore)
        self.shut.clicked.connect(self.reject)
        newest = next((one.file.name for one in backups if one.is_sound), "")
        self.table.choose((newest,) if newest else ())
        self._refresh()

    def chosen(self) -> Backup | None:
        """The one that is chosen, if it is one and sound."""
        keys = self.table.keys()
        found = self._backups.get(keys[0]) if len(keys) == 1 else None
        return found if found is not None and found.is_sound else None

    def _refresh(self) -> None:
        self.restore.setEnabled(self.chosen() is not None)

    def _restore(self) -> None:
        chosen = self.chosen()
        if chosen is not None:
            self.accept()
            self.restore_wanted.emit(chosen)


def _row(backup: Backup) -> Row:
    local = f"{backup.utc.astimezone():%Y-%m-%d %H:%M:%S}"
    counts = (backup.rows, backup.cases, backup.annotations)
    cells = [Cell(f"{count:,}" if backup.is_sound else "–", float(count)) for count in counts]
    verified = Cell("in order" if backup.is_sound else backup.problem)
    return Row(backup.file.name, (Cell(local), *cells, verified), backup.problem or backup.file.name)
