"""TOML definitions of clinical fields to the schema that form, tables and models' input checks read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from lnm_desktop.domain.clinical import ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.files import read_bytes
from lnm_desktop.paths import resource

DEFAULT_SCHEMA = "breast.toml"
LIMIT_BYTES = 1024 * 1024
_COMMON = {"id": str, "label": str, "kind": str, "section": str, "preoperative": bool, "meaning": str}
_BY_KIND: Mapping[FieldKind, Mapping[str, type]] = {
    FieldKind.NUMBER: {"unit": str, "minimum": float, "maximum": float, "decimals": int},
    FieldKind.CHOICE: {"choices": list},
    FieldKind.BOOLEAN: {},
}


def load_default_schema() -> ClinicalSchema:
    """The schema for breast cancer before surgery that comes with the application."""
    return loads_schema(read_bytes(resource("clinical", DEFAULT_SCHEMA), LIMIT_BYTES), name=DEFAULT_SCHEMA)


def loads_schema(data: bytes, *, name: str = "the clinical schema") -> ClinicalSchema:
    """A schema from TOML; every key of a field is required and none is unknown.

    Raises FormatError naming the file, the field and the key.
    """
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
        return _schema(table)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{name} is not a clinical schema: {error}", hint="Compare it with the breast.toml that is installed."
        ) from error


def _schema(table: Mapping[str, Any]) -> ClinicalSchema:
    _check_types("the schema", table, {"id": str, "version": int, "fields": list})
    found = tuple(_field(place, item) for place, item in enumerate(table["fields"]))
    ids = [item.id for item in found]
    repeated = sorted({item for item in ids if ids.count(item) > 1})
    if repeated:
        raise ValueError(f"the field {repeated[0]!r} is defined twice")
    if not found:
        raise ValueError("it defines no field")
    return ClinicalSchema(table["id"], table["version"], found)


def _field(place: int, item: object) -> ClinicalField:
    if not isinstance(item, dict):
        raise ValueError(f"field {place} is not a table")
    words = f"field {item.get('id', place)!r}"
    kind = _kind(words, item.get("kind"))
    _check_types(words, item, {**_COMMON, **_BY_KIND[kind]})
    values = {**item, "kind": kind}
    if kind is FieldKind.CHOICE:
        values["choices"] = _choices(words, item["choices"])
    definition = ClinicalField(**values)
    _check_range(words, definition)
    return definition


def _kind(words: str, value: object) -> FieldKind:
    if value not in list(FieldKind):
        raise ValueError(f"{words}: kind {value!r} is none of {', '.join(FieldKind)}")
    return FieldKind(value)


def _check_types(words: str, table: Mapping[str, Any], types: Mapping[str, type]) -> None:
    for key in types:
        if key not in table:
            raise ValueError(f"{words} has no {key!r}")
    for key, value in table.items():
        expected = types.get(key)
        if expected is None:
            raise ValueError(f"{words} has an unknown key {key!r}")
        accepted = (int, float) if expected is float else (expected,)
        if type(value) not in accepted or (value == "" and key != "unit"):
            raise ValueError(f"{words}: {key!r} is not a {expected.__name__}, or is empty")


def _choices(words: str, values: list[object]) -> tuple[str, ...]:
    texts = tuple(value for value in values if isinstance(value, str) and value)
    if len(texts) != len(values) or len(set(texts)) != len(texts) or len(texts) < 2:
        raise ValueError(f"{words}: 'choices' is not a list of two or more different texts")
    return texts


def _check_range(words: str, definition: ClinicalField) -> None:
    low, high = definition.minimum, definition.maximum
    if low is not None and high is not None and not low < high:
        raise ValueError(f"{words}: 'minimum' is not below 'maximum'")
    if definition.decimals < 0:
        raise ValueError(f"{words}: 'decimals' is below 0")
