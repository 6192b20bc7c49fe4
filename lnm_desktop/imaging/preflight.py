"""Every path passes through here before native code sees it: cheap checks in Python with precise reasons."""

from __future__ import annotations

import stat
from enum import StrEnum
from pathlib import Path

from lnm_desktop.errors import ImageDamaged, ImageNotFound, ImageUnsupported
from lnm_desktop.imaging.parts import companions, is_zarr
from lnm_desktop.imaging.tiff_check import check_tiff, is_tiff

COPY_AGAIN = "Copy the file again from its source."
_RASTER_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM")
_TEXT_KINDS = (
    (b"version https://git-lfs", "a Git LFS pointer", "Fetch the real file with `git lfs pull`."),
    (b"<!doctype html", "a web page", "Download the file again; a login page may have been saved in its place."),
    (b"<html", "a web page", "Download the file again; a login page may have been saved in its place."),
    (b"<?xml", "an XML text", "Annotations are imported into an open image; open the image itself."),
    (b"{", "a JSON text", "Open the image itself."),
)
# Windows opens a device under these names in every folder and with every suffix.
_DEVICE_NAMES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10)}
)
# Slides whose own file, a text or a small JPEG, names the files that hold the pixels.
_SCATTERED = frozenset({".vms", ".vmu", ".mrxs"})


class FileKind(StrEnum):
    """What the first bytes say."""

    TIFF = "tiff"
    DICOM = "dicom"
    DICOM_FOLDER = "dicom folder"
    ZARR_FOLDER = "zarr folder"
    RASTER = "raster"
    OTHER = "other"


def preflight(path: Path) -> FileKind:
    """Say what a path holds, or refuse it before any decoder is asked.

    Raises ImageNotFound, ImageUnsupported or ImageDamaged.
    """
    _check_name(path)
    size = _check_file_type(path)
    if size is None:
        return _check_folder(path)
    head = _read_head(path)
    if path.suffix.lower() in _SCATTERED:
        _check_companions(path)
        return FileKind.OTHER
    if _looks_like_dicom(path, head):
        _check_dicom(path, size)
        return FileKind.DICOM
    if is_tiff(head):
        check_tiff(path, size)
        return FileKind.TIFF
    if _is_raster(head):
        return FileKind.RASTER
    _check_text(path, head)
    return FileKind.OTHER


def _check_name(path: Path) -> None:
    """Refused everywhere: a case must open on every machine."""
    if path.name.split(".")[0].rstrip().upper() in _DEVICE_NAMES:
        raise ImageUnsupported(f"{path.name} has a name that Windows keeps for a device", hint="Rename the file.")


def _check_file_type(path: Path) -> int | None:
    """Size of a regular file, None for a folder. lstat first: opening a FIFO would wait for ever."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            status = path.stat()
    except FileNotFoundError as error:
        raise ImageNotFound(
            f"{path.name} was not found", hint="It may have been moved or renamed, or its drive is not connected."
        ) from error
    except PermissionError as error:
        raise _no_permission(path) from error
    except (OSError, ValueError) as error:
        raise ImageNotFound(f"{path.name} cannot be reached", hint="Check the path and its links.") from error
    if stat.S_ISDIR(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        raise ImageUnsupported(
            f"{path.name} is {_special(status.st_mode)}, not a file with an image", hint="Choose an image file."
        )
    if status.st_size == 0:
        raise ImageDamaged(f"{path.name} is an empty file (0 bytes)", hint=COPY_AGAIN)
    return status.st_size


def _special(mode: int) -> str:
    names = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return names.get(stat.S_IFMT(mode), "a special file")


def _no_permission(path: Path) -> ImageNotFound:
    return ImageNotFound(
        f"{path.name}: no permission to read it", hint="Ask its owner, or change the permissions of the file."
    )


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1024)
    except PermissionError as error:
        raise _no_permission(path) from error
    except OSError as error:
        raise ImageNotFound(
            f"{path.name} cannot be read ({error.strerror})", hint="Check the drive or network share."
        ) from error


def _check_folder(path: Path) -> FileKind:
    try:
        names = [entry.name for entry in path.iterdir()]
    except PermissionError as error:
        raise _no_permission(path) from error
    if any(name.lower().endswith(".dcm") for name in names):
        return FileKind.DICOM_FOLDER
    if is_zarr(path):
        return FileKind.ZARR_FOLDER
    if (path.parent / f"{path.name}.mrxs").is_file():
        raise ImageUnsupported(
            f"{path.name} is the folder of a MIRAX slide", hint=f"Open {path.name}.mrxs beside it instead."
        )
    raise ImageUnsupported(
        f"{path.name} is a folder without DICOM files (*.dcm) and no OME-Zarr image",
        hint="Choose an image file, a folder with one series, or an OME-Zarr folder.",
    )


def _looks_like_dicom(path: Path, head: bytes) -> bool:
    """By DICOM's mark, even where the preamble makes the file a TIFF as well."""
    return head[128:132] == b"DICM" or path.suffix.lower() == ".dcm"


def _check_dicom(path: Path, size_bytes: int) -> None:
    from lnm_desktop.imaging.dicom_check import check_dicom  # noqa: PLC0415 - slides need no DICOM library

    check_dicom(path, size_bytes)


def _is_raster(head: bytes) -> bool:
    return head.startswith(_RASTER_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def _check_companions(path: Path) -> None:
    """Name the file without which the slide is nothing. Its own file is a small JPEG or a text."""
    try:
        parts = companions(path)
        missing = next((part for part in parts if not part.is_file()), None)
    except PermissionError as error:
        raise _no_permission(path) from error
    if any(not part.is_relative_to(path.parent) or ".." in part.relative_to(path.parent).parts for part in parts):
        raise ImageUnsupported(f"{path.name} names files outside its folder", hint="Copy the slide again, whole.")
    if missing is not None:
        raise ImageDamaged(
            f"{path.name}: its file {missing.relative_to(path.parent).as_posix()} is missing",
            hint="Copy all files of the slide beside it, with their folder if it has one.",
        )


def _check_text(path: Path, head: bytes) -> None:
    """Refuse a text that pretends to be an image, and say what it looks like."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, what, hint in _TEXT_KINDS:
        if start.startswith(mark):
            raise ImageUnsupported(f"{path.name} is not an image; it looks like {what}", hint=hint)
    if b"\0" not in head and _is_text(head):
        raise ImageUnsupported(f"{path.name} is not an image; it looks like text", hint="Open the image itself.")


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character cut at the end of the sample
    return True
