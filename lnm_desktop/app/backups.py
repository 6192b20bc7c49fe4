"""Backups of a workspace folder: made, listed, restored."""

from __future__ import annotations

from pathlib import Path

from lnm_desktop.app.session import Session
from lnm_desktop.errors import StoreError
from lnm_desktop.store import backups as store
from lnm_desktop.store.backups import Backup
from lnm_desktop.store.workspace import FILE_NAME

__all__ = ["Backup", "back_up", "back_up_if_changed", "backups_of", "restore_backup"]


def back_up(folder: Path) -> Backup:
    """Make a backup now and verify it. Raises StoreError, JournalDamaged."""
    return store.make_backup(_database(folder))


def back_up_if_changed(session: Session) -> Backup | None:
    """Make one unless the newest has every journal row. Raises StoreError, JournalDamaged."""
    database, rows = _database(session.folder), session.row_count
    return None if rows == 0 or store.newest_rows(database) == rows else store.make_backup(database)


def backups_of(folder: Path) -> tuple[Backup, ...]:
    """Every backup, newest first, each examined; also where the workspace itself cannot be read any more."""
    return store.backups(folder / FILE_NAME)


def restore_backup(folder: Path, backup: Path) -> Path:
    """Put a backup in the workspace's place; gives the folder to which what was there has gone.

    Raises StoreError, JournalDamaged.
    """
    return store.restore(folder / FILE_NAME, backup)


def _database(folder: Path) -> Path:
    database = folder / FILE_NAME
    if not database.is_file():
        raise StoreError(f"there is no workspace in {folder.name}", hint="Choose another folder.")
    return database
