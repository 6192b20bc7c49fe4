"""Every TIFF passes through here before a decoder: a bounded walk over its directories, arithmetic only."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import ImageDamaged, ImageUnsupported

MAXIMUM_DIRECTORIES = 4096
MAXIMUM_ENTRIES = 4096
MAXIMUM_TILE_BYTES = 256 * 1024**2
MAXIMUM_EDGE_PX = 4_000_000
MAXIMUM_OFFSETS = 8_000_000
_COPY_AGAIN = "Copy the file again from its source."
_CONVERT = "Convert it to a tiled, pyramidal TIFF with JPEG, LZW or deflate compression."
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGER_FORMATS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_WIDTH, _LENGTH, _BITS, _COMPRESSION, _SAMPLES, _PLANAR = 256, 257, 258, 259, 277, 284
_ROWS_PER_STRIP, _TILE_WIDTH, _TILE_LENGTH = 278, 322, 323
_NDPI = 65420
_SUB_IFDS = 330
_ASCII = 2
_OFFSETS_AND_COUNTS = ((324, 325), (273, 279))
_COMPRESSIONS = frozenset(
    {1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 33003, 33004, 33005, 34661, 34712, 34713, 34887, 34892, 34925}
    | {34933, 34934, 50000, 50001, 50002, 22610}
)


def is_tiff(head: bytes) -> bool:
    """True for the first bytes of a TIFF or BigTIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def check_tiff(path: Path, size_bytes: int, spared_tiles: int = 1) -> None:
    """Refuse what would hang, exhaust or mislead a decoder. Raises ImageDamaged, ImageUnsupported.

    So many tiles may reach beyond the end of the file: the rest of a slide is worth seeing, and reading
    such a tile fails. A decoder that fills gaps in silence must spare none.
    """
    cut: list[int] = []
    stored = 0
    with path.open("rb") as file:
        walk = TiffWalk(path.name, file, size_bytes)
        for directory in walk.directories():
            if _NDPI in directory:
                return  # its strips are whole levels and its offsets wrap at 4 GiB: only OpenSlide understands it
            for one in (directory, *walk.sub_directories(directory)):
                ends = walk.check(one)
                stored += len(ends)
                cut += [int(end) for end in ends[ends > size_bytes]]
    if stored == 0:
        raise ImageDamaged(f"{path.name} stores no pixels in any of its images", hint=_COPY_AGAIN)
    if len(cut) > spared_tiles:
        raise _truncated(path.name, max(cut), size_bytes)


@dataclass(frozen=True, slots=True)
class Entry:
    """Type, count and where the values lie in the file."""

    kind: int
    count: int
    place: int


Directory = dict[int, Entry]


class TiffWalk:
    """One pass over the chain of directories, never twice over one."""

    def __init__(self, name: str, file: BufferedReader, size_bytes: int) -> None:
        self.name = name
        self._file = file
        self._size = size_bytes
        head = self._read(0, 8)
        self.order = "<" if head[:2] == b"II" else ">"
        self._big = self._unpack("H", head[2:4])[0] == 43
        self._first = self._unpack("Q", self._read(8, 8))[0] if self._big else self._unpack("I", head[4:8])[0]

    def directories(self) -> Iterator[Directory]:
        """Each image's entries by tag. Raises ImageDamaged."""
        seen: set[int] = set()
        offset = self._first
        if offset == 0:
            raise ImageDamaged(f"{self.name} is a TIFF without any image", hint=_COPY_AGAIN)
        while offset:
            if offset in seen or len(seen) >= MAXIMUM_DIRECTORIES:
                raise ImageDamaged(
                    f"{self.name}: its list of images is damaged (it runs in a loop or is longer than "
                    f"{MAXIMUM_DIRECTORIES})",
                    hint=_COPY_AGAIN,
                )
            seen.add(offset)
            directory, offset = self._read_directory(offset)
            yield directory

    def sub_directories(self, directory: Directory) -> Iterator[Directory]:
        """The images that one lists beside the chain, as OME-TIFF keeps reduced levels. Raises ImageDamaged."""
        offsets = self.values(directory[_SUB_IFDS]) if _SUB_IFDS in directory else ()
        if len(offsets) > MAXIMUM_DIRECTORIES:
            raise ImageDamaged(f"{self.name} lists {len(offsets)} reduced images of one", hint=_COPY_AGAIN)
        for offset in offsets:
            yield self._read_directory(offset)[0]

    def check(self, directory: Directory) -> NDArray[np.uint64]:
        """Where in the file each tile or strip of this image that holds anything ends."""
        self._check_compression(directory)
        self._check_sizes(directory)
        for offsets, counts in _OFFSETS_AND_COUNTS:
            if offsets in directory and counts in directory:
                return self._ends(directory[offsets], directory[counts])
        return np.empty(0, np.uint64)

    def _read_directory(self, offset: int) -> tuple[Directory, int]:
        count_size, entry_size, link = (8, 20, "Q") if self._big else (2, 12, "I")
        count = self._unpack("Q" if self._big else "H", self._read(offset, count_size))[0]
        if not 0 < count <= MAXIMUM_ENTRIES:
            raise ImageDamaged(f"{self.name}: an image directory claims {count} entries", hint=_COPY_AGAIN)
        link_size = struct.calcsize("<" + link)
        data = self._read(offset + count_size, count * entry_size + link_size)
        start = offset + count_size
        entries = {}
        for index in range(count):
            tag, entry = self._entry(data[index * entry_size :][:entry_size], start + index * entry_size)
            entries[tag] = entry
        return entries, self._unpack(link, data[-link_size:])[0]

    def _entry(self, data: bytes, place: int) -> tuple[int, Entry]:
        tag, kind = self._unpack("HH", data[:4])
        count = self._unpack("Q" if self._big else "I", data[4:12] if self._big else data[4:8])[0]
        inline, value_at = (8, 12) if self._big else (4, 8)
        if _TYPE_SIZES.get(kind, 1) * count <= inline:
            return tag, Entry(kind, count, place + value_at)
        value = self._unpack("Q" if self._big else "I", data[value_at : value_at + inline])[0]
        return tag, Entry(kind, count, value)

    def values(self, entry: Entry) -> tuple[int, ...]:
        """The whole numbers of an entry, none of another type. Raises ImageDamaged."""
        return tuple(int(value) for value in self._table(entry))

    def _table(self, entry: Entry) -> NDArray[Any]:
        code = _INTEGER_FORMATS.get(entry.kind)
        if code is None or entry.count == 0:
            return np.empty(0, np.uint64)
        if entry.count > MAXIMUM_OFFSETS:
            raise ImageDamaged(f"{self.name} claims {entry.count} tiles in one image", hint=_COPY_AGAIN)
        data = self._read(entry.place, entry.count * _TYPE_SIZES[entry.kind])
        return np.frombuffer(data, f"{self.order}{code}")

    def value(self, directory: Directory, tag: int, default: int) -> int:
        """The first number of an entry."""
        values = self.values(directory[tag]) if tag in directory else ()
        return values[0] if values else default

    def text(self, directory: Directory, tag: int, limit_bytes: int) -> bytes:
        """The beginning of a text, empty where there is none."""
        entry = directory.get(tag)
        if entry is None or entry.kind != _ASCII:
            return b""
        return self._read(entry.place, min(entry.count, limit_bytes))

    def _check_compression(self, directory: Directory) -> None:
        code = self.value(directory, _COMPRESSION, 1)
        if code not in _COMPRESSIONS:
            raise ImageUnsupported(f"{self.name} uses the unknown TIFF compression {code}", hint=_CONVERT)

    def _check_sizes(self, directory: Directory) -> None:
        width, length = self.value(directory, _WIDTH, 0), self.value(directory, _LENGTH, 0)
        if width == 0 or length == 0:
            raise ImageDamaged(f"{self.name} holds an image of {width} × {length} pixels", hint=_COPY_AGAIN)
        if max(width, length) > MAXIMUM_EDGE_PX:
            raise ImageDamaged(
                f"{self.name} claims {width} × {length} pixels, which is implausible", hint=_COPY_AGAIN
            )
        tiled = _TILE_WIDTH in directory or _TILE_LENGTH in directory
        tile_width = self.value(directory, _TILE_WIDTH, 0) if tiled else width
        tile_length = self.value(directory, _TILE_LENGTH if tiled else _ROWS_PER_STRIP, 0 if tiled else length)
        self._check_tile(directory, tile_width, tile_length if tiled else min(tile_length, length), tiled)

    def _check_tile(self, directory: Directory, width: int, length: int, tiled: bool) -> None:
        what = "tile" if tiled else "strip"
        if width == 0 or length == 0:
            raise ImageDamaged(f"{self.name} has a {what} size of {width} × {length} pixels", hint=_COPY_AGAIN)
        samples = 1 if self.value(directory, _PLANAR, 1) == 2 else self.value(directory, _SAMPLES, 1)
        claim = width * length * samples * self.value(directory, _BITS, 1) // 8
        if claim > MAXIMUM_TILE_BYTES:
            raise ImageUnsupported(
                f"{self.name} has a {what} of {width} × {length} pixels, {claim // 1024**2} MiB: more than the "
                f"{MAXIMUM_TILE_BYTES // 1024**2} MiB that are decoded at once",
                hint=_CONVERT,
            )

    def _ends(self, offsets: Entry, counts: Entry) -> NDArray[np.uint64]:
        starts, lengths = (np.array(self._table(entry), np.uint64) for entry in (offsets, counts))
        if len(starts) != len(lengths):
            raise ImageDamaged(f"{self.name}: its tables of tile offsets and sizes disagree", hint=_COPY_AGAIN)
        return (starts + lengths)[lengths > 0]

    def _read(self, offset: int, length: int) -> bytes:
        if offset + length > self._size:
            raise _truncated(self.name, offset + length, self._size)
        self._file.seek(offset)
        return self._file.read(length)

    def _unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self.order + layout, data)


def _truncated(name: str, needs_bytes: int, has_bytes: int) -> ImageDamaged:
    return ImageDamaged(
        f"{name} is truncated: needs {needs_bytes} bytes, has {has_bytes}",
        hint=_COPY_AGAIN,
        needs_bytes=needs_bytes,
        has_bytes=has_bytes,
    )
