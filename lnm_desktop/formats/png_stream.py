"""A PNG written and checked row by row: a picture of hundreds of megapixels is never in memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import FormatError

Pixels = NDArray[np.uint8]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _UP, _METRES = 0, 2, 2, 1
_STEP_BYTES = 1024**2


def write_png(
    file: BinaryIO,
    shape: tuple[int, ...],
    bands: Iterable[Pixels],
    *,
    pixel_um: tuple[float, float] | None = None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Write bands of whole rows, (rows, width[, 3]) each, of a picture of `shape` (height, width[, 3]).

    `pixel_um` becomes pixels per metre, `texts` become text chunks. Raises what `bands` raises, OSError.
    """
    height, width = shape[:2]
    file.write(SIGNATURE)
    _chunk(file, b"IHDR", struct.pack(">2I5B", width, height, 8, _RGB if len(shape) == 3 else _GREY, 0, 0, 0))
    if pixel_um is not None:
        _chunk(file, b"pHYs", struct.pack(">2IB", *(round(1e6 / side) for side in pixel_um), _METRES))
    for key, text in (texts or {}).items():
        _chunk(file, *_text(key, text))
    packer = zlib.compressobj(6)
    above = np.zeros(int(np.prod(shape[1:])), np.uint8)
    for band in bands:
        rows = np.ascontiguousarray(band).reshape(len(band), -1)
        _pack(file, packer, rows, above)
        above = rows[-1]
    _chunk(file, b"IDAT", packer.flush())
    _chunk(file, b"IEND", b"")


def check_png(file: BinaryIO, name: str, shape: tuple[int, ...]) -> None:
    """Read a PNG of this program again: every chunk's checksum, and that all rows are there. Raises FormatError."""
    file.seek(0)
    unpacker, length = zlib.decompressobj(), 0
    try:
        if file.read(8) != SIGNATURE:
            raise ValueError("no signature")
        while (found := _read_chunk(file))[0] != b"IEND":
            if found[0] == b"IDAT":
                length += len(unpacker.decompress(found[1]))
    except (ValueError, zlib.error, struct.error) as error:
        raise FormatError(f"{name} cannot be read back", hint="Check the disk, and export again.") from error
    if length != shape[0] * (1 + int(np.prod(shape[1:]))):
        raise FormatError(f"{name} reads back with another size", hint="Check the disk, and export again.")


def _pack(file: BinaryIO, packer: zlib._Compress, rows: Pixels, above: Pixels) -> None:
    """Each row as its difference from the one above: smooth tissue packs better so."""
    filtered = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0] - above
    filtered[1:, 1:] = rows[1:] - rows[:-1]
    data = packer.compress(filtered.data)
    if data:
        _chunk(file, b"IDAT", data)


def _text(key: str, text: str) -> tuple[bytes, bytes]:
    """A plain text chunk; an international one where Latin letters do not do."""
    try:
        return b"tEXt", key.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")


def _chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def _read_chunk(file: BinaryIO) -> tuple[bytes, bytes]:
    """Kind and data. Raises ValueError for a checksum that does not fit, struct.error at the end of the file."""
    (length,) = struct.unpack(">I", file.read(4))
    kind, data = file.read(4), file.read(length)
    if struct.unpack(">I", file.read(4))[0] != zlib.crc32(data, zlib.crc32(kind)):
        raise ValueError("checksum")
    return kind, data
