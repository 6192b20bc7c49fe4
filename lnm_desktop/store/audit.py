"""Is the journal whole, and do the tables say what it says?"""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import apsw

from lnm_desktop.errors import StoreError
from lnm_desktop.store.journal import Entry, Head, entries, head
from lnm_desktop.store.projection import projected_tables, replay
from lnm_desktop.store.records import AuditReport
from lnm_desktop.store.schema import GENESIS, create_schema

BACKWARDS = timedelta(minutes=1)
"""What a clock that is kept right may be set back by."""
FORWARDS = timedelta(days=2 * 365)
"""A workspace may lie untouched for so long."""


@dataclass
class _Walk:
    """How far the walk has come and what it has found."""

    anchor: Head = field(default_factory=lambda: Head(0, GENESIS, None))
    rows: int = 0
    last_hash: str = GENESIS
    last_utc: str | None = None
    bad_seq: int | None = None
    problem: str = ""
    time: datetime | None = None
    jumps: list[int] = field(default_factory=list)

    def report(self) -> AuditReport:
        found = (self.bad_seq, self.problem, tuple(self.jumps))
        return AuditReport(not self.problem, self.rows, self.anchor.seq, self.anchor.hash, *found)

    def fail(self, problem: str, seq: int | None = None) -> None:
        if not self.problem:
            self.problem, self.bad_seq = problem, seq


def audit(connection: apsw.Connection) -> AuditReport:
    """Walk the chain, recompute every hash, compare anchor, schema, pages and tables; the first fault is told.

    Whoever recomputes the whole chain and its anchor is not found out: keep the head's hash elsewhere.
    """
    walk = _Walk()
    connection.execute("BEGIN")
    try:
        _examine(connection, walk)
    except apsw.Error as error:
        walk.fail(f"the database file is damaged: {error}", walk.rows + 1)
    except (StoreError, UnicodeDecodeError) as error:
        walk.fail(str(error), walk.rows + 1)
    finally:
        connection.execute("ROLLBACK")
    return walk.report()


def _examine(connection: apsw.Connection, walk: _Walk) -> None:
    walk.anchor = head(connection)
    for entry in entries(connection):
        _check_row(entry, walk)
        if walk.problem:
            return
    _check_anchor(walk)
    _check_pages(connection, walk)
    with closing(apsw.Connection(":memory:")) as fresh:
        create_schema(fresh)
        _check_schema(connection, fresh, walk)
        if not walk.problem:
            _check_tables(connection, fresh, walk)


def _check_row(entry: Entry, walk: _Walk) -> None:
    expected = walk.rows + 1
    if entry.seq != expected:
        walk.fail(f"journal row {expected} is missing", expected)
    elif entry.hash != entry.computed_hash():
        walk.fail(f"journal row {entry.seq} was altered", entry.seq)
    elif entry.prev_hash != walk.last_hash:
        walk.fail(f"journal row {entry.seq} does not follow from the row before it", entry.seq)
    else:
        walk.rows, walk.last_hash, walk.last_utc = entry.seq, entry.hash, entry.utc
        _note_time(entry, walk)


def _note_time(entry: Entry, walk: _Walk) -> None:
    """A jump of the clock is no fault of the journal, whose order is that of its rows."""
    try:
        time = datetime.fromisoformat(entry.utc)
    except ValueError:
        return
    if walk.time is not None and not (-BACKWARDS <= time - walk.time <= FORWARDS):
        walk.jumps.append(entry.seq)
    walk.time = time


def _check_anchor(walk: _Walk) -> None:
    if walk.anchor.seq > walk.rows:
        walk.fail(f"the journal ends before row {walk.rows + 1} of {walk.anchor.seq}", walk.rows + 1)
    elif (walk.anchor.seq, walk.anchor.hash, walk.anchor.utc) != (walk.rows, walk.last_hash, walk.last_utc):
        walk.fail(f"the anchor does not name the last journal row {walk.rows}", walk.rows)


def _check_schema(connection: apsw.Connection, fresh: apsw.Connection, walk: _Walk) -> None:
    """Every table, index and trigger as this version makes it: without its triggers the journal is not protected."""
    query = "SELECT name, sql FROM sqlite_schema"
    found, expected = set(connection.execute(query)), set(fresh.execute(query))
    if differing := sorted({str(row[0]) for row in found ^ expected}):
        walk.fail("the database was rebuilt by hand: " + ", ".join(differing))


def _check_pages(connection: apsw.Connection, walk: _Walk) -> None:
    """Indexes are no part of the chain, yet a wrong one gives wrong answers."""
    first = connection.execute("PRAGMA integrity_check(1)").get
    if first != "ok":
        walk.fail(f"the database file is damaged: {first}")


def _check_tables(connection: apsw.Connection, fresh: apsw.Connection, walk: _Walk) -> None:
    """Rebuild all tables in memory and compare row by row."""
    with fresh:
        replay(fresh, entries(connection))
    for name in projected_tables():
        query = f"SELECT * FROM {name} ORDER BY 1, 2"  # noqa: S608 - names from TABLES
        pairs = itertools.zip_longest(connection.execute(query), fresh.execute(query))
        if any(ours != theirs for ours, theirs in pairs):
            walk.fail(f"the table {name} does not say what the journal says")
