"""A patient's clinical record to a JSON object and back; unknown stays distinct from not asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lnm_desktop.domain.clinical import Absent, ClinicalRecord, ClinicalSchema, Value
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.formats import strict_json
from lnm_desktop.formats.files import read_bytes

LIMIT_BYTES = 1024 * 1024
_ABSENT = "absent"


def value_to_json(value: Value) -> Any:
    """The value itself, or `{"absent": "unknown"}`."""
    return {_ABSENT: value.value} if isinstance(value, Absent) else value


def value_from_json(data: Any) -> Value:
    """The inverse of `value_to_json`. Raises ValueError for what is no clinical value."""
    if isinstance(data, Mapping):
        if data.keys() != {_ABSENT}:
            raise ValueError(f"{dict(data)!r:.60} is not a value")
        return Absent(data[_ABSENT])
    if not isinstance(data, bool | int | float | str):
        raise ValueError(f"{data!r:.60} is not a value")
    return data


def record_to_dict(record: ClinicalRecord) -> dict[str, Any]:
    """Values by field id."""
    return {field_id: value_to_json(value) for field_id, value in record.values.items()}


def record_from_dict(data: object, schema: ClinicalSchema) -> ClinicalRecord:
    """A record whose every value its field accepts; null means not asked.

    Raises ClinicalError for an unknown field or a value outside its definition, ValueError for what is no record.
    """
    if not isinstance(data, Mapping):
        raise ValueError("it is not an object of values by field")
    record = ClinicalRecord()
    for field_id, value in data.items():
        if value is not None:
            record = record.set(schema.field(field_id), value_from_json(value))
    return record


def load_record(path: Path, schema: ClinicalSchema) -> ClinicalRecord:
    """The record in a JSON file. Raises FormatError or ClinicalError naming the file, ClinicalError the field too."""
    data = strict_json.loads(read_bytes(path, LIMIT_BYTES), name=path.name)
    try:
        return record_from_dict(data, schema)
    except ClinicalError as error:
        raise ClinicalError(f"{path.name}: {error.message}", hint=error.hint, **error.facts) from error
    except ValueError as error:
        hint = 'Write one object such as {"age": 54, "grade": "2", "ki67": {"absent": "unknown"}}.'
        raise FormatError(f"{path.name} is not a clinical record: {error}", hint=hint) from error
