"""Bytes to and from disk: a file is written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lnm_desktop.errors import FormatError

DRAFT_PREFIX = ".lnm-"
DRAFT_SUFFIX = ".part"
# Nobody else writes to the same folder for so long without a change to the file.
ABANDONED_S = 3600.0
_REMEDIES = {
    errno.ENOSPC: "The disk is full: free some space, or choose another disk.",
    errno.EDQUOT: "Your disk quota is used up: free some space, or choose another disk.",
    errno.EFBIG: "The disk does not take a file of this size: choose another disk.",
    errno.EROFS: "The disk is read-only: choose another folder.",
    errno.EACCES: "You may not use this folder or file: choose another folder, or ask for permission.",
    errno.EPERM: "You may not use this folder or file: choose another folder, or ask for permission.",
    errno.ENOENT: "Check that the file and its folder exist.",
    errno.ENOTDIR: "A part of the path is a file, not a folder: choose another folder.",
    errno.EISDIR: "There is a folder of that name: choose another name.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the file in one step; on any failure the file is as it was before and no other file stays.

    Raises FormatError naming the file and the remedy.
    """
    with draft_of(path) as file:
        file.write(data)


@contextlib.contextmanager
def draft_of(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` to write to, open for reading too, that takes its place in one step at the end.

    On any failure the file is as it was before and no other file stays. Raises FormatError naming the file and the
    remedy.
    """
    try:
        descriptor, draft = tempfile.mkstemp(prefix=DRAFT_PREFIX, suffix=DRAFT_SUFFIX, dir=path.parent)
        try:
            os.close(descriptor)
            with Path(draft).open("r+b") as file:  # by name: writers of formats look at it
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(draft).chmod(_mode(path))
            os.replace(draft, path)  # noqa: PTH105 - beside mkstemp the plain call reads better
        except BaseException:
            _discard(draft)
            raise
        sync_folder(path.parent)
        remove_drafts(path.parent, older_than_s=ABANDONED_S)
    except OSError as error:
        raise FormatError(f"{path.name} could not be written: {_cause(error)}", hint=_remedy(error)) from error


def remove_drafts(folder: Path, older_than_s: float = 0.0) -> None:
    """Remove what killed writers left in a folder; one that cannot go does no harm."""
    for draft in folder.glob(f"{DRAFT_PREFIX}*{DRAFT_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime >= older_than_s:
                draft.unlink()


def read_bytes(path: Path, limit_bytes: int) -> bytes:
    """A file's bytes. Raises FormatError where it cannot be read or is larger than the limit."""
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise FormatError(f"{path.name} could not be read: {_cause(error)}", hint=_remedy(error)) from error
    if len(data) > limit_bytes:
        raise FormatError(
            f"{path.name} is larger than {limit_bytes / 1024**2:.0f} MiB, the most that is read",
            hint="Check that it is the right file, or split it.",
        )
    return data


def _mode(path: Path) -> int:
    """The rights of the file that is replaced; a new one is the user's alone, it may identify a patient."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return 0o600


def _discard(draft: str) -> None:
    with contextlib.suppress(OSError):
        Path(draft).unlink()


def sync_folder(folder: Path) -> None:
    """Make the renaming itself durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cause(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _remedy(error: OSError) -> str:
    return _REMEDIES.get(error.errno or 0, "Check the disk and the folder, or choose another folder.")
