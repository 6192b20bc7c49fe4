"""Copies of a workspace's file, each checked before it counts, and the way back to one of them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw

from lnm_desktop.errors import JournalDamaged, LnmError, StoreError
from lnm_desktop.formats.files import DRAFT_PREFIX, DRAFT_SUFFIX, sync_folder
from lnm_desktop.store.audit import audit
from lnm_desktop.store.connection import ROLLBACK, WRITE_AHEAD_AT, open_readable, store_errors
from lnm_desktop.store.journal import head
from lnm_desktop.store.lock import WorkspaceLock
from lnm_desktop.store.migrations import copy_database, of_this_version
from lnm_desktop.store.schema import check_schema

FOLDER = "backups"
KEPT_LAST, KEPT_DAYS, KEPT_WEEKS = 10, 7, 8
_STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy. `rows` counts its journal rows; `problem` says why it is of no use, empty where it is sound."""

    file: Path
    utc: datetime
    rows: int = 0
    cases: int = 0
    annotations: int = 0
    problem: str = ""

    @property
    def is_sound(self) -> bool:
        """True where it may take the workspace's place."""
        return not self.problem


def make_backup(database: Path) -> Backup:
    """Copy a workspace's file beside it as it is at this moment, whoever writes meanwhile, and verify the copy.

    Raises StoreError where it cannot be read or written, JournalDamaged where what was copied is not sound; then no
    backup is made, and the earlier ones stay.
    """
    folder = database.parent / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        with _draft_in(folder) as draft:
            made = copy_verified(database, draft)
            file = draft.replace(folder / f"{database.stem}-{made.utc.strftime(_STAMP)}{database.suffix}")
        sync_folder(folder)
    except OSError as error:
        raise StoreError(
            f"no backup of {database.name} can be made: {error.strerror}", hint="Make room on its disk."
        ) from error
    _remove_superfluous(folder, database)
    return Backup(file, made.utc, made.rows, made.cases, made.annotations)


def copy_verified(database: Path, target: Path) -> Backup:
    """Copy a workspace's file as it is at this moment to another place and verify the copy.

    Raises StoreError, JournalDamaged; what there is of the target by then is the caller's to remove.
    """
    _copy(database, target)
    made = _examine(target, datetime.now(UTC))
    if not made.is_sound:
        raise JournalDamaged(f"{database.name} is damaged: {made.problem}", hint="Restore an earlier backup.")
    return made


def newest_rows(database: Path) -> int | None:
    """How many journal rows the newest backup has, as its anchor says; None without any that can be read."""
    files = backup_files(database)
    try:
        with closing(open_readable(files[0])) as connection:
            return head(connection).seq
    except (IndexError, apsw.Error, StoreError):
        return None


def backups(database: Path) -> tuple[Backup, ...]:
    """Every backup of a workspace's file, newest first, each examined; an unsound one says why."""
    return tuple(_examine(file, _time_of(file, database)) for file in backup_files(database))


def backup_files(database: Path) -> list[Path]:
    """The files of the backups, newest first."""
    pattern = f"{database.stem}-*{database.suffix}"
    named = [file for file in (database.parent / FOLDER).glob(pattern) if _stamp(file, database)]
    return sorted(named, key=lambda file: file.name, reverse=True)


def restore(database: Path, backup: Path) -> Path:
    """Put a sound backup in the workspace's place; gives the folder to which what was there has gone.

    Whatever is there is copied aside before it is touched, so that killed at any point nothing is lost, and
    restoring again ends what was begun. Raises StoreError, JournalDamaged.
    """
    found = _examine(backup, datetime.now(UTC))
    if not found.is_sound:
        raise JournalDamaged(f"{backup.name} is damaged: {found.problem}", hint="Choose another backup.")
    lock = WorkspaceLock(database.parent)
    try:
        return _put_in_place(database, backup)
    except OSError as error:
        hint = "Check the folder's permissions and free space, then restore again."
        raise StoreError(f"{database.name} cannot be restored: {error.strerror}", hint=hint) from error
    finally:
        lock.release()


def superfluous(times: Sequence[datetime]) -> set[datetime]:
    """Which backups go: kept are the last ten, the newest of each of seven days, and of each of eight weeks."""
    newest_first = sorted(times, reverse=True)
    days = _first_of_each(newest_first, "%Y-%j")[:KEPT_DAYS]
    weeks = _first_of_each(newest_first, "%G-%V")[:KEPT_WEEKS]
    return set(newest_first) - {*newest_first[:KEPT_LAST], *days, *weeks}


@contextmanager
def _draft_in(folder: Path) -> Iterator[Path]:
    """An empty file of this process's own that is gone at the end, unless it was given its name by then."""
    descriptor, name = tempfile.mkstemp(prefix=DRAFT_PREFIX, suffix=DRAFT_SUFFIX, dir=folder)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _put_in_place(database: Path, backup: Path) -> Path:
    draft = database.with_suffix(".restored")
    draft.unlink(missing_ok=True)
    _copy(backup, draft)
    aside = _copied_aside(database)
    for leftover in _logs(database):
        leftover.unlink(missing_ok=True)  # a log that is not this file's own would be read into it
    sync_folder(database.parent)
    draft.replace(database)
    sync_folder(database.parent)
    return aside


def _copied_aside(database: Path) -> Path:
    aside = database.parent / f"replaced-{datetime.now(UTC).strftime(_STAMP)}"
    aside.mkdir()
    for file in (database, *_logs(database)):
        if file.exists():
            shutil.copy2(file, aside / file.name)
    sync_folder(aside)
    return aside


def _logs(database: Path) -> tuple[Path, Path]:
    return database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")


def _copy(source: Path, target: Path) -> None:
    with (
        store_errors(source.name),
        closing(open_readable(source)) as opened,
        closing(apsw.Connection(str(target))) as copy,
    ):
        copy.execute("PRAGMA synchronous = FULL")
        copy.execute("PRAGMA journal_mode = OFF")  # half a copy counts for nothing
        copy_database(opened, copy)
    _without_log(target)


def _without_log(copy: Path) -> None:
    """Make a copy one file: who only reads it, and is killed, leaves no log beside it."""
    with copy.open("r+b") as file:
        file.seek(WRITE_AHEAD_AT)
        file.write(ROLLBACK)
        file.flush()
        os.fsync(file.fileno())


def _examine(file: Path, utc: datetime) -> Backup:
    try:
        with store_errors(file.name):
            return _counted(file, utc)
    except LnmError as error:
        return Backup(file, utc, problem=error.message)


def _counted(file: Path, utc: datetime) -> Backup:
    with closing(open_readable(file)) as opened:
        check_schema(opened, file.name)
        with closing(of_this_version(opened)) as connection:
            report = audit(connection)
            if not report.ok:
                return Backup(file, utc, report.rows, problem=report.problem)
            cases, annotations = (_count(connection, table) for table in ("cases", "annotations"))
            return Backup(file, utc, head(connection).seq, cases, annotations)


def _count(connection: apsw.Connection, table: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {table}").get  # noqa: S608 - names from _counted


def _remove_superfluous(folder: Path, database: Path) -> None:
    files = {_time_of(file, database): file for file in backup_files(database)}
    for time in superfluous(tuple(files)):
        files[time].unlink(missing_ok=True)
    sync_folder(folder)


def _first_of_each(newest_first: Iterable[datetime], span: str) -> list[datetime]:
    found: dict[str, datetime] = {}
    for time in newest_first:
        found.setdefault(time.strftime(span), time)
    return list(found.values())


def _time_of(file: Path, database: Path) -> datetime:
    found = _stamp(file, database)
    assert found is not None
    return found


def _stamp(file: Path, database: Path) -> datetime | None:
    try:
        return datetime.strptime(file.stem.removeprefix(f"{database.stem}-"), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
