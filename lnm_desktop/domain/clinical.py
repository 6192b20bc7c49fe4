"""Clinical data before surgery: fields, their definition, and one patient's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from lnm_desktop.errors import ClinicalError


class Absent(StrEnum):
    """Why there is no value: asked but unknown, or never asked."""

    UNKNOWN = "unknown"
    NOT_ASKED = "not asked"


Value = float | str | bool | Absent


class FieldKind(StrEnum):
    """What a field holds."""

    NUMBER = "number"
    CHOICE = "choice"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class ClinicalField:
    """One field's definition; `preoperative` says whether it is known before surgery."""

    id: str
    label: str
    kind: FieldKind
    section: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 0
    choices: tuple[str, ...] = ()
    preoperative: bool = True
    meaning: str = ""

    def check(self, value: Value) -> Value:
        """The value in the field's own type. Raises ClinicalError naming the field and the remedy."""
        if isinstance(value, Absent):
            return value
        if self.kind is FieldKind.NUMBER:
            return self._check_number(value)
        if self.kind is FieldKind.BOOLEAN:
            return self._check_boolean(value)
        return self._check_choice(value)

    def _check_number(self, value: Value) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ClinicalError(f"{self.label}: {value!r} is not a number", hint=self._range(), field=self.id)
        low = self.minimum if self.minimum is not None else float("-inf")
        high = self.maximum if self.maximum is not None else float("inf")
        if not low <= value <= high:
            raise ClinicalError(f"{self.label}: {value:g} is out of range", hint=self._range(), field=self.id)
        return float(value)

    def _check_boolean(self, value: Value) -> bool:
        if not isinstance(value, bool):
            raise ClinicalError(
                f"{self.label}: {value!r} is neither yes nor no", hint="Choose yes or no.", field=self.id
            )
        return value

    def _check_choice(self, value: Value) -> str:
        if value not in self.choices:
            hint = "Choose one of: " + ", ".join(self.choices) + "."
            raise ClinicalError(f"{self.label}: {value!r} is not a choice", hint=hint, field=self.id)
        return str(value)

    def _range(self) -> str:
        low = "any" if self.minimum is None else f"{self.minimum:g}"
        high = "any" if self.maximum is None else f"{self.maximum:g}"
        return f"Enter a number from {low} to {high} {self.unit}".rstrip() + "."


@dataclass(frozen=True, slots=True)
class ClinicalSchema:
    """The fields that form, table import and a model's input check all read."""

    id: str
    version: int
    fields: tuple[ClinicalField, ...]

    def field(self, field_id: str) -> ClinicalField:
        """The field of that id. Raises ClinicalError."""
        for candidate in self.fields:
            if candidate.id == field_id:
                return candidate
        raise ClinicalError(
            f"there is no clinical field {field_id!r}", hint="See `lnm doctor` for the schema in use."
        )


@dataclass(frozen=True, slots=True)
class ClinicalRecord:
    """One patient's values by field id; a field that is not there was not asked."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def get(self, field_id: str) -> Value:
        """The value, or why there is none."""
        return self.values.get(field_id, Absent.NOT_ASKED)

    def set(self, definition: ClinicalField, value: Value) -> ClinicalRecord:
        """A record with this checked value. Raises ClinicalError."""
        changed = {**self.values, definition.id: definition.check(value)}
        if changed[definition.id] is Absent.NOT_ASKED:
            del changed[definition.id]
        return replace(self, values=changed)

    def answered(self, schema: ClinicalSchema) -> int:
        """How many of the schema's fields hold a value (unknown counts as answered: it was asked)."""
        return sum(self.get(field.id) is not Absent.NOT_ASKED for field in schema.fields)
