"""Labelled patients of a table, for training and evaluation."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.app.clinical_import import examine
from lnm_desktop.app.cohort_recipe import Recipe, check_columns, known_recipes
from lnm_desktop.domain.clinical import Absent, ClinicalSchema, Value
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.evaluation.auc import auc
from lnm_desktop.formats.table_file import Table, read_table

# A field that alone ranks the patients so well is the answer under another name.
TELLING_AUC = 0.95
Values = Mapping[str, Value]


@dataclass(frozen=True, eq=False, slots=True)
class Cohort:
    """Values by field of each patient with a known label (n,), and how many rows were left out for which reason."""

    title: str
    rows: tuple[Values, ...]
    labels: NDArray[np.int64]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    sha256: str

    @property
    def positive(self) -> int:
        """How many have the finding."""
        return int(self.labels.sum())


def read_cohort(path: Path, schema: ClinicalSchema, recipe: Recipe | None = None) -> Cohort:
    """The patients of a table, by a recipe or by the one that recognises its columns.

    Cells that a field does not take count as unknown and are told in `left_out`. Raises FormatError, ClinicalError
    naming a field that tells the answer.
    """
    recipe, table = (recipe, _read(path, recipe)) if recipe is not None else _recognised(path)
    check_columns(recipe)
    reports = examine(table, recipe.mapping, schema, {})
    left_out: Counter[str] = Counter()
    rows: list[Values] = []
    labels: list[int] = []
    for report, cells in zip(reports, table.rows, strict=True):
        label = _label(dict(zip(table.columns, cells, strict=True)), recipe, left_out)
        if label is None:
            continue
        left_out.update(f"values of {problem.column} not read" for problem in report.problems)
        rows.append({key: value for key, value in report.values.items() if not isinstance(value, Absent)})
        labels.append(label)
    cohort = Cohort(recipe.title, tuple(rows), np.array(labels, np.int64), left_out, recipe.notes, _sha256(path))
    _check_labels(path, cohort)
    _check_telling(cohort)
    return cohort


def _recognised(path: Path) -> tuple[Recipe, Table]:
    for recipe in known_recipes():
        try:
            table = _read(path, recipe)
        except FormatError:
            continue
        if set(recipe.recognised_by) <= set(table.columns):
            return recipe, table
    read_table(path)  # an unreadable file says so itself
    raise FormatError(
        f"{path.name} is none of the known tables of patients",
        hint="State with --recipe which column is the answer and which hold fields; see docs/evaluation.md.",
    )


def _read(path: Path, recipe: Recipe) -> Table:
    table = read_table(path, head_row=recipe.head_row)
    below = recipe.rows_below_head
    return Table(table.columns, table.rows[below:], table.numbers[below:], table.notes)


def _label(cells: Mapping[str, str], recipe: Recipe, left_out: Counter[str]) -> int | None:
    for keep in recipe.keep:
        if _cell(cells, keep.column) not in keep.values:
            left_out[f"{keep.column} is not {' or '.join(keep.values)}"] += 1
            return None
    try:
        number = float(_cell(cells, recipe.label.column))
    except ValueError:
        left_out["no label"] += 1
        return None
    return int(number >= recipe.label.positive_from)


def _cell(cells: Mapping[str, str], column: str) -> str:
    if column not in cells:
        raise ClinicalError(f"the table has no column {column!r:.60}", hint="Correct the recipe.")
    return cells[column].strip()


def _check_labels(path: Path, cohort: Cohort) -> None:
    if min(cohort.positive, len(cohort.labels) - cohort.positive) < 2:
        raise FormatError(
            f"{path.name} has fewer than two patients of one label", hint="Check the label's column in the recipe."
        )


def _check_telling(cohort: Cohort) -> None:
    for field in sorted({name for row in cohort.rows for name in row}):
        found = _auc_of(field, cohort.rows, cohort.labels)
        if found >= TELLING_AUC:
            raise ClinicalError(
                f"the field {field} tells the answer: alone it reaches an AUC of {found:.2f}",
                hint="Check which column is read as it. Nothing known before surgery tells the node status so well.",
                field=field,
            )


def _auc_of(field: str, rows: Sequence[Values], labels: NDArray[np.int64]) -> float:
    """The AUC of one field alone, of a choice by the share of positives among those who have it."""
    known = np.array([place for place, row in enumerate(rows) if field in row], np.intp)
    own = labels[known]
    if min(own.sum(), (1 - own).sum()) < 20:
        return 0.5
    values = [rows[place][field] for place in known]
    if isinstance(values[0], float):
        found = auc(own, np.array(values, float))
    else:
        shares = {value: own[[other == value for other in values]].mean() for value in set(values)}
        found = auc(own, np.array([shares[value] for value in values]))
    return max(found, 1 - found)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
