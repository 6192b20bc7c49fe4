"""What was done in a case, in words, oldest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lnm_desktop.store.journal import Entry


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
