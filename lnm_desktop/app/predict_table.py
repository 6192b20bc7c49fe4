"""A clinical model on every row of a table: one row a patient in, one row a patient out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lnm_desktop.app.clinical_import import ColumnMapping, RowReport, examine
from lnm_desktop.app.cohort_recipe import is_telling, known_recipes
from lnm_desktop.app.mapping_guess import guess_mapping
from lnm_desktop.app.models import Models
from lnm_desktop.domain.clinical import Absent, ClinicalSchema
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.errors import ClinicalError
from lnm_desktop.formats.csv_table import dumps
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.formats.table_file import Table, read_table
from lnm_desktop.inference.risks import JudgedRow, RiskClient
from lnm_desktop.plugin.spec import ModelSpec

COLUMNS = (
    *("pseudonym", "probability", "lower_95", "upper_95", "call", "fields_known", "warnings", "problem"),
    "notice",
)
SYNTHETIC_MODEL = "SYNTHETIC MODEL: it was trained on made-up data."


@dataclass(frozen=True, slots=True)
class TableRow:
    """One patient: the risk, or why there is none."""

    number: int
    pseudonym: str
    fields_known: int
    judged: JudgedRow | None
    problem: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class TablePrediction:
    """All rows in their order, which columns were read as which fields, and which were not."""

    spec: ModelSpec
    rows: tuple[TableRow, ...]
    mapping: ColumnMapping
    unread: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """As one JSON object, without the rows."""
        refused = [row for row in self.rows if row.problem]
        return {
            "model": self.spec.id,
            "version": self.spec.version,
            "weights_sha256": self.spec.weights_sha256,
            "operating_point": self.spec.operating_point,
            "rows": len(self.rows),
            "refused": len(refused),
            "problems": [f"row {row.number}: {row.problem}" for row in refused[:20]],
            "columns": {source.column: source.field for source in self.mapping.sources},
            "columns_unread": list(self.unread),
            "notice": RESEARCH_USE_ONLY,
        }


def predict_table(
    models: Models, model_id: str, path: Path, schema: ClinicalSchema, mapping: ColumnMapping | None = None
) -> TablePrediction:
    """Judge every row; a row with a cell that cannot be read is refused with the reason, the others go on.

    Without a mapping, the columns are found by their names. Raises FormatError, ClinicalError where no column is
    known, PluginError, InferenceError.
    """
    spec = models.find(model_id).spec
    table, mapping = _mapped(path, schema, mapping, spec)
    reports = examine(table, mapping, schema, {})
    values = [
        {key: value for key, value in report.values.items() if not isinstance(value, Absent)} for report in reports
    ]
    good = [own for report, own in zip(reports, values, strict=True) if not report.problems]
    judged = iter(RiskClient(models.client(model_id), model_id).judge(good))
    rows = tuple(
        _row(report, len(own), None if report.problems else next(judged))
        for report, own in zip(reports, values, strict=True)
    )
    read = {mapping.identifier, *(source.column for source in mapping.sources)}
    return TablePrediction(spec, rows, mapping, tuple(name for name in table.columns if name not in read))


def save_predictions(predicted: TablePrediction, path: Path) -> None:
    """Write a CSV in which no cell can become a formula. Raises FormatError."""
    write_atomic(path, dumps(COLUMNS, [_cells(row, predicted.spec) for row in predicted.rows]))


def _mapped(
    path: Path, schema: ClinicalSchema, mapping: ColumnMapping | None, spec: ModelSpec
) -> tuple[Table, ColumnMapping]:
    table = read_table(path)
    if mapping is None:
        mapping = _known_mapping(table) or guess_mapping(table, schema)
    telling = [source.column for source in mapping.sources if is_telling(source.column)]
    if telling:
        hint = "Leave it out: it is found together with the node status."
        raise ClinicalError(f"the column {telling[0]!r:.80} tells the answer", hint=hint)
    used = tuple(source for source in mapping.sources if source.field in spec.uses_clinical)
    if not used:
        hint = f"Name columns as the schema does: {', '.join(spec.uses_clinical)}."
        raise ClinicalError(f"{path.name} has no column that {spec.id} reads", hint=hint)
    return table, replace(mapping, sources=used)


def _known_mapping(table: Table) -> ColumnMapping | None:
    """The mapping of a known make of table, as far as it has its columns."""
    for recipe in known_recipes():
        columns = {source.column for source in recipe.mapping.sources}
        if recipe.head_row == 1 and {recipe.mapping.identifier, *columns} <= set(table.columns):
            return recipe.mapping
    return None


def _row(report: RowReport, known: int, judged: JudgedRow | None) -> TableRow:
    problem = "; ".join(f"{item.column}: {item.words}" for item in report.problems)
    return TableRow(report.number, report.identifier, known, judged, problem)


def _cells(row: TableRow, spec: ModelSpec) -> Sequence[str | float | None]:
    notice = f"{SYNTHETIC_MODEL} {RESEARCH_USE_ONLY}" if spec.synthetic else RESEARCH_USE_ONLY
    if row.judged is None:
        return (row.pseudonym, None, None, None, "", row.fields_known, "", row.problem, notice)
    risk = row.judged.risk
    call = spec.classes[-1] if risk.probability >= spec.operating_point else spec.classes[0]
    ends = (round(risk.probability, 6), round(risk.lower, 6), round(risk.upper, 6))
    return (row.pseudonym, *ends, call, row.fields_known, " ".join(row.judged.warnings), "", notice)
