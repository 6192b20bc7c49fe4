"""The tables as the journal implies them: read, changed by one row at a time, rebuilt from all rows."""

from __future__ import annotations

import json
from collections.abc import Iterable

import apsw

from lnm_desktop.store.journal import Entry, Op, State, States, canonical, entries
from lnm_desktop.store.schema import TABLES, ObjectKind


def state(connection: apsw.Connection, kind: ObjectKind, owner: str, object_id: str) -> State | None:
    """One object, None where there is none."""
    query = f"SELECT place, body FROM {TABLES[kind].name} WHERE owner = ? AND id = ?"  # noqa: S608 - names from TABLES
    row = connection.execute(query, (owner, object_id)).fetchone()
    return None if row is None else _state(*row)


def states(connection: apsw.Connection, kind: ObjectKind, owner: str) -> dict[str, State]:
    """Every object of an owner in order."""
    query = f"SELECT id, place, body FROM {TABLES[kind].name} WHERE owner = ? ORDER BY place, id"  # noqa: S608 - names from TABLES
    return {row[0]: _state(*row[1:]) for row in connection.execute(query, (owner,))}


def find(connection: apsw.Connection, kind: ObjectKind, object_id: str) -> tuple[str, State] | None:
    """The owner and the state of an object whose id is unique in its table."""
    query = f"SELECT owner, place, body FROM {TABLES[kind].name} WHERE id = ?"  # noqa: S608 - names from TABLES
    row = connection.execute(query, (object_id,)).fetchone()
    return None if row is None else (row[0], _state(*row[1:]))


def next_place(connection: apsw.Connection, kind: ObjectKind, owner: str) -> int:
    """The place after the last object of an owner."""
    query = f"SELECT max(place) FROM {TABLES[kind].name} WHERE owner = ?"  # noqa: S608 - names from TABLES
    return (connection.execute(query, (owner,)).get or 0) + 1


def apply(connection: apsw.Connection, entry: Entry) -> None:
    """Bring the tables to what a row says; call it inside the row's transaction."""
    _write(connection, entry.kind, entry.owner, entry.states_after())
    if not entry.is_edit:
        return
    if entry.answers is None:
        connection.execute("INSERT INTO edits VALUES (?, ?, 0)", (entry.seq, entry.case_id))
        return
    undone_by = entry.seq if entry.op == Op.UNDO else 0
    connection.execute("UPDATE edits SET undone_by = ? WHERE seq = ?", (undone_by, entry.answers))


def next_undo(connection: apsw.Connection, case_id: str) -> int | None:
    """The last edit of a case that stands."""
    query = "SELECT max(seq) FROM edits WHERE case_id = ? AND undone_by = 0"
    return connection.execute(query, (case_id,)).get


def next_redo(connection: apsw.Connection, case_id: str) -> int | None:
    """The edit undone last, unless a new edit was made since."""
    query = """SELECT seq FROM edits WHERE case_id = :case
               AND undone_by > (SELECT max(seq) FROM edits WHERE case_id = :case)
               ORDER BY undone_by DESC LIMIT 1"""
    return connection.execute(query, {"case": case_id}).get


def replay(connection: apsw.Connection, rows: Iterable[Entry]) -> None:
    """Apply rows in order to empty tables."""
    for row in rows:
        apply(connection, row)


def rebuild(connection: apsw.Connection) -> None:
    """Empty the tables and make them again from the journal; call it inside a transaction."""
    for name in reversed(projected_tables()):
        connection.execute(f"DELETE FROM {name}")  # noqa: S608 - names from TABLES
    replay(connection, entries(connection))


def projected_tables() -> tuple[str, ...]:
    """The names of all tables that follow from the journal, owners first."""
    return (*(table.name for table in TABLES.values()), "edits")


def _write(connection: apsw.Connection, kind: ObjectKind, owner: str, after: States) -> None:
    name = TABLES[kind].name
    remove = f"DELETE FROM {name} WHERE owner = ? AND id = ?"  # noqa: S608 - names from TABLES
    put = f"""INSERT INTO {name} (owner, id, place, body) VALUES (?, ?, ?, ?)
              ON CONFLICT (owner, id) DO UPDATE SET place = excluded.place, body = excluded.body"""  # noqa: S608 - names from TABLES
    connection.executemany(remove, [(owner, key) for key, value in after.items() if value is None])
    kept = [(owner, key, value["place"], canonical(value["body"])) for key, value in after.items() if value]
    connection.executemany(put, kept)


def _state(place: int, body: str) -> State:
    return {"place": place, "body": json.loads(body)}
