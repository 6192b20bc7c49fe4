"""The one way to SQLite: opened with the settings that lose nothing, its errors turned into words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from lnm_desktop.errors import EnvironmentFault, StoreError
from lnm_desktop.store.folder_kind import danger_of

# Older ones can corrupt a database when a write-ahead log is reset (https://sqlite.org/wal.html, "WAL-reset bug").
MINIMUM_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 5000
# Two bytes of the header say "write-ahead log", or these: "rollback journal" (sqlite.org/fileformat.html).
WRITE_AHEAD_AT, ROLLBACK = 18, b"\x01\x01"
# After a failed fsync nobody knows what reached the disk, not even a retry that succeeds.
_UNKNOWN_STATE = (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC)
_REASONS: tuple[tuple[type[apsw.Error], str, str], ...] = (
    (apsw.FullError, "the disk is full", "Free some space and do it again; nothing was saved."),
    (apsw.BusyError, "another program keeps it locked", "Close that program and do it again; nothing was saved."),
    (apsw.NotADBError, "it is not a database", "It was left as it is. Restore a copy of the workspace folder."),
    (apsw.CorruptError, "it is damaged", "It was left as it is. Restore a copy of the workspace folder."),
    (apsw.ReadOnlyError, "it cannot be written", "Check the permissions of the folder, or open it read-only."),
    (apsw.CantOpenError, "it cannot be opened", "Check the permissions of the folder and its disk."),
    (apsw.IOError, "the disk reports an error", "Check the disk and its free space; nothing was saved."),
    (apsw.ConstraintError, "the change contradicts what is there", "Read the case again and repeat the change."),
)


def sqlite_version() -> str:
    """The version of SQLite in use. Raises EnvironmentFault for one that can corrupt a workspace."""
    version = apsw.sqlite_lib_version()
    if tuple(map(int, version.split(".")[:3])) < MINIMUM_SQLITE:
        needed = ".".join(map(str, MINIMUM_SQLITE))
        raise EnvironmentFault(
            f"SQLite {version} is too old for a workspace", hint=f"Install apsw {needed} or newer."
        )
    return version


def open_writable(file: Path) -> apsw.Connection:
    """A connection that may write to a file that is there. It belongs to the thread that opens it.

    On a network drive, and where a cloud copies the folder, one file holds everything between two commits: a
    write-ahead log needs memory that both sides share, and is copied apart from its file.
    """
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    is_in_danger = bool(danger_of(file.parent))
    connection.execute(f"PRAGMA journal_mode = {'DELETE' if is_in_danger else 'WAL'}")
    connection.execute(f"PRAGMA synchronous = {'EXTRA' if is_in_danger else 'FULL'}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA mmap_size = 0")
    return connection


def open_readable(file: Path) -> apsw.Connection:
    """A connection that cannot write; it sees what a writer in another process commits.

    In a folder where not even a reader may place its files (a read-only medium) it reads a copy in memory.
    """
    try:
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except (apsw.ReadOnlyError, apsw.CantOpenError):
        connection = _copy_in_memory(file)
        if connection is None:
            raise
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA mmap_size = 0")
    return connection


def _copy_in_memory(file: Path) -> apsw.Connection | None:
    """The file as it lies there; None when it cannot be read or a log beside it may hold newer rows."""
    log = file.with_name(file.name + "-wal")
    try:
        before = log.exists()
        data = bytearray(file.read_bytes())
        if before or log.exists():
            return None
    except OSError:
        return None
    data[WRITE_AHEAD_AT : WRITE_AHEAD_AT + len(ROLLBACK)] = ROLLBACK  # a database in memory has no log
    connection = apsw.Connection(":memory:")
    connection.deserialize("main", bytes(data))
    return connection


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """All or nothing; durable on return."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def store_errors(name: str) -> Iterator[None]:
    """Turn SQLite's errors into StoreError naming the file."""
    try:
        yield
    except apsw.Error as error:
        raise _in_words(error, name) from error


def leaves_unknown_state(error: apsw.Error) -> bool:
    """True after a failed fsync: the connection must not be trusted with another commit."""
    return getattr(error, "extendedresult", 0) in _UNKNOWN_STATE


def _in_words(error: apsw.Error, name: str) -> StoreError:
    code = type(error).__name__
    for kind, reason, hint in _REASONS:
        if isinstance(error, kind):
            return StoreError(f"{name}: {reason}", hint=hint, code=code)
    return StoreError(f"{name}: {error}", hint="Close the workspace and open it again.", code=code)
