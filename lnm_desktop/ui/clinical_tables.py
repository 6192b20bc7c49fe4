"""File ▸ Import Clinical Data and Export Clinical Data: tables are read, judged and written beside the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt
from shiboken6 import isValid

from lnm_desktop.app.clinical_import import ColumnMapping, RowReport, examine, load_mapping, save_mapping
from lnm_desktop.app.clinical_table import TakenOver, export_clinical, known_cases, take_over
from lnm_desktop.app.history import FieldChange
from lnm_desktop.app.mapping_guess import guess_mapping
from lnm_desktop.app.session import Session
from lnm_desktop.domain.clinical import ClinicalSchema, Value
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.formats.loaded import counted
from lnm_desktop.formats.table_file import Table, read_table, sheets_of
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.clinical_import_dialog import ClinicalImportDialog
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.widgets.file_dialogs import ask_file, ask_new_file
from lnm_desktop.ui.workbench import Workbench

T = TypeVar("T")
TABLES = "Tables (*.csv *.tsv *.txt *.xlsx *.xlsm)"
HISTORY = ("When", "Who", "Field", "Before", "After")
WRITTEN = "CSV (*.csv);;Excel workbook (*.xlsx)"
MAPPINGS = "Column mapping (*.json)"


class ClinicalTables(QObject):
    """Asks for the file, then shows what each row would do."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._actions = actions
        handlers = {"import-clinical": self._ask_table, "export-clinical": self._ask_target}
        actions.on({**handlers, "clinical-history": self.show_history})
        bench.undo_changed.connect(self._refresh)
        bench.current.case_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        session = self._bench.current.session
        self._actions["import-clinical"].setEnabled(session is not None and not session.read_only)
        self._actions["clinical-history"].setEnabled(self._bench.current.case is not None)
        self._actions["export-clinical"].setEnabled(session is not None)

    def open_table(self, path: Path) -> None:
        """Read a table and show the dialog for it."""
        session = self._bench.current.session
        if session is not None:
            self._bench.background.run(
                lambda: (sheets_of(path), read_table(path)),
                lambda read: self._show(session, path, *read),
                self._bench.notices.error,
            )

    def _show(self, session: Session, path: Path, sheets: Sequence[str], table: Table) -> None:
        dialog = ClinicalImportDialog(path.name, sheets, session.schema, self._bench.window)
        _Import(self._bench, session, path, dialog).show_table(table)
        dialog.show()

    def export(self, path: Path) -> None:
        """Write every case's clinical data."""
        session, notices = self._bench.current.session, self._bench.notices
        if session is not None:
            self._bench.background.run(
                lambda: export_clinical(session, path),
                lambda count: notices.info(
                    f"Clinical data of {counted(count, 'case')} written to {path.name}.", RESEARCH_USE_ONLY
                ),
                notices.error,
            )

    def show_history(self) -> None:
        """How the open case's clinical fields came to their values, newest first."""
        session, case, bench = self._bench.current.session, self._bench.current.case, self._bench
        if session is None or case is None:
            return

        def show(changes: Sequence[FieldChange]) -> None:
            rows = [_line(change, session.schema) for change in reversed(changes)]
            TableDialog(f"Clinical History: {case.pseudonym}", HISTORY, rows, bench.window).show()

        bench.background.run(lambda: session.field_history(case.id), show, bench.notices.error)

    def _ask_table(self) -> None:
        ask_file(self._bench.window, "Import Clinical Data", TABLES, self.open_table)

    def _ask_target(self) -> None:
        ask_new_file(self._bench.window, "Export Clinical Data", WRITTEN, "clinical.csv", self.export)


class _Import(QObject):
    """One table and its dialog, with which it goes."""

    def __init__(self, bench: Workbench, session: Session, path: Path, dialog: ClinicalImportDialog) -> None:
        super().__init__(dialog)
        self._bench, self._session, self._path = bench, session, path
        self._reports: Sequence[RowReport] = ()
        self._asked: ColumnMapping | None = None
        self._table = Table((), (), ())
        self.dialog = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.mapping_changed.connect(self._examine)
        dialog.table_wanted.connect(self._read)
        dialog.import_wanted.connect(self._take_over)
        dialog.load_wanted.connect(lambda: ask_file(bench.window, "Load Mapping", MAPPINGS, self._load))
        dialog.save_wanted.connect(
            lambda: ask_new_file(bench.window, "Save Mapping", MAPPINGS, "mapping.json", self._save)
        )

    def _read(self, sheet: str, head_row: int) -> None:
        self._asked = None  # what is still being examined is of another table
        self._run(lambda: read_table(self._path, sheet, head_row), self.show_table)

    def show_table(self, table: Table) -> None:
        """Show a table with the mapping that is probably meant."""
        self._table = table
        self.dialog.show_table(table, guess_mapping(table, self._session.schema))

    def _examine(self, mapping: ColumnMapping) -> None:
        session, table = self._session, self._table
        self._asked = mapping

        def show(reports: Sequence[RowReport]) -> None:
            if mapping is self._asked:  # threads answer in any order
                self._reports = reports
                self.dialog.show_reports(reports)

        self._run(lambda: examine(table, mapping, session.schema, known_cases(session)), show)

    def _take_over(self) -> None:
        session, reports, name = self._session, self._reports, self._path.name
        new, out = self.dialog.new_cases.isChecked(), self.dialog.leave_out.isChecked()
        self.dialog.take.setEnabled(False)
        self._run(lambda: take_over(session, reports, name, new_cases=new, leave_out=out), self._tell)

    def _tell(self, done: TakenOver) -> None:
        self.dialog.accept()
        left = f" {done.left_out:,} rows were left out." if done.left_out else ""
        words = f"{self._path.name}: {done.changed:,} cases changed, {done.added:,} new.{left}"
        self._bench.notices.info(words, "Ctrl+Z in a case takes its part back.")

    def _load(self, path: Path) -> None:
        self._run(lambda: load_mapping(path), self.dialog.show_mapping)

    def _save(self, path: Path) -> None:
        mapping = self.dialog.mapping()
        self._run(lambda: save_mapping(path, mapping), lambda _none: None)

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Beside the window; what comes after the dialog was closed is for nobody."""
        self._bench.background.run(
            work,
            lambda result: done(result) if isValid(self.dialog) else None,
            lambda error: self.dialog.say(f"{error.message}. {error.hint}") if isValid(self.dialog) else None,
        )


def _line(change: FieldChange, schema: ClinicalSchema) -> tuple[str, ...]:
    labels = {field.id: field.label for field in schema.fields}
    when = datetime.fromisoformat(change.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return when, change.user, labels.get(change.field, change.field), _said(change.before), _said(change.after)


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
