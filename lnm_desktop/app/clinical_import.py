"""What a table says about patients, row by row, before anything of it is taken over."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lnm_desktop.domain.clinical import Absent, ClinicalField, ClinicalRecord, ClinicalSchema, FieldKind, Value
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.formats import strict_json
from lnm_desktop.formats.csv_table import unguarded
from lnm_desktop.formats.files import read_bytes, write_atomic
from lnm_desktop.formats.table_file import Table

NOTHING = frozenset({"", "na", "n/a", "nan", "null", "none", "nc", "."})
UNKNOWN = frozenset({"unknown", "not known", "unk", "?"})
YES, NO = frozenset({"yes", "y", "true", "1", "positive"}), frozenset({"no", "n", "false", "0", "negative"})
LIMIT_BYTES = 1024 * 1024
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}[-. ]?[A-Za-z]{3,9}[-. ]?\d{0,4}|[A-Za-z]{3,9}[-. ]\d{1,4}"
)


class DecimalMark(StrEnum):
    """What divides a number's whole part from the rest."""

    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where a field's values stand: the column, by what its numbers are multiplied, what its words mean here."""

    column: str
    field: str
    factor: float = 1.0
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds the pseudonyms and which hold which fields."""

    identifier: str
    sources: tuple[FieldSource, ...]
    decimal: DecimalMark = DecimalMark.POINT


class RowState(StrEnum):
    """What taking a row over would do."""

    CHANGES = "with changes"
    SAME = "nothing new"
    NEW_CASE = "without a case"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell that cannot be taken over, as it stands in the file, and why."""

    column: str
    raw: str
    words: str


@dataclass(frozen=True, slots=True)
class RowReport:
    """One row: its place in the file, whose it is, the values that differ from the record, and what is wrong.

    `before` holds what the record had in their place.
    """

    number: int
    identifier: str
    state: RowState
    values: Mapping[str, Value]
    problems: tuple[CellProblem, ...] = ()
    case_id: CaseId | None = None
    before: Mapping[str, Value] = dataclasses.field(default_factory=dict)


Known = Mapping[str, tuple[CaseId, ClinicalRecord]]


def examine(table: Table, mapping: ColumnMapping, schema: ClinicalSchema, known: Known) -> tuple[RowReport, ...]:
    """What each row would do to the cases known by pseudonym. Changes nothing.

    Raises ClinicalError for a column that the table, or a field that the schema, does not have.
    """
    _check(table, mapping, schema)
    places = {column: place for place, column in enumerate(table.columns)}
    ids = [unguarded(row[places[mapping.identifier]]).strip() for row in table.rows]
    counts = Counter(ids)
    cases = {pseudonym.strip(): found for pseudonym, found in known.items()}
    reports = []
    for number, name, row in zip(table.numbers, ids, table.rows, strict=True):
        values, problems = _values(row, places, mapping, schema)
        if not name or counts[name] > 1:
            why = "there is no identifier" if not name else f"{counts[name]} rows have this identifier"
            problems = [CellProblem(mapping.identifier, name, why), *problems]
        reports.append(_report(number, name, values, problems, cases.get(name)))
    return tuple(reports)


def _report(
    number: int,
    name: str,
    values: Mapping[str, Value],
    problems: Sequence[CellProblem],
    found: tuple[CaseId, ClinicalRecord] | None,
) -> RowReport:
    case_id, record = found or (None, ClinicalRecord())
    new = {key: value for key, value in values.items() if record.get(key) != value}
    if problems:
        state = RowState.REFUSED
    elif found is None:
        state = RowState.NEW_CASE
    else:
        state = RowState.CHANGES if new else RowState.SAME
    before = {key: record.get(key) for key in new}
    return RowReport(number, name, state, new, tuple(problems), case_id, before)


def _values(
    row: Sequence[str], places: Mapping[str, int], mapping: ColumnMapping, schema: ClinicalSchema
) -> tuple[dict[str, Value], list[CellProblem]]:
    values: dict[str, Value] = {}
    problems = []
    for source in mapping.sources:
        raw = unguarded(row[places[source.column]])
        try:
            value = value_of(raw, source, schema.field(source.field), mapping.decimal)
        except ClinicalError as error:
            problems.append(CellProblem(source.column, raw, error.message))
            continue
        if value is not None:
            values[source.field] = value
    return values, problems


def value_of(raw: str, source: FieldSource, definition: ClinicalField, decimal: DecimalMark) -> Value | None:
    """A cell as a value of the field; None where the cell says nothing. Raises ClinicalError saying why not."""
    text = raw.strip()
    text = source.words.get(text, text)
    if text.casefold() in NOTHING:
        return None
    if text.casefold() in UNKNOWN:
        return Absent.UNKNOWN
    if definition.kind is FieldKind.NUMBER:
        return _within(_number(text, definition, decimal) * source.factor, definition)
    if definition.kind is FieldKind.BOOLEAN:
        return definition.check(_boolean(text, definition))
    return definition.check(_choice(text, definition))


def _within(number: float, definition: ClinicalField) -> float:
    """As the field's own check, whose words would repeat what stands in the cell."""
    try:
        definition.check(number)
    except ClinicalError as error:
        raise ClinicalError(
            f"{definition.label}: this is out of range", hint=error.hint, field=definition.id
        ) from error
    return number


def _number(text: str, definition: ClinicalField, decimal: DecimalMark) -> float:
    text = text.removesuffix("%").rstrip() if definition.unit == "%" else text
    if not _NUMBER.fullmatch(text):
        kind = "a date, perhaps made of a number by a spreadsheet" if _DATE.fullmatch(text) else "no number"
        raise ClinicalError(f"{definition.label}: this is {kind}", field=definition.id)
    if ("," in text and decimal is DecimalMark.POINT) or ("." in text and decimal is DecimalMark.COMMA):
        raise ClinicalError(f"{definition.label}: its decimal mark is not the stated one", field=definition.id)
    return float(text.replace(",", "."))


def _boolean(text: str, definition: ClinicalField) -> bool:
    if text.casefold() in YES | NO:
        return text.casefold() in YES
    raise ClinicalError(f"{definition.label}: this is neither yes nor no", field=definition.id)


def _choice(text: str, definition: ClinicalField) -> str:
    """The choice of that name, whatever its capitals; a number may have been written as 2.0."""
    by_name = {choice.casefold(): choice for choice in definition.choices}
    plain = text.casefold().removesuffix(".0")
    if plain not in by_name:
        raise ClinicalError(f"{definition.label}: this is not a choice", field=definition.id)
    return by_name[plain]


def _check(table: Table, mapping: ColumnMapping, schema: ClinicalSchema) -> None:
    for column in (mapping.identifier, *(source.column for source in mapping.sources)):
        if column not in table.columns:
            hint = f"The table has: {', '.join(table.columns)[:300]}."
            raise ClinicalError(f"the table has no column {column!r:.60}", hint=hint)
    fields = [source.field for source in mapping.sources]
    for name in fields:
        schema.field(name)
    twice = next((name for name in fields if fields.count(name) > 1), None)
    if twice is not None:
        raise ClinicalError(f"two columns are meant for {twice}", hint="Choose one of them.", field=twice)


def load_mapping(path: Path) -> ColumnMapping:
    """A mapping from its JSON file. Raises FormatError naming the file and the key."""
    data = strict_json.loads(read_bytes(path, LIMIT_BYTES), name=path.name)
    try:
        sources = tuple(_source(source) for source in data["fields"])
        return ColumnMapping(data["identifier"], sources, DecimalMark(data.get("decimal", ".")))
    except (KeyError, TypeError, ValueError) as error:
        hint = 'Write {"identifier": "Patient ID", "fields": [{"column": "Age", "field": "age"}]}.'
        raise FormatError(f"{path.name} is not a column mapping: {error}", hint=hint) from error


def _source(data: Mapping[str, Any]) -> FieldSource:
    """Raises TypeError, ValueError for what is of another kind."""
    source = FieldSource(**data)
    words = source.words.items() if isinstance(source.words, Mapping) else [(None, None)]
    if not all(isinstance(text, str) for text in (source.column, source.field, *(t for pair in words for t in pair))):
        raise ValueError("column, field and words are texts")
    if isinstance(source.factor, bool) or not isinstance(source.factor, int | float) or not source.factor:
        raise ValueError("a factor is a number other than 0")
    return source


def save_mapping(path: Path, mapping: ColumnMapping) -> None:
    """Keep a mapping for the next table of the same make. Raises FormatError."""
    sources: list[dict[str, Any]] = [
        {"column": s.column, "field": s.field, "factor": s.factor, "words": dict(s.words)} for s in mapping.sources
    ]
    data = {"identifier": mapping.identifier, "decimal": mapping.decimal.value, "fields": sources}
    write_atomic(path, strict_json.dumps(data))
