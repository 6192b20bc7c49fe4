"""What a killed process left behind goes when the next one starts."""

from __future__ import annotations

from pathlib import Path

from lnm_desktop.app.session import PREDICTIONS
from lnm_desktop.formats.files import remove_drafts
from lnm_desktop.formats.prediction_bundle import remove_unfinished
from lnm_desktop.imaging.blocks import remove_abandoned
from lnm_desktop.log import get_logger
from lnm_desktop.store.backups import FOLDER as BACKUPS

_log = get_logger(__name__)


def remove_leftovers(workspace: Path) -> int:
    """Remove shared memory, drafts of files and unfinished runs; gives how many blocks and runs.

    The caller has the workspace open for writing, so that nobody else does.
    """
    for folder in (workspace, workspace / BACKUPS):
        remove_drafts(folder)
    folders = workspace / PREDICTIONS
    runs = [folder for folder in (folders.iterdir() if folders.is_dir() else ()) if folder.is_dir()]
    count = remove_abandoned() + sum(remove_unfinished(folder) for folder in runs)
    if count:
        _log.info("removed %d leftovers of a process that was killed", count)
    return count
