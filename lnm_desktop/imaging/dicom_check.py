"""Every DICOM file passes through here before its pixels are decoded: header arithmetic only."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID

from lnm_desktop.errors import ImageDamaged, ImageUnsupported

COPY_AGAIN = "Copy the file again from its source."
EXPORT_AGAIN = "Export it again from the archive or viewer that it comes from."
INFLATE_CAP_BYTES = 512 * 1024**2
MAXIMUM_FRAME_BYTES = 512 * 1024**2
MAXIMUM_FRAMES = 100_000
LEAST_FRAGMENT_BYTES = 16
# What pydicom raises for damaged elements, some only when a value is looked at.
HEADER_ERRORS = (
    *(ValueError, KeyError, AttributeError, TypeError, IndexError, OverflowError, NotImplementedError),
    *(OSError, EOFError, RecursionError, BytesLengthException, struct.error, zlib.error),
)
_DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_IMPLICIT = "1.2.840.10008.1.2"
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = frozenset({b"OB", b"OW", b"UN", b"OF", b"OD", b"OV"})
_PIXEL_GROUP = 0x7FE0
_ITEM = b"\xfe\xff\x00\xe0"
_JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "


def check_dicom(path: Path, size_bytes: int) -> None:
    """Refuse what no decoder should see. Raises ImageDamaged, ImageUnsupported."""
    read_header(path, size_bytes)


def read_header(path: Path, size_bytes: int) -> Dataset:
    """All elements before the pixels, after checking that the pixels can be there.

    Raises ImageDamaged, ImageUnsupported.
    """
    try:
        with quiet_pydicom():
            return _checked_header(path, size_bytes)
    except HEADER_ERRORS as error:
        raise bad_header(path, error) from error


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keep pydicom's warnings out of logs: they quote values, which may be names of patients."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def bad_header(path: Path, error: Exception) -> ImageDamaged:
    """The error for a header that pydicom could not make sense of."""
    return ImageDamaged(f"{path.name}: its DICOM header cannot be read ({error})", hint=COPY_AGAIN)


def _checked_header(path: Path, size_bytes: int) -> Dataset:
    syntax = _transfer_syntax(path)
    if syntax in _DEFLATED:
        _check_inflation(path)
    with path.open("rb") as file:
        header = dcmread(file, stop_before_pixels=True)
        # A deflated file is read through memory, so its position says nothing about the pixels.
        pixels = None if syntax in _DEFLATED else _pixel_element(file, syntax)
    if pixels is None and not (syntax in _DEFLATED and "Rows" in header):
        raise _no_image(path, header)
    _check_dimensions(path, header)
    if pixels is not None:
        _check_pixels(path, header, pixels, size_bytes)
    return header


@dataclass(frozen=True, slots=True)
class _PixelElement:
    """Where the value of the pixel data starts, and its stated length (undefined when encapsulated)."""

    start: int
    length: int


def _transfer_syntax(path: Path) -> UID:
    try:
        meta = read_file_meta_info(path)
    except (InvalidDicomError, EOFError) as error:
        raise ImageUnsupported(
            f"{path.name} is not DICOM: its mark DICM is missing at byte 128", hint=EXPORT_AGAIN
        ) from error
    syntax = meta.get("TransferSyntaxUID")
    if not syntax:
        raise ImageDamaged(f"{path.name} names no transfer syntax, so its pixels cannot be told", hint=EXPORT_AGAIN)
    return UID(syntax)


def _check_inflation(path: Path) -> None:
    """Inflate without keeping anything, to learn whether the rest would fit."""
    with path.open("rb") as file:
        file.seek(132 + 12)
        data = file.read()  # small: what is dangerous is what it becomes
    inflated, stream = 0, zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # The group length of the meta information says where the deflated part starts.
        data = data[_meta_length(path) :]
        while data and inflated <= INFLATE_CAP_BYTES:
            inflated += len(stream.decompress(data, 16 * 1024**2))
            data = stream.unconsumed_tail
    except zlib.error as error:
        raise bad_header(path, error) from error
    if inflated > INFLATE_CAP_BYTES:
        raise ImageUnsupported(
            f"{path.name} inflates to more than {INFLATE_CAP_BYTES // 1024**2} MiB", hint=EXPORT_AGAIN
        )


def _meta_length(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(132 + 8)
        return struct.unpack("<I", file.read(4))[0]


def _pixel_element(file: BufferedReader, syntax: UID) -> _PixelElement | None:
    """The element at the file's position, which is where reading stopped; None at the end of the file."""
    order = ">" if syntax == _BIG_ENDIAN else "<"
    head = file.read(12)
    if len(head) < 8 or struct.unpack(order + "H", head[:2])[0] != _PIXEL_GROUP:
        return None
    start = file.tell() - len(head)
    if syntax == _IMPLICIT:
        return _PixelElement(start + 8, struct.unpack("<I", head[4:8])[0])
    if head[4:6] in _LONG_VRS and len(head) == 12:
        return _PixelElement(start + 12, struct.unpack(order + "I", head[8:12])[0])
    return _PixelElement(start + 8, struct.unpack(order + "H", head[6:8])[0])


def _no_image(path: Path, header: Dataset) -> ImageUnsupported:
    kind = getattr(header.get("SOPClassUID"), "name", "") or "file"
    return ImageUnsupported(
        f"{path.name} is a DICOM {kind} without pixel data", hint="Open the image that it belongs to."
    )


def _check_dimensions(path: Path, header: Dataset) -> None:
    rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
    frames, bits = int(header.get("NumberOfFrames") or 1), int(header.get("BitsAllocated") or 0)
    samples = int(header.get("SamplesPerPixel") or 1)
    if rows <= 0 or columns <= 0:
        raise ImageDamaged(f"{path.name} states an image of {columns} × {rows} pixels", hint=COPY_AGAIN)
    if bits not in (1, 8, 16, 32, 64):
        raise ImageDamaged(f"{path.name} states {bits} bits per value, which DICOM does not know", hint=COPY_AGAIN)
    frame_bytes = rows * columns * samples * bits // 8
    if frame_bytes > MAXIMUM_FRAME_BYTES or not 0 < frames <= MAXIMUM_FRAMES:
        raise ImageDamaged(
            f"{path.name} states {frames} images of {columns} × {rows} pixels, which is implausible", hint=COPY_AGAIN
        )


def _check_pixels(path: Path, header: Dataset, pixels: _PixelElement, size_bytes: int) -> None:
    if header.file_meta.TransferSyntaxUID.is_encapsulated:
        _check_fragments(path, header, pixels, size_bytes)
        return
    needed = _native_bytes(header)
    available = min(size_bytes - pixels.start, pixels.length)
    if available < needed:
        raise _incomplete(path, available, needed)


def _native_bytes(header: Dataset) -> int:
    pixels = int(header.Rows) * int(header.Columns) * int(header.get("NumberOfFrames") or 1)
    samples = float(header.get("SamplesPerPixel") or 1)
    if header.get("PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2.0
    return int(pixels * samples * int(header.BitsAllocated) + 7) // 8


def _check_fragments(path: Path, header: Dataset, pixels: _PixelElement, size_bytes: int) -> None:
    frames = int(header.get("NumberOfFrames") or 1)
    found = 0
    with path.open("rb") as file:
        for start, length in _fragments(path, file, pixels.start, size_bytes):
            found += 1
            file.seek(start)
            if file.read(len(_JP2_SIGNATURE)) == _JP2_SIGNATURE:
                _check_jp2(path, file, start, length)
    if found - 1 < frames:  # the first item is the offset table
        raise ImageDamaged(f"{path.name} states {frames} images but holds {max(0, found - 1)}", hint=COPY_AGAIN)


def _fragments(path: Path, file: BufferedReader, start: int, size_bytes: int) -> Iterator[tuple[int, int]]:
    """Start and length of each item of encapsulated pixel data, until the sequence ends."""
    place = start
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            raise _incomplete(path, size_bytes - start, place + 8 - start)
        if head[:4] != _ITEM:
            return
        length = struct.unpack("<I", head[4:])[0]
        if place + 8 + length > size_bytes:
            raise _incomplete(path, size_bytes - start, place + 8 + length - start)
        yield place + 8, length
        place += 8 + length


def _check_jp2(path: Path, file: BufferedReader, start: int, length: int) -> None:
    """Walk the boxes up to the codestream: a length below 8 makes a decoder loop for ever."""
    place, end = start + 12, start + length
    while place + 8 <= end:
        file.seek(place)
        size, name = struct.unpack(">I4s", file.read(8))
        if name == b"jp2c":
            return
        if size < 8:
            break
        place += size
    raise ImageDamaged(
        f"{path.name}: a JPEG 2000 image in it is damaged (a box of {_box_words(file)})", hint=COPY_AGAIN
    )


def _box_words(file: BufferedReader) -> str:
    file.seek(-8, 1)
    return f"length {struct.unpack('>I', file.read(4))[0]}, no picture follows"


def _incomplete(path: Path, has_bytes: int, needs_bytes: int) -> ImageDamaged:
    return ImageDamaged(
        f"{path.name} is truncated: pixel data {max(0, has_bytes)} of {needs_bytes} bytes",
        hint=COPY_AGAIN,
        needs_bytes=needs_bytes,
        has_bytes=max(0, has_bytes),
    )
