"""Every path that becomes pixels passes through here: checked first, then given to the reader that knows it.

Readers are imported when they are needed: a process that opens slides never loads the DICOM libraries.
"""

from __future__ import annotations

from pathlib import Path

from lnm_desktop.errors import ImageUnsupported
from lnm_desktop.imaging.parts import is_zarr
from lnm_desktop.imaging.preflight import FileKind, preflight
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.tiff_content import is_more_than_a_picture
from lnm_desktop.imaging.watched import WatchedReader

IMAGE_SUFFIXES = frozenset(
    {".svs", ".tif", ".tiff", ".btf", ".ndpi", ".vms", ".vmu", ".scn", ".mrxs", ".svslide", ".bif", ".czi", ".dcm"}
    | {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
)


def open_image(path: Path) -> ImageReader:
    """Open a slide, a series or a plain picture.

    Raises ImageNotFound, ImageUnsupported or ImageDamaged, each naming the file and the remedy.
    """
    return WatchedReader(path, lambda: _open(path))


def _open(path: Path) -> ImageReader:
    kind = preflight(path)
    if kind is FileKind.DICOM_FOLDER:
        return _open_dicom(_files_of(path))
    if kind is FileKind.ZARR_FOLDER:
        return _open_zarr(path)
    if kind is FileKind.DICOM:
        return _open_dicom((path,))
    if kind is FileKind.RASTER:
        return _open_raster(path)
    return _open_slide(path, kind)


def is_image(path: Path) -> bool:
    """Cheap filter for folders and dropped files: by name, or by DICOM's mark where there is no suffix."""
    if path.is_dir():
        return is_zarr(path) or _holds_dicom(path)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return path.is_file()
    return not path.suffix and path.is_file() and _has_dicom_mark(path)


def images_in(folder: Path, most: int = 2000) -> tuple[list[Path], int]:
    """The images of a folder and of those inside it, by name, and how many other files there are.

    A folder that is an image itself (a DICOM series, OME-Zarr) is the only one; so is a file.
    """
    if not folder.is_dir() or is_image(folder):
        return [folder], 0
    images: list[Path] = []
    others = 0
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        inside, more = images_in(entry, most) if entry.is_dir() else ([entry], 0) if is_image(entry) else ([], 1)
        images += inside
        others += more
        if len(images) > most:
            raise ImageUnsupported(f"{folder.name} has more than {most:,} images", hint="Open a folder inside it.")
    return images, others


def _holds_dicom(folder: Path) -> bool:
    try:
        return any(entry.suffix.lower() == ".dcm" for entry in folder.iterdir())
    except OSError:
        return False


def _has_dicom_mark(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _open_slide(path: Path, kind: FileKind) -> ImageReader:
    from lnm_desktop.imaging.readers import openslide  # noqa: PLC0415 - loaded when needed

    driver = openslide.driver_of(path)
    if driver and not (driver == openslide.PLAIN_TIFF and is_more_than_a_picture(path)):
        return openslide.OpenSlideReader(path)
    if kind is FileKind.TIFF:
        return _open_tiff(path)
    raise ImageUnsupported(
        f"{path.name} is of a kind that no reader knows", hint="Export it as a pyramidal TIFF, DICOM, PNG or JPEG."
    )


def _open_tiff(path: Path) -> ImageReader:
    from lnm_desktop.imaging.readers import tiff  # noqa: PLC0415 - loaded when needed

    return tiff.TiffReader(path)


def _open_zarr(path: Path) -> ImageReader:
    from lnm_desktop.imaging.readers import ome_zarr  # noqa: PLC0415 - loaded when needed

    return ome_zarr.OmeZarrReader(path)


def _open_raster(path: Path) -> ImageReader:
    from lnm_desktop.imaging.readers import raster  # noqa: PLC0415 - loaded when needed

    return raster.RasterReader(path)


def _open_dicom(files: tuple[Path, ...]) -> ImageReader:
    from lnm_desktop.imaging.readers import dicom_series, openslide  # noqa: PLC0415 - loaded when needed

    slide = dicom_series.whole_slide_of(files)
    if slide is None:
        return dicom_series.open_series(files)
    dicom_series.check_whole_slide(slide)
    return openslide.OpenSlideReader(slide)


def _files_of(folder: Path) -> tuple[Path, ...]:
    """The DICOM files of a folder by name."""
    return tuple(sorted(path for path in folder.iterdir() if path.suffix.lower() == ".dcm"))
