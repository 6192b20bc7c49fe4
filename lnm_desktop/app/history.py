"""What was done in a case, in words, oldest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lnm_desktop.domain.clinical import Absent, Value
from lnm_desktop.store.encoding import value_from
from lnm_desktop.store.journal import Entry, State
from lnm_desktop.store.schema import ObjectKind


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row of the journal as a person reads it."""

    seq: int
    utc: str
    user: str
    words: str


def as_history(rows: Iterable[Entry]) -> tuple[HistoryEntry, ...]:
    """Journal rows as a person reads them."""
    return tuple(HistoryEntry(row.seq, row.utc, row.user, row.words) for row in rows)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change of one clinical field, by the journal row that keeps it."""

    seq: int
    utc: str
    user: str
    field: str
    before: Value
    after: Value


def field_changes(rows: Iterable[Entry]) -> tuple[FieldChange, ...]:
    """Every change of every clinical field among a case's rows, undone ones and their undoing too."""
    return tuple(change for row in rows if row.kind is ObjectKind.CLINICAL for change in _changes(row))


def _changes(row: Entry) -> list[FieldChange]:
    before, after = row.states_before(), row.states_after()
    return [
        FieldChange(row.seq, row.utc, row.user, field, _value(before.get(field)), _value(after.get(field)))
        for field in after
    ]


def _value(state: State | None) -> Value:
    return Absent.NOT_ASKED if state is None else value_from(state["body"])
