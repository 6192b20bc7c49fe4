"""The tables of a workspace file, and whether a file is one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import apsw

from lnm_desktop.errors import StoreError

APPLICATION_ID = 0x4C4E4D44  # "LNMD"
SCHEMA_VERSION = 3
GENESIS = "0" * 64


class ObjectKind(StrEnum):
    """What a journal row is about; each kind has a table of its own."""

    CASE = "case"
    IMAGE = "image"
    USER_MPP = "user mpp"
    ANNOTATION = "annotation"
    GROUPS = "groups"
    CLINICAL = "clinical"
    PREDICTION = "prediction"
    BOOKMARK = "bookmark"
    READING = "reading"


UNDOABLE = frozenset(
    {ObjectKind.ANNOTATION, ObjectKind.GROUPS, ObjectKind.CLINICAL, ObjectKind.USER_MPP, ObjectKind.BOOKMARK}
)


@dataclass(frozen=True, slots=True)
class Table:
    """A projection: `owner` is the case or image that an object belongs to ("" for a case), `place` its order."""

    name: str
    owner_table: str = ""
    unique_id: bool = False

    @property
    def ddl(self) -> str:
        """The table's definition."""
        unique = " UNIQUE" if self.unique_id else ""
        owner = f" REFERENCES {self.owner_table}(id)" if self.owner_table else ""
        return (
            f"CREATE TABLE {self.name} (owner TEXT NOT NULL{owner}, id TEXT NOT NULL{unique},"
            " place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT;"
            f"CREATE INDEX {self.name}_in_order ON {self.name} (owner, place);"
        )


# Owners come before what they own.
TABLES = {
    ObjectKind.CASE: Table("cases", unique_id=True),
    ObjectKind.IMAGE: Table("images", "cases", unique_id=True),
    ObjectKind.USER_MPP: Table("pixel_sizes", "images"),
    ObjectKind.ANNOTATION: Table("annotations", "images"),
    ObjectKind.GROUPS: Table("annotation_groups", "images"),
    ObjectKind.CLINICAL: Table("clinical_values", "cases"),
    ObjectKind.PREDICTION: Table("predictions", "images", unique_id=True),
    ObjectKind.BOOKMARK: Table("bookmarks", "images"),
    ObjectKind.READING: Table("readings", "cases"),
}

_JOURNAL = """
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, case_id TEXT NOT NULL, image_id TEXT, object TEXT NOT NULL, op TEXT NOT NULL,
  answers INTEGER, words TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
  user TEXT NOT NULL, utc TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX journal_by_case ON journal (case_id, seq);
CREATE TRIGGER journal_keeps_rows BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_keeps_values BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_keeps_places BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""
# `edits` says of each undoable row which later row undid it (0: none does).
_REST = """
CREATE TABLE edits (seq INTEGER PRIMARY KEY, case_id TEXT NOT NULL, undone_by INTEGER NOT NULL) STRICT;
CREATE INDEX edits_by_case ON edits (case_id, undone_by, seq);
CREATE INDEX edits_in_order ON edits (case_id, seq);
CREATE TABLE drafts (image_id TEXT PRIMARY KEY, body TEXT NOT NULL, utc TEXT NOT NULL) STRICT;
CREATE TABLE coverage (
  image_id TEXT NOT NULL, reader TEXT NOT NULL, body TEXT NOT NULL, cells BLOB NOT NULL, utc TEXT NOT NULL,
  PRIMARY KEY (image_id, reader)
) STRICT;
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1), head_seq INTEGER NOT NULL, head_hash TEXT NOT NULL, head_utc TEXT
) STRICT;
"""


def create_schema(connection: apsw.Connection) -> None:
    """Make every table; call it inside a transaction."""
    connection.execute(_JOURNAL + "".join(table.ddl for table in TABLES.values()) + _REST)
    connection.execute("INSERT INTO meta VALUES (1, 0, ?, NULL)", (GENESIS,))
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", SCHEMA_VERSION)


def schema_version(connection: apsw.Connection) -> int:
    """The version in which a workspace was written last."""
    return int(connection.pragma("user_version"))


def check_schema(connection: apsw.Connection, name: str) -> None:
    """Raises StoreError for a file that is no workspace or comes from a newer application."""
    if connection.pragma("application_id") != APPLICATION_ID:
        raise StoreError(f"{name} is not a workspace of LNM Desktop", hint="Choose another folder.")
    version = schema_version(connection)
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{name} has workspace version {version}; this LNM Desktop reads up to version {SCHEMA_VERSION}",
            hint="Open it with a newer LNM Desktop.",
            found=version,
            known=SCHEMA_VERSION,
        )
