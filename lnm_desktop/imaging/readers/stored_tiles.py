"""Tiles of a tiled TIFF or SVS decoded as they are stored, several times faster than OpenSlide, to the same pixels.

OpenSlide spends most of its time on putting tiles together (openslide issues #440, #643, #719). It stays the judge:
a level is read here only after sample tiles were found equal to OpenSlide's, and whatever cannot be read here is
left to it.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.damage import has_gap
from lnm_desktop.imaging.tiff_check import Directory, TiffWalk, is_tiff

CACHED_BYTES = 32 * 1024**2
LARGEST_TILE_PX = 2048
Pixels = NDArray[np.uint8]
Decode = Callable[[bytes], Any]
_WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES = 256, 257, 258, 259, 262, 277
_PLANAR, _PREDICTOR, _TILE_WIDTH, _TILE_LENGTH, _OFFSETS, _COUNTS, _EXTRA, _TABLES = (
    284,
    317,
    322,
    323,
    324,
    325,
    338,
    347,
)
_NONE, _LZW, _JPEG, _DEFLATE, _OLD_DEFLATE = 1, 5, 7, 8, 32946
_RGB, _YCBCR = 2, 6
_HORIZONTAL = 2
_TABLE_TYPES = {3: "u2", 4: "u4", 16: "u8"}


@dataclass(frozen=True)
class StoredLevel:
    """One image of the file. Its tables of offsets and sizes stay in the file: they may be millions long."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    offsets: tuple[int, str, int]
    counts: tuple[int, str, int]
    compression: int
    decode: Decode

    @property
    def across(self) -> int:
        """Tiles in a row."""
        return -(-self.width // self.tile_width)


class GapInTile(Exception):
    """A stored tile is damaged in a way that decoders do not notice; (x, y) is its corner in pixels of its level."""

    def __init__(self, x: int, y: int) -> None:
        super().__init__("a gap of zeros in its stored bytes")
        self.x = x
        self.y = y


class StoredTiles:
    """The levels of one file that can be read directly; `None` stands for a level that cannot. Thread-safe."""

    def __init__(self, path: Path, sizes: Sequence[tuple[int, int]]) -> None:
        """Looks for an image of each of these (width, height); files of other kinds give none."""
        self._file = path.open("rb")
        self._tiles = _Recent(CACHED_BYTES)
        try:
            found = _levels(path, self._file.fileno())
        except (ImageError, OSError, ValueError):
            found = {}
        self.levels: list[StoredLevel | None] = [found.get(size) for size in sizes]

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def read(self, level: int, x: int, y: int, width: int, height: int) -> Pixels | None:
        """A rectangle inside a level, uint8 (height, width, 3); None where this is OpenSlide's business.

        Raises GapInTile for a tile of which OpenSlide would make plausible pixels.
        """
        stored = self.levels[level]
        if stored is None:
            return None
        try:
            return self._assembled(level, stored, x, y, width, height)
        except GapInTile:
            raise
        except Exception:  # noqa: BLE001 - whatever a codec raises, OpenSlide's pixels or its error decide
            return None

    def _assembled(self, level: int, stored: StoredLevel, x: int, y: int, width: int, height: int) -> Pixels | None:
        rows = range(y // stored.tile_height, (y + height - 1) // stored.tile_height + 1)
        cols = range(x // stored.tile_width, (x + width - 1) // stored.tile_width + 1)
        if len(rows) == len(cols) == 1 and (width, height) == (stored.tile_width, stored.tile_height):
            return self._decoded(stored, rows[0] * stored.across + cols[0])
        pixels = np.empty((height, width, 3), np.uint8)
        for row in rows:
            for col in cols:
                tile = self._tile(level, stored, row, col, whole=_is_inside(stored, row, col, x, y, width, height))
                if tile is None:
                    return None
                _paste(pixels, tile, col * stored.tile_width - x, row * stored.tile_height - y)
        return pixels

    def _tile(self, level: int, stored: StoredLevel, row: int, col: int, *, whole: bool) -> Pixels | None:
        """A tile; one that is needed only in part is kept, since its other part is likely to be asked for next."""
        index = row * stored.across + col
        if whole:
            return self._decoded(stored, index)
        key = (level, index)
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._decoded(stored, index)
            if tile is not None:
                self._tiles.put(key, tile)
        return tile

    def _decoded(self, stored: StoredLevel, index: int) -> Pixels | None:
        count = self._number(stored.counts, index)
        if count == 0:
            return None
        data = self._bytes(self._number(stored.offsets, index), count)
        if has_gap(data, stored.compression, stored.tile_width, stored.tile_height):
            row, col = divmod(index, stored.across)
            raise GapInTile(col * stored.tile_width, row * stored.tile_height)
        tile = stored.decode(data)
        shape = (stored.tile_height, stored.tile_width, 3)
        return tile if tile.shape == shape and tile.dtype == np.uint8 else None

    def _number(self, table: tuple[int, str, int], index: int) -> int:
        place, code, size = table
        return int(np.frombuffer(self._bytes(place + index * size, size), code)[0])

    def _bytes(self, offset: int, count: int) -> bytes:
        data = os.pread(self._file.fileno(), count, offset)
        if len(data) != count:
            raise EOFError("the file ends within a tile")
        return data


class _Recent:
    """Tiles used last, bounded in bytes. Thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._tiles: OrderedDict[tuple[int, int], Pixels] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[int, int]) -> Pixels | None:
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def put(self, key: tuple[int, int], tile: Pixels) -> None:
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = tile
                self._bytes += tile.nbytes
            while self._bytes > self._limit_bytes:
                self._bytes -= self._tiles.popitem(last=False)[1].nbytes


def _levels(path: Path, descriptor: int) -> dict[tuple[int, int], StoredLevel]:
    """The images of a file that can be read directly, by width and height; the first of a size counts."""
    if not hasattr(os, "pread") or not is_tiff(os.pread(descriptor, 4, 0)):
        return {}
    found: dict[tuple[int, int], StoredLevel] = {}
    with path.open("rb") as file:
        walk = TiffWalk(path.name, file, path.stat().st_size)
        for directory in walk.directories():
            level = _level(walk, directory, descriptor)
            if level is not None:
                found.setdefault((level.width, level.height), level)
    return found


def _level(walk: TiffWalk, directory: Directory, descriptor: int) -> StoredLevel | None:
    def value(tag: int, default: int = 0) -> int:
        return walk.value(directory, tag, default)

    plain = value(_SAMPLES, 1) == 3 and value(_BITS, 1) == 8 and value(_PLANAR, 1) == 1 and not value(_EXTRA)
    width, height = value(_TILE_WIDTH), value(_TILE_LENGTH)
    if not plain or not 0 < width <= LARGEST_TILE_PX or not 0 < height <= LARGEST_TILE_PX:
        return None
    decode = _decoder(walk, directory, (height, width, 3), descriptor)
    tables = [_table(walk, directory, tag) for tag in (_OFFSETS, _COUNTS)]
    if decode is None or tables[0] is None or tables[1] is None:
        return None
    compression = value(_COMPRESSION, _NONE)
    return StoredLevel(value(_WIDTH), value(_LENGTH), width, height, tables[0], tables[1], compression, decode)


def _table(walk: TiffWalk, directory: Directory, tag: int) -> tuple[int, str, int] | None:
    """Where a table lies, the type of its numbers, and their size."""
    entry = directory.get(tag)
    code = _TABLE_TYPES.get(entry.kind) if entry is not None else None
    if entry is None or code is None:
        return None
    return entry.place, f"{walk.order}{code}", int(code[1])


def _decoder(walk: TiffWalk, directory: Directory, shape: tuple[int, int, int], descriptor: int) -> Decode | None:
    """What turns the bytes of a tile into pixels; None for compressions that are left to OpenSlide."""
    compression = walk.value(directory, _COMPRESSION, _NONE)
    if compression == _JPEG:
        return _jpeg_decoder(walk, directory, descriptor)
    unpack = _UNPACK.get(compression)
    if unpack is None or walk.value(directory, _PHOTOMETRIC, 0) != _RGB:
        return None
    if walk.value(directory, _PREDICTOR, 1) == _HORIZONTAL:
        return lambda data: imagecodecs.delta_decode(_shaped(unpack(data), shape), axis=-2)
    return lambda data: _shaped(unpack(data), shape)


_UNPACK: dict[int, Callable[[bytes], Any]] = {
    _NONE: lambda data: data,
    _LZW: imagecodecs.lzw_decode,
    _DEFLATE: imagecodecs.zlib_decode,
    _OLD_DEFLATE: imagecodecs.zlib_decode,
}


def _shaped(data: Any, shape: tuple[int, int, int]) -> Pixels:
    return np.frombuffer(data, np.uint8, count=shape[0] * shape[1] * shape[2]).reshape(shape)


def _jpeg_decoder(walk: TiffWalk, directory: Directory, descriptor: int) -> Decode | None:
    """The colour space is the tag's, not the file's guess: Aperio stores plain RGB in JPEG without a mark."""
    photometric = walk.value(directory, _PHOTOMETRIC, 0)
    if photometric not in (_RGB, _YCBCR):
        return None
    entry = directory.get(_TABLES)
    tables = os.pread(descriptor, entry.count, entry.place) if entry is not None else None
    space = _RGB if photometric == _RGB else None
    return lambda data: imagecodecs.jpeg8_decode(data, tables=tables, colorspace=space, outcolorspace=_RGB)


def _is_inside(stored: StoredLevel, row: int, col: int, x: int, y: int, width: int, height: int) -> bool:
    """True for a tile that lies wholly within the rectangle."""
    left, top = col * stored.tile_width, row * stored.tile_height
    right, bottom = min(left + stored.tile_width, stored.width), min(top + stored.tile_height, stored.height)
    return left >= x and top >= y and right <= x + width and bottom <= y + height


def _paste(pixels: Pixels, tile: Pixels, left: int, top: int) -> None:
    """Copy what of a tile at (left, top) falls into the picture."""
    bottom, right = min(pixels.shape[0], top + tile.shape[0]), min(pixels.shape[1], left + tile.shape[1])
    part = tile[max(0, -top) : bottom - top, max(0, -left) : right - left]
    pixels[max(0, top) : bottom, max(0, left) : right] = part
