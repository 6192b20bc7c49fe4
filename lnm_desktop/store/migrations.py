"""A workspace of an earlier version becomes one of this version: copied first, then changed in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw

from lnm_desktop.errors import StoreError
from lnm_desktop.formats.files import sync_folder
from lnm_desktop.store.connection import transaction
from lnm_desktop.store.schema import SCHEMA_VERSION, schema_version

# What stands here is never changed again: it says what versions were, whatever tables look like today.
_BOOKMARKS_AND_COVERAGE = """
CREATE TABLE bookmarks (owner TEXT NOT NULL REFERENCES images(id), id TEXT NOT NULL, place INTEGER NOT NULL, \
body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT;
CREATE INDEX bookmarks_in_order ON bookmarks (owner, place);
CREATE TABLE coverage (
  image_id TEXT NOT NULL, reader TEXT NOT NULL, body TEXT NOT NULL, cells BLOB NOT NULL, utc TEXT NOT NULL,
  PRIMARY KEY (image_id, reader)
) STRICT;
"""

_READINGS = """
CREATE TABLE readings (owner TEXT NOT NULL REFERENCES cases(id), id TEXT NOT NULL, place INTEGER NOT NULL, \
body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT;
CREATE INDEX readings_in_order ON readings (owner, place);
"""


def _to_2(connection: apsw.Connection) -> None:
    """Bookmarks, and how much of each image was looked at."""
    connection.execute(_BOOKMARKS_AND_COVERAGE)


def _to_3(connection: apsw.Connection) -> None:
    """Opinions of readers and what models showed to them."""
    connection.execute(_READINGS)


STEPS: dict[int, Callable[[apsw.Connection], None]] = {1: _to_2, 2: _to_3}
"""By the version that each step starts from."""


def migrate(connection: apsw.Connection, file: Path) -> None:
    """Bring a workspace that is open for writing to this version; a copy of it as it was stays beside it.

    Nothing happens to one that is of this version. Raises StoreError, apsw.Error; then the file is as it was.
    """
    if schema_version(connection) == SCHEMA_VERSION:
        return
    _keep_copy(connection, file)
    step_up(connection)


def step_up(connection: apsw.Connection) -> None:
    """Take every step there is, all or none. Raises StoreError for a version that no step starts from."""
    with transaction(connection):
        while (version := schema_version(connection)) < SCHEMA_VERSION:
            if version not in STEPS:
                raise StoreError(
                    f"workspace version {version} is unknown", hint="Restore a copy of the workspace folder."
                )
            STEPS[version](connection)
            connection.pragma("user_version", version + 1)


def of_this_version(connection: apsw.Connection) -> apsw.Connection:
    """A workspace that may only be read, as this version has it: itself, or a copy in memory; then it is closed."""
    if schema_version(connection) == SCHEMA_VERSION:
        return connection
    with closing(connection):
        copy = apsw.Connection(":memory:")
        copy_database(connection, copy)
    step_up(copy)
    copy.execute("PRAGMA query_only = ON")
    return copy


def _keep_copy(connection: apsw.Connection, file: Path) -> None:
    """The copy gets its name when it is whole, and never takes the place of an earlier one."""
    draft = file.with_suffix(".copy")
    try:
        draft.unlink(missing_ok=True)
        with closing(apsw.Connection(str(draft))) as copy:
            copy.execute("PRAGMA synchronous = FULL")
            copy_database(connection, copy)
        draft.replace(_free_name(file, schema_version(connection)))
        sync_folder(file.parent)
    except OSError as error:
        hint = "Make room in its folder, or check its permissions; the workspace was left as it is."
        raise StoreError(f"{file.name} cannot be copied: {error.strerror}", hint=hint) from error


def copy_database(source: apsw.Connection, target: apsw.Connection) -> None:
    """Copy page by page what the source holds at this moment."""
    with target.backup("main", source, "main") as backup:
        while not backup.done:
            backup.step()


def _free_name(file: Path, version: int) -> Path:
    """As in workspace-version-1.db."""
    stem = f"{file.stem}-version-{version}"
    names = (file.with_name(f"{stem}{f'-{number}' if number else ''}{file.suffix}") for number in range(10_000))
    return next(name for name in names if not name.exists())
