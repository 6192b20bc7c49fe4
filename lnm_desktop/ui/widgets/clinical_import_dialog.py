"""Which column of a table is which clinical field, and what each row would do, before anything is taken over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QFormLayout, QSpinBox, QWidget

from lnm_desktop.app.clinical_import import ColumnMapping, DecimalMark, FieldSource, RowReport, RowState
from lnm_desktop.app.mapping_guess import words_of
from lnm_desktop.domain.clinical import ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.formats.table_file import Table
from lnm_desktop.ui.widgets.parts import button, column, label, row, scrolled
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

_NONE = "–"
_COLUMNS = ("Row", "Case", "What it does", "Why not")
FACTORS = {
    "as it is": 1.0,
    "× 10 (cm to mm)": 10.0,
    "÷ 10": 0.1,
    "× 100 (share to %)": 100.0,
    "÷ 365.25 (days to years)": 1 / 365.25,
}
MOST_SHOWN = 5000


class ClinicalImportDialog(QDialog):
    """`mapping_changed` asks for new reports, `table_wanted(sheet, head row)` for another part of the file,
    `import_wanted` for what is shown to be taken over; `load_wanted` and `save_wanted` are about the mapping's file.
    """

    mapping_changed = Signal(object)
    table_wanted = Signal(str, int)
    import_wanted = Signal()
    load_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, name: str, sheets: Sequence[str], schema: ClinicalSchema, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Import Clinical Data: {name}")
        self.resize(1080, 640)
        self._schema = schema
        self._table = Table((), (), ())
        self._words: dict[str, dict[str, str]] = {}
        self.notes = label("", "warn")
        self.sheet, self.head_row, self.identifier, self.decimal = (
            QComboBox(),
            QSpinBox(),
            _narrow(QComboBox(), 14),
            QComboBox(),
        )
        self.columns = {field.id: _narrow(QComboBox(), 14) for field in schema.fields}
        self.factors = {field.id: _factor_choice() for field in schema.fields if field.kind is FieldKind.NUMBER}
        self.table = TextTable(_COLUMNS)
        self.table.share_width(2, 3)
        self.total = label("", "heading")
        self.new_cases = QCheckBox("Make a case of each row that has none")
        self.leave_out = QCheckBox("Leave refused rows out")
        self.load, self.save = button("Load mapping…"), button("Save mapping…")
        self.cancel, self.take = button("Cancel"), button("Import", "Take all of it over in one step", "primary")
        self._fill(sheets)
        self._arrange()
        self._connect()

    def show_table(self, table: Table, mapping: ColumnMapping) -> None:
        """The table's columns to choose from, as this mapping has them."""
        self._table = table
        self.notes.setText(" ".join(table.notes))
        self.notes.setVisible(bool(table.notes))
        for choice in (self.identifier, *self.columns.values()):
            choice.blockSignals(True)
            choice.clear()
        self.identifier.addItems(list(table.columns))
        for choice in self.columns.values():
            choice.addItems([_NONE, *table.columns])
        for choice in (self.identifier, *self.columns.values()):
            choice.blockSignals(False)
        self.show_mapping(mapping)

    def show_mapping(self, mapping: ColumnMapping) -> None:
        """Choose what a mapping says; columns that the table does not have are passed over."""
        sources = {source.field: source for source in mapping.sources}
        self._words = {source.field: dict(source.words) for source in mapping.sources}
        self._quietly(self.identifier, mapping.identifier)
        self._quietly(self.decimal, mapping.decimal.value)
        for field_id, choice in self.columns.items():
            source = sources.get(field_id)
            self._quietly(choice, source.column if source else _NONE)
            if field_id in self.factors:
                self._choose_factor(self.factors[field_id], source.factor if source else 1.0)
        self._ask_reports()

    def mapping(self) -> ColumnMapping:
        """What is chosen."""
        sources = tuple(
            FieldSource(choice.currentText(), field_id, self._factor(field_id), self._words.get(field_id, {}))
            for field_id, choice in self.columns.items()
            if choice.currentIndex() > 0
        )
        return ColumnMapping(self.identifier.currentText(), sources, DecimalMark(self.decimal.currentText()))

    def show_reports(self, reports: Sequence[RowReport]) -> None:
        """What each row would do, refused ones first."""
        ordered = sorted(reports, key=lambda report: report.state is not RowState.REFUSED)
        self.table.rows.set_rows([_row(report, self._schema) for report in ordered[:MOST_SHOWN]])
        counts = Counter(report.state for report in reports)
        self.total.setText(", ".join(f"{counts[state]:,} {state.value}" for state in RowState if counts[state]))
        self._counts = counts
        self._enable()

    def say(self, words: str) -> None:
        """Why there are no reports."""
        self.table.rows.set_rows([])
        self.total.setText(words)
        self.take.setEnabled(False)

    def _ask_reports(self) -> None:
        """What is shown by now is of another mapping and must not be taken over."""
        self._counts = Counter()
        self._enable()
        self.mapping_changed.emit(self.mapping())

    def _enable(self) -> None:
        counts = self._counts
        stopped = counts[RowState.REFUSED] > 0 and not self.leave_out.isChecked()
        does = counts[RowState.CHANGES] + (counts[RowState.NEW_CASE] if self.new_cases.isChecked() else 0)
        self.take.setEnabled(does > 0 and not stopped)
        why = "Some rows are refused: correct them, or leave them out." if stopped else ""
        self.take.setToolTip(why or (f"{does:,} cases in one step" if does else "No row would change anything."))

    def _choose_column(self, field: ClinicalField) -> None:
        """Words are guessed anew for another column."""
        choice = self.columns[field.id]
        place = choice.currentIndex() - 1
        cells = [cells[place] for cells in self._table.rows] if place >= 0 else []
        self._words[field.id] = words_of(cells, field, DecimalMark(self.decimal.currentText()))
        self._ask_reports()

    def _factor(self, field_id: str) -> float:
        choice = self.factors.get(field_id)
        return float(choice.currentData()) if choice is not None else 1.0

    def _choose_factor(self, choice: QComboBox, factor: float) -> None:
        choice.blockSignals(True)
        if choice.findData(factor) < 0:
            choice.addItem(f"× {factor:g}", factor)
        choice.setCurrentIndex(choice.findData(factor))
        choice.blockSignals(False)

    def _quietly(self, choice: QComboBox, text: str) -> None:
        choice.blockSignals(True)
        choice.setCurrentIndex(max(0, choice.findText(text)))
        choice.blockSignals(False)

    def _fill(self, sheets: Sequence[str]) -> None:
        self._counts: Counter[RowState] = Counter()
        self.sheet.addItems(list(sheets))
        self.head_row.setRange(1, 1000)
        self.decimal.addItems([mark.value for mark in DecimalMark])
        for field in self._schema.fields:
            self.columns[field.id].setAccessibleName(f"Column of {field.label}")
        for name, widget in (("Sheet", self.sheet), ("Row of names", self.head_row), ("Pseudonym", self.identifier)):
            widget.setAccessibleName(name)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        if self.sheet.count():
            form.addRow("Sheet", self.sheet)
        form.addRow("Row of names", self.head_row)
        form.addRow("Decimal mark", self.decimal)
        form.addRow("Pseudonym", self.identifier)
        for field in self._schema.fields:
            name = f"{field.label}, {field.unit}" if field.unit else field.label
            factor = self.factors.get(field.id)
            form.addRow(name, row(self.columns[field.id], factor) if factor is not None else self.columns[field.id])
        mapping = QWidget()
        mapping.setLayout(form)
        left, right = QWidget(), QWidget()
        left_layout = column(scrolled(mapping), margin=0)
        left_layout.addLayout(row(self.load, self.save, None))
        left.setLayout(left_layout)
        right.setLayout(column(self.total, self.table, self.new_cases, self.leave_out, margin=0))
        parts = row(left, right)
        parts.setStretch(0, 1)
        parts.setStretch(1, 2)
        layout = column(self.notes)
        layout.addLayout(parts)
        layout.addLayout(row(None, self.cancel, self.take))
        self.setLayout(layout)

    def _connect(self) -> None:
        self.sheet.currentIndexChanged.connect(self._ask_table)
        self.head_row.valueChanged.connect(self._ask_table)
        for choice in (self.identifier, self.decimal, *self.factors.values()):
            choice.currentIndexChanged.connect(lambda _place: self._ask_reports())
        for field in self._schema.fields:
            self.columns[field.id].currentIndexChanged.connect(lambda _place, field=field: self._choose_column(field))
        for box in (self.new_cases, self.leave_out):
            box.toggled.connect(self._enable)
        self.load.clicked.connect(self.load_wanted)
        self.save.clicked.connect(self.save_wanted)
        self.cancel.clicked.connect(self.reject)
        self.take.clicked.connect(self.import_wanted)

    def _ask_table(self) -> None:
        self.table_wanted.emit(self.sheet.currentText(), self.head_row.value())


def _factor_choice() -> QComboBox:
    made = _narrow(QComboBox(), 8)
    for name, factor in FACTORS.items():
        made.addItem(name, factor)
    made.setToolTip("By what the numbers of the column are multiplied")
    return made


def _narrow(choice: QComboBox, characters: int) -> QComboBox:
    """Columns may have long names: the list shows them whole, the box a part."""
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(characters)
    return choice


def _row(report: RowReport, schema: ClinicalSchema) -> Row:
    labels = [schema.field(field_id).label for field_id in report.values]
    does = report.state.value + (f": {', '.join(labels)}" if labels and report.state is not RowState.REFUSED else "")
    why = "; ".join(f"{problem.column} “{problem.raw[:40]}”: {problem.words}" for problem in report.problems)
    cells = (Cell(str(report.number), report.number), Cell(report.identifier or "none"), Cell(does), Cell(why))
    return Row(str(report.number), cells, why)
