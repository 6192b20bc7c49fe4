"""Which columns of a table are probably which clinical fields, by their names and by what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lnm_desktop.app.clinical_import import (
    NOTHING,
    UNKNOWN,
    ColumnMapping,
    DecimalMark,
    FieldSource,
    value_of,
)
from lnm_desktop.domain.clinical import ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.errors import ClinicalError
from lnm_desktop.formats.table_file import Table

IDENTIFIERS = ("pseudonym", "patientid", "patient", "caseid", "case", "id", "subjectid", "identifier")
# Names by which tables of other programs know a field, letters and digits alone.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "age": ("age", "ageatdiagnosis", "ageyears"),
    "menopausal_status": ("inferredmenopausalstate", "menopausalstate", "menopause", "menopausalstatus"),
    "laterality": ("primarytumorlaterality", "laterality", "side"),
    "tumor_size": (
        "sizemm",
        "tumorsizemm",
        "tumoursizemm",
        "tumoursizeinmm",
    ),  # without a unit in its name, only a person can know
    "grade": ("neoplasmhistologicgrade", "grade", "histologicgrade", "nottinghamgrade"),
    "er_status": ("erstatus", "er"),
    "pr_status": ("prstatus", "pr"),
    "her2_status": ("her2status", "her2"),
    "ki67": ("ki67",),
    "clinical_t": ("clinicalt", "ct", "ctstage", "sizeclass"),
    "palpable_node": ("palpablenode", "palpableaxillarynode"),
}
# Other words for choices, as METABRIC and others write them.
CHOICE_WORDS: Mapping[str, str] = {
    "pos": "positive", "positve": "positive", "1": "positive",
    "neg": "negative", "0": "negative",
    "pre": "premenopausal", "post": "postmenopausal", "peri": "perimenopausal",
    "t1": "cT1", "t2": "cT2", "t3": "cT3", "t4": "cT4",
    "l": "left", "r": "right", "i": "1", "ii": "2", "iii": "3", "g1": "1", "g2": "2", "g3": "3",
}  # fmt: skip
SAMPLE = 2000


def guess_mapping(table: Table, schema: ClinicalSchema) -> ColumnMapping:
    """A mapping to begin with: the first column that looks like an identifier, and a column for each field found."""
    plain = {_plain(column): column for column in reversed(table.columns)}
    identifier = _identifier(table, plain)
    decimal = _decimal(table)
    found = ((definition, _column(definition, plain)) for definition in schema.fields)
    sources = [
        FieldSource(column, definition.id, words=words_of(_cells(table, column), definition, decimal))
        for definition, column in found
        if column is not None and column != identifier
    ]
    return ColumnMapping(identifier, tuple(sources), decimal)


def _identifier(table: Table, plain: Mapping[str, str]) -> str:
    known = next((plain[name] for name in IDENTIFIERS if name in plain), None)
    ending = next((column for column in table.columns if _plain(column).endswith("id")), None)
    return known or ending or table.columns[0]


def words_of(cells: Iterable[str], definition: ClinicalField, decimal: DecimalMark) -> dict[str, str]:
    """What the cells that the field does not take as they are probably mean; those without a guess are left out."""
    meant: dict[str, str] = {}
    for raw in sorted({cell.strip() for cell in cells}):
        if raw.casefold() in NOTHING | UNKNOWN or definition.kind is FieldKind.NUMBER:
            continue
        guess = CHOICE_WORDS.get(raw.casefold())
        if not _is_taken(raw, definition, decimal) and guess and _is_taken(guess, definition, decimal):
            meant[raw] = guess
    return meant


def _is_taken(text: str, definition: ClinicalField, decimal: DecimalMark) -> bool:
    try:
        value_of(text, FieldSource("", definition.id), definition, decimal)
    except ClinicalError:
        return False
    return True


def _column(definition: ClinicalField, plain: Mapping[str, str]) -> str | None:
    """By the field's own id, or by a name; a length in a column that names no unit may be centimetres: no guess."""
    if definition.id in plain.values():
        return definition.id
    own = (_plain(definition.id), _plain(definition.label))
    names = tuple(f"{name}mm" for name in own) if definition.unit == "mm" else own
    return next((plain[name] for name in (*names, *SYNONYMS.get(definition.id, ())) if name in plain), None)


def _cells(table: Table, column: str) -> list[str]:
    place = table.columns.index(column)
    return [row[place] for row in table.rows[:SAMPLE]]


def _decimal(table: Table) -> DecimalMark:
    """A comma where numbers with one are seen and none with a point."""
    cells = [cell for row in table.rows[:SAMPLE] for cell in row]
    with_comma = any(re.fullmatch(r"\d+,\d+", cell.strip()) for cell in cells)
    with_point = any(re.fullmatch(r"\d+\.\d+", cell.strip()) for cell in cells)
    return DecimalMark.COMMA if with_comma and not with_point else DecimalMark.POINT


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold().replace("%", "percent"))
