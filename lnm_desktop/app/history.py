"""What was done in a case, in words, oldest first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row of the journal as a person reads it."""

    seq: int
    utc: str
    user: str
    words: str
