"""One SQLite file per workspace: every read and write passes through one connection on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

import apsw

from lnm_desktop.errors import JournalDamaged, StoreError
from lnm_desktop.formats.files import sync_folder
from lnm_desktop.store import changes, coverage, drafts, journal, projection
from lnm_desktop.store.audit import audit
from lnm_desktop.store.connection import (
    leaves_unknown_state,
    open_readable,
    open_writable,
    sqlite_version,
    store_errors,
    transaction,
)
from lnm_desktop.store.journal import Edit, Entry, Head, State
from lnm_desktop.store.lock import WorkspaceLock
from lnm_desktop.store.migrations import migrate, of_this_version
from lnm_desktop.store.records import AuditReport, Draft, KeptCoverage
from lnm_desktop.store.schema import GENESIS, ObjectKind, check_schema, create_schema

__all__ = ["Workspace", "sqlite_version"]
FILE_NAME = "workspace.db"
T = TypeVar("T")


class Workspace:
    """An open workspace; its methods may be called from any thread, wait their turn, and raise StoreError."""

    def __init__(self, folder: Path, *, read_only: bool) -> None:
        self.folder = folder
        self.read_only = read_only
        self._file = folder / FILE_NAME
        self._name = f"{folder.name}/{FILE_NAME}"
        self._distrusted = False
        self._lock = None if read_only else WorkspaceLock(folder)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="workspace")
        self._connection: apsw.Connection | None = None

    @classmethod
    def open(cls, folder: Path, *, create: bool = True, read_only: bool = False) -> Self:
        """Open a folder's workspace, making it where there is none and `create` is set.

        Raises StoreError: absent, in use, damaged, of a newer version; EnvironmentFault for an old SQLite.
        """
        sqlite_version()
        _prepare_folder(folder, create and not read_only)
        workspace = cls(folder, read_only=read_only)
        try:
            workspace._executor.submit(workspace._connect, create).result()
        except BaseException:
            workspace.close()
            raise
        return workspace

    def close(self) -> None:
        """Close the file and let others in; calling it twice is allowed."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._executor.submit(connection.close).result()
        self._executor.shutdown()
        if self._lock is not None:
            self._lock.release()

    def append(self, edit: Edit, user: str) -> Entry | None:
        """Commit an edit as one journal row; None when it changes nothing."""
        return self._write(lambda connection: changes.commit_edit(connection, edit, user))

    def append_all(self, edits: Iterable[Edit], user: str) -> list[Entry]:
        """Commit edits in one transaction, all or none; gives the rows of those that change something."""

        def commit(connection: apsw.Connection) -> list[Entry]:
            rows = [changes.commit_edit(connection, edit, user) for edit in edits]
            return [row for row in rows if row is not None]

        return self._write(commit)

    def undo(self, case_id: str, user: str) -> Entry | None:
        """Commit the row that takes back the last standing edit of a case; None when there is none."""
        return self._write(lambda connection: changes.commit_undo(connection, case_id, user))

    def redo(self, case_id: str, user: str) -> Entry | None:
        """Commit the row that repeats the edit undone last; None when there is none."""
        return self._write(lambda connection: changes.commit_redo(connection, case_id, user))

    def next_undo(self, case_id: str) -> Entry | None:
        """The edit that `undo` would take back."""
        return self._read(lambda connection: _entry(connection, projection.next_undo(connection, case_id)))

    def next_redo(self, case_id: str) -> Entry | None:
        """The edit that `redo` would repeat."""
        return self._read(lambda connection: _entry(connection, projection.next_redo(connection, case_id)))

    def entries(self, case_id: str) -> tuple[Entry, ...]:
        """A case's journal rows, oldest first."""
        return self._read(lambda connection: journal.entries_of_case(connection, case_id))

    def head(self) -> Head:
        """The last journal row's seq, hash and time."""
        return self._read(journal.head)

    def states(self, kind: ObjectKind, owner: str) -> dict[str, State]:
        """The objects of an owner by id, in order."""
        return self._read(lambda connection: projection.states(connection, kind, owner))

    def find(self, kind: ObjectKind, object_id: str) -> tuple[str, State] | None:
        """Owner and state of a case, image or prediction."""
        return self._read(lambda connection: projection.find(connection, kind, object_id))

    def save_draft(self, image_id: str, draft: Draft) -> None:
        """Keep a shape in the making."""
        self._write(lambda connection: drafts.save(connection, image_id, draft))

    def draft(self, image_id: str) -> Draft | None:
        """The shape in the making on an image."""
        return self._read(lambda connection: drafts.load(connection, image_id))

    def clear_draft(self, image_id: str) -> None:
        """Forget the shape in the making on an image."""
        self._write(lambda connection: drafts.clear(connection, image_id))

    def save_coverage(self, image_id: str, kept: KeptCoverage) -> None:
        """Keep how much of an image somebody has looked at."""
        self._write(lambda connection: coverage.save(connection, image_id, kept))

    def coverage(self, image_id: str, reader: str) -> KeptCoverage | None:
        """How much of an image somebody has looked at; None where nothing is known."""
        return self._read(lambda connection: coverage.load(connection, image_id, reader))

    def rebuild(self) -> None:
        """Make the tables again from the journal."""
        self._write(projection.rebuild)

    def verify(self) -> AuditReport:
        """Audit through a connection of its own, on the calling thread, so that edits do not wait."""
        with store_errors(self._name):
            connection = of_this_version(open_readable(self._file))
            try:
                return audit(connection)
            finally:
                connection.close()

    def _connect(self, create: bool) -> None:
        with store_errors(self._name):
            if create and not self.read_only and not self._file.exists():
                _create(self._file)
            if not self._file.exists():
                raise StoreError(f"there is no workspace in {self.folder.name}", hint="Choose another folder.")
            # A look without the right to write comes first: what is refused stays as it is.
            self._connection = open_readable(self._file)
            check_schema(self._connection, self._name)
            if self.read_only:
                self._connection = of_this_version(self._connection)
                return
            self._connection.close()
            self._connection = open_writable(self._file)
            _check_head(self._connection, self._name)
            migrate(self._connection, self._file)

    def _read(self, work: Callable[[apsw.Connection], T]) -> T:
        return self._run(work)

    def _write(self, work: Callable[[apsw.Connection], T]) -> T:
        if self.read_only:
            raise StoreError(f"{self.folder.name} is open read-only", hint="Close it and open it for writing.")

        def committed(connection: apsw.Connection) -> T:
            with transaction(connection):
                return work(connection)

        return self._run(committed)

    def _run(self, work: Callable[[apsw.Connection], T]) -> T:
        try:
            return self._executor.submit(self._guarded, work).result()
        except RuntimeError as error:
            if self._connection is not None:
                raise
            raise StoreError(f"{self.folder.name} is closed", hint="Open the workspace again.") from error

    def _guarded(self, work: Callable[[apsw.Connection], T]) -> T:
        if self._connection is None or self._distrusted:
            reason = "could not confirm its last change" if self._distrusted else "is closed"
            raise StoreError(f"{self.folder.name} {reason}", hint="Close the workspace and open it again.")
        with store_errors(self._name):
            try:
                return work(self._connection)
            except apsw.Error as error:
                self._distrusted = leaves_unknown_state(error)
                raise


def _prepare_folder(folder: Path, create: bool) -> None:
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Choose another folder or check its permissions."
        raise StoreError(f"{folder.name} cannot be made: {error.strerror}", hint=hint) from error
    if not folder.is_dir():
        raise StoreError(f"there is no folder {folder.name}", hint="Check the path of the workspace.")


def _create(file: Path) -> None:
    """Make a workspace in one step, so that a file that is there is always whole; an empty one is damage."""
    if file.with_name(file.name + "-wal").exists():
        hint = "Restore a copy of the workspace folder; nothing was changed."
        raise StoreError(f"{file.name} is gone, but its log is there", hint=hint)
    draft = file.with_suffix(".new")
    draft.write_bytes(b"")
    connection = open_writable(draft)
    with transaction(connection):
        create_schema(connection)
    connection.close()
    draft.replace(file)
    sync_folder(file.parent)


def _check_head(connection: apsw.Connection, name: str) -> None:
    """Never go on from a journal whose end is not the one that was recorded."""
    anchor = journal.head(connection)
    last = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    if (anchor.seq, anchor.hash) != (last or (0, GENESIS)):
        raise JournalDamaged(
            f"the journal of {name} does not end where it should (row {anchor.seq})",
            hint="Open it read-only and verify it, or restore a copy of the workspace folder.",
        )


def _entry(connection: apsw.Connection, seq: int | None) -> Entry | None:
    return None if seq is None else journal.entry(connection, seq)
