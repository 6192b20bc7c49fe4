"""DICOM series and single images of radiology, read through pydicom."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import ImageInfo, ImageKind, Level, Photometric, RegionRequest, Window
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.area import area_mean
from lnm_desktop.imaging.dicom_check import HEADER_ERRORS, bad_header, quiet_pydicom, read_header
from lnm_desktop.imaging.dicom_geometry import Plane, calibration, order, phases_of, planes_of
from lnm_desktop.imaging.dicom_values import (
    grey_dtype,
    is_grey,
    is_inverted,
    rescale,
    stated_window,
    to_grey,
    to_rgb,
)
from lnm_desktop.imaging.placement import Block, place
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.windowing import robust_window

WHITE = 255
CACHED_BYTES = 128 * 1024**2
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
# Technical facts only: nothing here can name a patient, a person or a place.
_SHOWN_TAGS = (
    *("Modality", "Manufacturer", "ManufacturerModelName", "BodyPartExamined", "Laterality", "ImageLaterality"),
    *("ViewPosition", "ImageType", "PhotometricInterpretation", "BitsStored", "MagneticFieldStrength"),
    *("SliceThickness", "SpacingBetweenSlices", "RepetitionTime", "EchoTime", "InversionTime", "FlipAngle"),
    *("ScanningSequence", "MRAcquisitionType", "AcquisitionContrast", "KVP", "ExposureTime", "XRayTubeCurrent"),
    *("CompressionForce", "BodyPartThickness", "TransducerType", "ImageOrientationPatient", "BurnedInAnnotation"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "PatientIdentityRemoved"),
)


def whole_slide_of(files: Sequence[Path]) -> Path | None:
    """The first file with pixels, if it belongs to a whole slide. Raises ImageDamaged."""
    for path in files:
        with suppress(ImageUnsupported):
            return path if _is_whole_slide(path, read_header(path, path.stat().st_size)) else None
    return None


def _is_whole_slide(path: Path, header: Dataset) -> bool:
    try:
        with quiet_pydicom():
            return header.get("SOPClassUID") == WHOLE_SLIDE
    except HEADER_ERRORS as error:
        raise bad_header(path, error) from error


def check_whole_slide(path: Path) -> None:
    """Refuse whole slides of a kind that OpenSlide cannot read. Raises ImageUnsupported."""
    header = read_header(path, path.stat().st_size)
    if header.get("BitsAllocated") != 8 or header.get("SamplesPerPixel") != 3:
        raise ImageUnsupported(
            f"{path.name} is a whole slide with {header.get('BitsAllocated')} bits and "
            f"{header.get('SamplesPerPixel')} values per pixel; only 8-bit colour is supported",
            hint="Export it in colour, or as a pyramidal TIFF.",
        )


def open_series(files: Sequence[Path]) -> DicomSeriesReader:
    """The one series that the files hold. Raises ImageUnsupported, ImageDamaged."""
    try:
        with quiet_pydicom():
            return _series_of(files)
    except HEADER_ERRORS as error:
        raise bad_header(files[0], error) from error


def _series_of(files: Sequence[Path]) -> DicomSeriesReader:
    headers, skipped = _read_headers(files)
    _check_one_series(files[0], [header for _, header in headers])
    kept, doubles = _distinct(headers)
    notes = []
    if skipped:
        notes.append(f"{skipped} of {len(files)} files hold no image and are not shown.")
    if doubles:
        notes.append(f"{doubles} files are copies of others (same instance) and are not shown.")
    return DicomSeriesReader([path for path, _ in kept], [header for _, header in kept], tuple(notes))


@dataclass(frozen=True, eq=False, slots=True)
class _Frame:
    """One decoded plane as a level of its own, and what is shown outside of it."""

    pixels: NDArray[np.generic]
    background: float

    def block(self, _level: int, x: int, y: int, width: int, height: int) -> Block:
        """See `placement.ReadBlock`."""
        return Block(self.pixels[y : y + height, x : x + width], x, y)

    def means(self, _level: int, x: int, y: int, width: int, height: int, factor: int) -> NDArray[np.generic]:
        """See `placement.ReadMeans`."""
        part = self.pixels[y : y + height, x : x + width]
        return part.copy() if factor == 1 else area_mean(part, factor)


def _frame(pixels: NDArray[Any]) -> _Frame:
    """The lowest value is looked for once, not with every tile."""
    if pixels.ndim == 3:
        return _Frame(pixels, WHITE)
    return _Frame(pixels, 0 if pixels.dtype.kind == "u" else float(min(0, pixels.min())))


class DicomSeriesReader(ImageReader):
    """Planes sorted through the body; decoded one by one, the last ones kept."""

    thread_safe = True

    def __init__(self, paths: Sequence[Path], headers: Sequence[Dataset], notes: tuple[str, ...] = ()) -> None:
        """Raises ImageUnsupported, ImageDamaged."""
        self._paths = paths
        self._lock = threading.Lock()
        self._decoded: OrderedDict[int, _Frame] = OrderedDict()
        self._first_stored: NDArray[Any] | None = None
        self._closed = False
        for path, header in zip(paths, headers, strict=True):
            _check_supported(path, header)
        self._planes, spacing_mm, order_notes = order(planes_of(headers))
        _check_one_shape(paths[0], headers)
        self._grey = is_grey(headers[0])
        self._dtype = self._value_dtype()
        self._info = self._describe(spacing_mm, notes + order_notes)

    @property
    def info(self) -> ImageInfo:
        """What the headers tell; the window may come from the middle plane."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        frame = self._plane(request.plane)
        return place(request, self._info, frame.block, frame.background, frame.means)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """A series has none: raises ImageError."""
        raise ImageError(f"{self._paths[0].name} has no {name!r} image", hint="A series has no associated images.")

    def close(self) -> None:
        """Forget the decoded planes; no file is held open."""
        self._closed = True
        self._decoded.clear()
        self._first_stored = None

    def _plane(self, index: int) -> _Frame:
        """One plane, decoded once however many tiles of whatever level are asked of it."""
        if self._closed:
            raise ImageError(f"{self._paths[0].name} is closed", hint="Open the image again.")
        if not 0 <= index < len(self._planes):
            raise ImageError(
                f"{self._paths[0].name} has no plane {index}", hint=f"Choose one of 0 to {len(self._planes) - 1}."
            )
        with self._lock:
            if index not in self._decoded:
                self._keep(index, _frame(self._convert(self._planes[index])))
            self._decoded.move_to_end(index)
            return self._decoded[index]

    def _keep(self, index: int, frame: _Frame) -> None:
        self._decoded[index] = frame
        while sum(kept.pixels.nbytes for kept in self._decoded.values()) > CACHED_BYTES and len(self._decoded) > 1:
            self._decoded.popitem(last=False)

    def _convert(self, plane: Plane) -> NDArray[np.generic]:
        decoded = self._stored(plane)
        if self._grey:
            return to_grey(decoded, plane, self._dtype)
        return to_rgb(decoded, plane.header)

    def _value_dtype(self) -> np.dtype[Any]:
        if not self._grey:
            return np.dtype(np.uint8)
        stored = self._stored(self._planes[0])
        self._first_stored = stored
        return grey_dtype(self._planes, stored.dtype)

    def _stored(self, plane: Plane) -> NDArray[Any]:
        """Decoded but not converted; what was decoded to learn its type is used before it is decoded again."""
        if plane is self._planes[0] and self._first_stored is not None:
            stored, self._first_stored = self._first_stored, None
            return stored
        return _decode(self._paths[plane.file], plane.frame)

    def _describe(self, spacing_mm: float, notes: tuple[str, ...]) -> ImageInfo:
        first = self._planes[0]
        header = first.header
        size = Size(int(header.Columns), int(header.Rows))
        pixel_size, size_notes = calibration(first)
        window, window_notes = self._window()
        ignored = any(rescale(plane)[2] for plane in self._planes)
        rescale_notes = ("The stated rescale slope is impossible: stored values are shown.",) if ignored else ()
        return ImageInfo(
            kind=ImageKind.SERIES,
            format="dicom",
            size=size,
            levels=(Level(size, 1.0, 1.0, size),),
            calibration=pixel_size,
            photometric=Photometric.GREY if self._grey else Photometric.RGB,
            dtype=self._dtype.name,
            planes=len(self._planes),
            phases=phases_of(self._planes),
            window=window,
            inverted=self._grey and is_inverted(header),
            modality=str(header.get("Modality", "")),
            spacing_mm=(pixel_size.mpp_x / 1000, pixel_size.mpp_y / 1000, spacing_mm),
            properties=_properties(header),
            warnings=notes + size_notes + window_notes + rescale_notes + _burned_in(header),
        )

    def _window(self) -> tuple[Window | None, tuple[str, ...]]:
        """The stated window, else one of the middle plane; 8-bit pictures are shown as they are."""
        if not self._grey:
            return None, ()
        middle = len(self._planes) // 2
        window, notes = stated_window(self._planes[middle])
        if window is not None or self._dtype == np.uint8:
            return window, notes
        made = "The display window was made from the 1st to 99th percentile of the middle image."
        return robust_window(self._plane(middle).pixels), (*notes, made)


def _read_headers(files: Sequence[Path]) -> tuple[list[tuple[Path, Dataset]], int]:
    """Headers of the files with pixels, and how many have none; a lone file without any raises."""
    found, refused = [], []
    for path in files:
        try:
            found.append((path, read_header(path, path.stat().st_size)))
        except ImageUnsupported as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return found, len(refused)


def _check_one_series(path: Path, headers: Sequence[Dataset]) -> None:
    counts = Counter(
        (str(h.get("SeriesInstanceUID", "")), str(h.get("Modality", "")), h.get("SeriesNumber")) for h in headers
    )
    if len({uid for uid, _, _ in counts}) > 1:
        listed = ", ".join(f"{modality} series {number} ({n} files)" for (_, modality, number), n in counts.items())
        raise ImageUnsupported(
            f"{path.parent.name} holds {len(counts)} series: {listed}",
            hint="Open one of the files, or put each series into a folder of its own.",
        )


def _distinct(headers: Sequence[tuple[Path, Dataset]]) -> tuple[list[tuple[Path, Dataset]], int]:
    """One file per instance, and how many were dropped."""
    kept: dict[str, tuple[Path, Dataset]] = {}
    for path, header in headers:
        kept.setdefault(str(header.get("SOPInstanceUID") or path.name), (path, header))
    return list(kept.values()), len(headers) - len(kept)


def _check_supported(path: Path, header: Dataset) -> None:
    if header.get("SOPClassUID") == SEGMENTATION:
        raise ImageUnsupported(
            f"{path.name} is a DICOM segmentation, not an image", hint="Open the image it belongs to."
        )
    syntax = UID(header.file_meta.TransferSyntaxUID)
    try:
        usable = get_decoder(syntax).is_available
    except NotImplementedError:
        usable = False
    if not usable:
        raise ImageUnsupported(
            f"{path.name} is compressed as {syntax.name} ({syntax}), which cannot be decoded",
            hint="Export it again without compression.",
        )


def _check_one_shape(path: Path, headers: Sequence[Dataset]) -> None:
    shapes = {(int(h.Columns), int(h.Rows), is_grey(h)) for h in headers}
    if len(shapes) > 1:
        sizes = ", ".join(sorted(f"{columns} × {rows}" for columns, rows, _ in shapes))
        raise ImageUnsupported(
            f"{path.parent.name} mixes images of different kinds in one series ({sizes})",
            hint="Open the files one by one.",
        )


def _decode(path: Path, frame: int) -> NDArray[Any]:
    """Stored values of one frame; YBR becomes RGB. Raises ImageDamaged."""
    try:
        with quiet_pydicom():
            return pixel_array(path, index=frame)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a codec's Rust panic is no Exception
        raise ImageDamaged(
            f"{path.name}: image {frame + 1} cannot be decoded ({type(error).__name__}: {error})",
            hint="Copy the file again from its source.",
        ) from error


def _properties(header: Dataset) -> dict[str, str]:
    shown = {name: _text(header, name) for name in _SHOWN_TAGS}
    return {
        **{name: text for name, text in shown.items() if text},
        "SOPClass": UID(header.get("SOPClassUID", "")).name,
        "TransferSyntax": UID(header.file_meta.TransferSyntaxUID).name,
    }


def _text(header: Dataset, name: str) -> str:
    """A value as text; a damaged one does not keep the picture from being shown."""
    try:
        value = header.get(name)
    except HEADER_ERRORS:
        return "invalid"
    return "" if value is None else str(value)


def _burned_in(header: Dataset) -> tuple[str, ...]:
    if header.get("BurnedInAnnotation") == "YES":
        return ("The picture itself shows text that may identify the patient.",)
    return ()
