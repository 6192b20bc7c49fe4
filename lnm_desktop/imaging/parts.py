"""Which files a slide consists of: several formats spread one over a list, a folder or a series."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

LIST_BYTES = 1024**2
_HAMAMATSU = re.compile(r"^[ \t]*(?:ImageFile(?:\([\d,]+\))?|MapFile)[ \t]*=[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)
_MIRAX = re.compile(r"^[ \t]*(?:FILE_\d+|INDEXFILE)[ \t]*=[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)
ZARR_METADATA = ("zarr.json", ".zattrs", ".zgroup", ".zarray")
MOST_GROUPS = 64
MOST_CHUNKS = 32
_UID_TAGS = ["SOPClassUID", "SeriesInstanceUID"]
_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


def companions(path: Path) -> tuple[Path, ...]:
    """The files that a slide names beside its own, there or not; none for a slide of one file. Raises OSError."""
    suffix = path.suffix.lower()
    if suffix in (".vms", ".vmu"):
        return _named_in(path, _HAMAMATSU, path.parent)
    if suffix == ".mrxs":
        folder = path.with_suffix("")
        index = folder / "Slidedat.ini"
        return (index, *_named_in(index, _MIRAX, folder)) if index.is_file() else (index,)
    return ()


def is_zarr(folder: Path) -> bool:
    """True for a folder with the metadata of a Zarr group or array."""
    return any((folder / name).is_file() for name in ZARR_METADATA)


def files_of(path: Path) -> tuple[Path, ...]:
    """Every file that is there and that an opened path is read from, the path's own first. Raises OSError.

    Of the many files of a Zarr folder, those that tell it from another one.
    """
    if path.is_dir() and is_zarr(path):
        return _zarr_files(path)
    if path.is_dir():
        return tuple(sorted(entry for entry in path.iterdir() if entry.suffix.lower() == ".dcm"))
    if path.suffix.lower() == ".dcm":
        return _series_of(path)
    return (path, *(part for part in companions(path) if part.is_file()))


def _zarr_files(folder: Path) -> tuple[Path, ...]:
    """All metadata down to the levels, and some chunks of the last level, which is the coarsest by custom."""
    groups = [folder, *(entry for entry in sorted(folder.iterdir()) if entry.is_dir())]
    groups += [
        entry for group in groups[1:] for entry in sorted(group.iterdir()) if entry.is_dir() and is_zarr(entry)
    ]
    metadata = [group / name for group in groups[:MOST_GROUPS] for name in ZARR_METADATA if (group / name).is_file()]
    arrays = [file.parent for file in metadata if file.parent != folder]
    chunks = islice(_files_below(arrays[-1]), MOST_CHUNKS) if arrays else ()
    return tuple(dict.fromkeys((*metadata, *chunks)))


def _files_below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield from _files_below(entry)
        else:
            yield entry


def _named_in(listing: Path, pattern: re.Pattern[str], folder: Path) -> tuple[Path, ...]:
    """What a list names, once each."""
    with listing.open("rb") as file:
        text = file.read(LIST_BYTES).decode("utf-8", "surrogateescape")
    return tuple(folder / name for name in dict.fromkeys(pattern.findall(text)))


def _series_of(path: Path) -> tuple[Path, ...]:
    """A DICOM file, and where it belongs to a whole slide the other files of its series beside it."""
    own = _uids(path)
    if own is None or own[0] != _WHOLE_SLIDE:
        return (path,)
    beside = (other for other in path.parent.iterdir() if other.suffix.lower() == ".dcm" and other != path)
    return (path, *sorted(other for other in beside if _uids(other) == own))


def _uids(path: Path) -> tuple[str, str] | None:
    """SOP class and series, None for what tells none."""
    import pydicom  # noqa: PLC0415 - slides need no DICOM library
    from pydicom.errors import InvalidDicomError  # noqa: PLC0415 - see above

    try:
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_UID_TAGS)
        return str(data.SOPClassUID), str(data.SeriesInstanceUID)
    except (InvalidDicomError, AttributeError, OSError, ValueError):
        return None
