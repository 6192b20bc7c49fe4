"""The append-only, hash-chained record of every change: undo history, crash recovery and audit trail in one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import apsw

from lnm_desktop.errors import StoreError
from lnm_desktop.store.schema import UNDOABLE, ObjectKind

Body = dict[str, Any]
State = dict[str, Any]
"""An object as a journal row holds it: {"place": its order, "body": its JSON form}."""
States = dict[str, State | None]
"""Objects by id; None where there is none."""

_COLUMNS = "seq, case_id, image_id, object, op, answers, words, before, after, user, utc, prev_hash, hash"


class Op(StrEnum):
    """What a row does. `add` needs the object to be new, `replace` and `remove` need it to be there."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"
    SET = "set"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True)
class Edit:
    """A change asked for: the new bodies (None removes) of the objects that it touches and of no others.

    `case_id` may be empty where `image_id` names an image of the workspace. `places` says where what is new belongs
    in the order; what has none goes last.
    """

    kind: ObjectKind
    op: Op
    words: str
    after: Mapping[str, Body | None]
    case_id: str = ""
    image_id: str | None = None
    places: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `before` and `after` are canonical JSON of `States`; `answers` names the row undone or redone."""

    seq: int
    case_id: str
    image_id: str | None
    object: str
    op: str
    answers: int | None
    words: str
    before: str
    after: str
    user: str
    utc: str
    prev_hash: str
    hash: str = ""

    @property
    def kind(self) -> ObjectKind:
        """What the row is about."""
        return ObjectKind(self.object)

    @property
    def is_edit(self) -> bool:
        """True for what undo takes back: not the adding of a case or an image, nor a model's run."""
        return self.kind in UNDOABLE or (self.kind is ObjectKind.CASE and self.op != Op.ADD)

    @property
    def owner(self) -> str:
        """What the touched objects belong to, see `Table`."""
        if self.kind is ObjectKind.CASE:
            return ""
        of_case = (ObjectKind.IMAGE, ObjectKind.CLINICAL, ObjectKind.READING)
        return self.case_id if self.kind in of_case else self.image_id or ""

    def states_before(self) -> States:
        """The touched objects as they were."""
        return json.loads(self.before)

    def states_after(self) -> States:
        """The touched objects as they are now."""
        return json.loads(self.after)

    def computed_hash(self) -> str:
        """SHA-256 over the canonical JSON array of every column but the hash itself."""
        return hashlib.sha256(canonical(astuple(self)[:-1]).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The last row, as the anchor beside the journal remembers it; seq 0 in an empty journal."""

    seq: int
    hash: str
    utc: str | None


def canonical(value: object) -> str:
    """ASCII JSON with sorted keys and no spaces. Raises StoreError for what JSON cannot hold."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(f"a value cannot be kept: {error}", hint="Numbers must be finite.") from error


def utc_now() -> str:
    """The time now, UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def head(connection: apsw.Connection) -> Head:
    """The anchor. Raises StoreError when it is gone."""
    row = connection.execute("SELECT head_seq, head_hash, head_utc FROM meta").fetchone()
    if row is None:
        raise StoreError("the journal's anchor is gone", hint="Restore a copy of the workspace folder.")
    return Head(*row)


def append(connection: apsw.Connection, entry: Entry) -> Entry:
    """Chain a row to the head and move the anchor; call it inside a transaction."""
    last = head(connection)
    chained = replace(entry, seq=last.seq + 1, prev_hash=last.hash)
    chained = replace(chained, hash=chained.computed_hash())
    connection.execute(f"INSERT INTO journal ({_COLUMNS}) VALUES ({','.join('?' * 13)})", astuple(chained))  # noqa: S608 - constants
    connection.execute(
        "UPDATE meta SET head_seq = ?, head_hash = ?, head_utc = ?", (chained.seq, chained.hash, chained.utc)
    )
    return chained


def entry(connection: apsw.Connection, seq: int) -> Entry:
    """One row. Raises StoreError."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM journal WHERE seq = ?", (seq,)).fetchone()  # noqa: S608 - constants
    if row is None:
        raise StoreError(f"journal row {seq} is gone", hint="Verify the workspace: `lnm audit verify`.")
    return Entry(*row)


def entries(connection: apsw.Connection) -> Iterator[Entry]:
    """Every row in order."""
    return (Entry(*row) for row in connection.execute(f"SELECT {_COLUMNS} FROM journal ORDER BY seq"))  # noqa: S608 - constants


def entries_of_case(connection: apsw.Connection, case_id: str) -> tuple[Entry, ...]:
    """A case's rows in order."""
    query = f"SELECT {_COLUMNS} FROM journal WHERE case_id = ? ORDER BY seq"  # noqa: S608 - constants
    return tuple(Entry(*row) for row in connection.execute(query, (case_id,)))
