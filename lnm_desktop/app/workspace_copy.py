"""A whole workspace copied to another place: never half of it, never over anything."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.app.session import PREDICTIONS
from lnm_desktop.errors import StoreError
from lnm_desktop.formats.files import DRAFT_PREFIX, sync_folder
from lnm_desktop.store.backups import copy_verified
from lnm_desktop.store.workspace import FILE_NAME


@dataclass(frozen=True, slots=True)
class WorkspaceCopy:
    """Where the copy is and what it holds."""

    folder: Path
    rows: int
    runs: int
    size_bytes: int


def copy_workspace(folder: Path, target: Path) -> WorkspaceCopy:
    """Copy a workspace as it is at this moment, whoever works in it: journal (verified), and models' results.

    Slides stay where they are, backups with the original. The copy gets its name when it is whole. Raises
    StoreError, JournalDamaged.
    """
    database = folder / FILE_NAME
    if not database.is_file():
        raise StoreError(f"there is no workspace in {folder.name}", hint="Choose another folder.")
    if target.exists():
        raise StoreError(f"{target.name} is there already", hint="Name a folder that is not there yet.")
    try:
        return _copied(folder, target)
    except OSError as error:
        hint = "Check the free space and the permissions there; nothing was kept of the copy."
        raise StoreError(f"{folder.name} cannot be copied: {error.strerror}", hint=hint) from error


def _copied(folder: Path, target: Path) -> WorkspaceCopy:
    draft = Path(tempfile.mkdtemp(prefix=DRAFT_PREFIX, dir=target.parent))
    try:
        rows = copy_verified(folder / FILE_NAME, draft / FILE_NAME).rows
        if (folder / PREDICTIONS).is_dir():
            shutil.copytree(folder / PREDICTIONS, draft / PREDICTIONS, copy_function=_copy_synced)
        draft.chmod(0o777 & ~_umask())
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    sync_folder(target.parent)
    files = [file for file in target.rglob("*") if file.is_file()]
    runs = target / PREDICTIONS
    count = sum(1 for _ in runs.iterdir()) if runs.is_dir() else 0
    return WorkspaceCopy(target, rows, count, sum(file.stat().st_size for file in files))


def _copy_synced(source: str, target: str) -> str:
    shutil.copy2(source, target)
    with Path(target).open("rb") as file:
        os.fsync(file.fileno())
    return target


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
