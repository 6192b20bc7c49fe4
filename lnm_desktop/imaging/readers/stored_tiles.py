"""Tiles of a tiled TIFF or SVS decoded as they are stored, several times faster than OpenSlide, to the same pixels.

OpenSlide spends most of its time on putting tiles together (openslide issues #440, #643, #719). It stays the judge:
a level is read here only after sample tiles were found equal to OpenSlide's, and whatever cannot be read here is
left to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.area import write_means
from lnm_desktop.imaging.damage import has_gap
from lnm_desktop.imaging.memory import ScratchTile, keep_freed_memory, tile_memory
from lnm_desktop.imaging.readers.jpeg_tiles import FRACTIONS, JpegTiles
from lnm_desktop.imaging.readers.recent import RecentTiles
from lnm_desktop.imaging.tiff_check import Directory, TiffWalk, is_tiff

CACHED_BYTES = 32 * 1024**2
LARGEST_TILE_PX = 2048
PIECE_NUMBERS = 2048
KEPT_PIECES = 32
Pixels = NDArray[np.uint8]
Place = tuple[int, int, int, int]
Decode = Callable[[bytes, Pixels], Any]
"""`decode(stored, memory)` gives the pixels of a tile; it may put them into `memory`, which has their shape."""
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


class NumberTable:
    """A table of whole numbers in the file; the pieces used last are kept, 512 KiB at most. Thread-safe."""

    def __init__(self, file: BinaryIO, place: int, count: int, code: str) -> None:
        self._file = file
        self._place = place
        self._count = count
        self._type = np.dtype(code)
        self._piece = lru_cache(KEPT_PIECES)(self._read)

    def __getitem__(self, index: int) -> int:
        if not 0 <= index < self._count:
            raise ValueError(f"there is no entry {index} among {self._count}")
        piece, within = divmod(index, PIECE_NUMBERS)
        return int(self._piece(piece)[within])

    def _read(self, piece: int) -> NDArray[Any]:
        first = piece * PIECE_NUMBERS
        count, size = min(PIECE_NUMBERS, self._count - first), self._type.itemsize
        return np.frombuffer(_bytes(self._file, self._place + first * size, count * size), self._type)


@dataclass(frozen=True)
class StoredLevel:
    """One image of the file. Its tables of offsets and sizes stay in the file: they may be millions long."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    offsets: NumberTable
    counts: NumberTable
    compression: int
    decode: Decode
    fraction: int = 1

    def is_tile(self, x: int, y: int, width: int, height: int) -> bool:
        """True for a rectangle that is just a stored tile."""
        wide, high = self.tile_width, self.tile_height
        return width == wide and height == high and x % wide == 0 and y % high == 0

    def reduced(self, fraction: int) -> StoredLevel | None:
        """A level of which nothing is stored: its tiles are these, decoded at a fraction; None where none can be."""
        if not isinstance(self.decode, JpegTiles) or self.tile_width % fraction or self.tile_height % fraction:
            return None
        sizes = (self.width, self.height, self.tile_width, self.tile_height)
        width, height, tile_width, tile_height = (-(-size // fraction) for size in sizes)
        return replace(
            self,
            width=width,
            height=height,
            tile_width=tile_width,
            tile_height=tile_height,
            decode=self.decode.reduced(fraction),
            fraction=fraction,
        )

    @property
    def across(self) -> int:
        """Tiles in a row."""
        return -(-self.width // self.tile_width)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a tile's pixels."""
        return (self.tile_height, self.tile_width, 3)


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
        keep_freed_memory()
        self._file = path.open("rb")
        self._tiles = RecentTiles[Pixels](CACHED_BYTES)
        self._scratch = ScratchTile()
        try:
            found = _levels(path, self._file)
        except (ImageError, OSError, ValueError):
            found = {}
        self.levels: list[StoredLevel | None] = [found.get(size) for size in sizes]

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def add_reduced(self) -> list[tuple[int, int]]:
        """Append levels that are decoded at a fraction; tells of which level and by how much, the best one first."""
        found = [
            (level, fraction, stored.reduced(fraction))
            for level, stored in reversed(list(enumerate(self.levels)))
            for fraction in FRACTIONS
            if stored is not None
        ]
        able = [(level, fraction, reduced) for level, fraction, reduced in found if reduced is not None]
        self.levels += [reduced for _, _, reduced in able]
        return [(level, fraction) for level, fraction, _ in able]

    def read(self, level: int, x: int, y: int, width: int, height: int, factor: int = 1) -> Pixels | None:
        """A rectangle inside a level, uint8 (height, width, 3); None where this is OpenSlide's business.

        With a factor, the means of squares of `factor` × `factor` pixels where none lies in two tiles; width and
        height are multiples of it. The caller owns the pixels. Raises GapInTile for a tile of which OpenSlide would
        make plausible pixels.
        """
        stored = self.levels[level]
        if stored is None:
            return None
        try:
            if factor == 1 and stored.is_tile(x, y, width, height):
                index = y // height * stored.across + x // width
                return self._decoded(stored, index, tile_memory(stored.shape))
            return self._assembled(level, stored, (x, y, width, height), factor)
        except GapInTile:
            raise
        except Exception:  # noqa: BLE001 - whatever a codec raises, OpenSlide's pixels or its error decide
            return None

    def _assembled(self, level: int, stored: StoredLevel, place: Place, factor: int) -> Pixels | None:
        x, y, width, height = place
        sides = (x, y, stored.tile_width, stored.tile_height)
        if factor > 1 and any(side % factor for side in sides):
            return None
        pixels = np.empty((height // factor, width // factor, 3), np.uint8)
        columns = _spans(x, width, stored.tile_width, stored.width)
        for row in _spans(y, height, stored.tile_height, stored.height):
            rows = pixels[row.begin // factor : row.end // factor]
            for column in columns:
                whole = row.is_whole and column.is_whole
                tile = self._tile(level, stored, row.number * stored.across + column.number, whole=whole)
                if tile is None:
                    return None
                target, part = rows[:, column.begin // factor : column.end // factor], tile[row.inside, column.inside]
                if factor == 1:
                    target[...] = part
                else:
                    write_means(part, factor, target)
        return pixels

    def _tile(self, level: int, stored: StoredLevel, index: int, *, whole: bool) -> Pixels | None:
        """A tile; one that is needed only in part is kept, since its other part is likely to be asked for next.

        The others lie in memory that the thread's next tile takes again.
        """
        if whole:
            return self._decoded(stored, index, self._scratch.of(stored.shape))
        key = (level, index)
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._decoded(stored, index, tile_memory(stored.shape))
            if tile is not None:
                self._tiles.put(key, tile, tile.nbytes)
        return tile

    def _decoded(self, stored: StoredLevel, index: int, memory: Pixels) -> Pixels | None:
        count = stored.counts[index]
        if count == 0:
            return None
        data = _bytes(self._file, stored.offsets[index], count)
        wide, high = stored.tile_width * stored.fraction, stored.tile_height * stored.fraction
        if has_gap(data, stored.compression, wide, high):
            row, col = divmod(index, stored.across)
            raise GapInTile(col * stored.tile_width, row * stored.tile_height)
        tile = stored.decode(data, memory)
        return tile if tile.shape == stored.shape and tile.dtype == np.uint8 else None


class _Span(NamedTuple):
    """What a row or column of tiles gives of a rectangle: from … to in the rectangle, and which part of the tile."""

    number: int
    begin: int
    end: int
    inside: slice
    is_whole: bool


def _spans(start: int, length: int, tile_px: int, level_px: int) -> list[_Span]:
    """Along one axis; a tile at the level's end counts as whole where all that belongs to the level is needed."""
    spans = []
    for number in range(start // tile_px, (start + length - 1) // tile_px + 1):
        edge = number * tile_px - start
        begin, end = max(0, edge), min(length, edge + tile_px)
        is_whole = edge >= 0 and min(edge + tile_px, level_px - start) <= length
        spans.append(_Span(number, begin, end, slice(begin - edge, end - edge), is_whole))
    return spans


def _bytes(file: BinaryIO, offset: int, count: int) -> bytes:
    data = os.pread(file.fileno(), count, offset)
    if len(data) != count:
        raise EOFError("the file ends within a tile")
    return data


def _levels(path: Path, stored: BinaryIO) -> dict[tuple[int, int], StoredLevel]:
    """The images of a file that can be read directly, by width and height; the first of a size counts."""
    if not hasattr(os, "pread") or not is_tiff(os.pread(stored.fileno(), 4, 0)):
        return {}
    found: dict[tuple[int, int], StoredLevel] = {}
    with path.open("rb") as file:
        walk = TiffWalk(path.name, file, path.stat().st_size)
        for directory in walk.directories():
            level = _level(walk, directory, stored)
            if level is not None:
                found.setdefault((level.width, level.height), level)
    return found


def _level(walk: TiffWalk, directory: Directory, file: BinaryIO) -> StoredLevel | None:
    def value(tag: int, default: int = 0) -> int:
        return walk.value(directory, tag, default)

    plain = value(_SAMPLES, 1) == 3 and value(_BITS, 1) == 8 and value(_PLANAR, 1) == 1 and not value(_EXTRA)
    width, height = value(_TILE_WIDTH), value(_TILE_LENGTH)
    if not plain or not 0 < width <= LARGEST_TILE_PX or not 0 < height <= LARGEST_TILE_PX:
        return None
    decode = _decoder(walk, directory, (height, width, 3), file)
    offsets, counts = (_table(walk, directory, tag, file) for tag in (_OFFSETS, _COUNTS))
    if decode is None or offsets is None or counts is None:
        return None
    compression = value(_COMPRESSION, _NONE)
    return StoredLevel(value(_WIDTH), value(_LENGTH), width, height, offsets, counts, compression, decode)


def _table(walk: TiffWalk, directory: Directory, tag: int, file: BinaryIO) -> NumberTable | None:
    entry = directory.get(tag)
    code = _TABLE_TYPES.get(entry.kind) if entry is not None else None
    if entry is None or code is None:
        return None
    return NumberTable(file, entry.place, entry.count, f"{walk.order}{code}")


def _decoder(walk: TiffWalk, directory: Directory, shape: tuple[int, int, int], file: BinaryIO) -> Decode | None:
    """What turns the bytes of a tile into pixels; None for compressions that are left to OpenSlide."""
    compression = walk.value(directory, _COMPRESSION, _NONE)
    if compression == _JPEG:
        return _jpeg_decoder(walk, directory, file)
    unpack = _UNPACK.get(compression)
    if unpack is None or walk.value(directory, _PHOTOMETRIC, 0) != _RGB:
        return None
    if walk.value(directory, _PREDICTOR, 1) == _HORIZONTAL:
        return lambda data, _: imagecodecs.delta_decode(_shaped(unpack(data), shape), axis=-2)
    return lambda data, _: _shaped(unpack(data), shape)


_UNPACK: dict[int, Callable[[bytes], Any]] = {
    _NONE: lambda data: data,
    _LZW: imagecodecs.lzw_decode,
    _DEFLATE: imagecodecs.zlib_decode,
    _OLD_DEFLATE: imagecodecs.zlib_decode,
}


def _shaped(data: Any, shape: tuple[int, int, int]) -> Pixels:
    return np.frombuffer(data, np.uint8, count=shape[0] * shape[1] * shape[2]).reshape(shape)


def _jpeg_decoder(walk: TiffWalk, directory: Directory, file: BinaryIO) -> Decode | None:
    photometric = walk.value(directory, _PHOTOMETRIC, 0)
    if photometric not in (_RGB, _YCBCR):
        return None
    entry = directory.get(_TABLES)
    tables = _bytes(file, entry.place, entry.count) if entry is not None else b""
    return JpegTiles(tables, is_rgb=photometric == _RGB)
