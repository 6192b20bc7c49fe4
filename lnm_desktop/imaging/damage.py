"""Every region that cannot be decoded is counted here as a part of its file, until there are too many to go on."""

from __future__ import annotations

import math
import threading
import zlib

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import ImageInfo, Level, RegionRequest
from lnm_desktop.errors import ImageDamaged, LnmError
from lnm_desktop.imaging.placement import choose_level

MOST_PARTS = 16
# The resampling filter looks so many pixels beyond a region.
FILTER_PX = 2
PART = "part"
# Zeros of the header may stand before those of the picture.
HEADER_ZEROS = 16
PIECE_BYTES = 1024**2
_DEFLATE = frozenset({8, 32946})
# LZW, JPEG and JPEG 2000: compressions that never write a long run of zeros, unlike no compression, RLE or fax.
_DENSE = _DEFLATE | {5, 6, 7, 33003, 33005, 34712}


class DamagedParts:
    """The parts of one open file that could not be decoded. Thread-safe.

    A picture full of holes is no basis for a diagnosis, nor for a model: more than 16 refuse the file for good.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._parts: list[tuple[int, int, Region]] = []
        self._lock = threading.Lock()

    def note(self, request: RegionRequest, info: ImageInfo) -> None:
        """Regions that share stored tiles may fail for one bad tile, so only those are kept: never too many count.

        Raises ImageDamaged when there are too many now.
        """
        level = choose_level(info.levels, request.downsample)
        tiles = _tiles_under(request, info.levels[level])
        with self._lock:
            self._add(request.plane, level, tiles)
        self.check()

    def check(self) -> None:
        """Raises ImageDamaged for a file with too many bad parts."""
        if len(self._parts) > MOST_PARTS:
            raise ImageDamaged(
                f"more than {MOST_PARTS} parts of {self._name} cannot be decoded, so it is not read any more",
                hint="Copy the file again from its source, then open it again.",
                parts=len(self._parts),
            )

    def _add(self, plane: int, level: int, tiles: Region) -> None:
        for index, (known_plane, known_level, known) in enumerate(self._parts):
            common = known.intersect(tiles)
            if (known_plane, known_level) == (plane, level) and not common.is_empty:
                self._parts[index] = (plane, level, common)
                return
        self._parts.append((plane, level, tiles))


def kind_of(error: LnmError) -> str:
    """What a person needs to be told once: the first bad part, the end of a file, or any other reason."""
    is_part = isinstance(error, ImageDamaged) and not {"parts", "quarantined"} & error.facts.keys()
    return PART if is_part else f"{type(error).__name__}: {error.message}"


def is_zeroed(stored: bytes, width_px: int, height_px: int) -> bool:
    """True for the stored bytes of a compressed tile that hold a gap of zeros, as a failed copy leaves it.

    JPEG decoders make plausible tissue of it without a word. The shortest code of a blank block of 8 × 8 pixels in
    three colours has 6 bits, all of which may be 0, so a longer run than that of a wholly blank tile is no picture.
    """
    run = width_px * height_px * 6 // 8 // 64 + HEADER_ZEROS
    # Such a run holds two in a row of every so many bytes; a whole search takes ten times as long.
    return b"\0\0" in stored[:: run // 2] and bytes(run) in stored


def has_gap(stored: bytes, compression: int, width_px: int, height_px: int) -> bool:
    """True for a stored TIFF tile that a failed copy has damaged; `compression` is the TIFF tag's number.

    Deflate may store black as it is, but its stream ends with a checksum, which a gap does not survive.
    """
    if compression not in _DENSE or not is_zeroed(stored, width_px, height_px):
        return False
    return compression not in _DEFLATE or not _inflates(stored)


def _inflates(stored: bytes) -> bool:
    """The stream is read in pieces, which are forgotten: it may be a bomb."""
    stream = zlib.decompressobj()
    try:
        data = stored
        while data and not stream.eof:
            stream.decompress(data, PIECE_BYTES)
            data = stream.unconsumed_tail
    except zlib.error:
        return False
    return stream.eof


def _tiles_under(request: RegionRequest, level: Level) -> Region:
    """The stored tiles that a region needs, as a region in tiles."""
    tile_x, tile_y = level.tile.width * level.downsample_x, level.tile.height * level.downsample_y
    margin_px = FILTER_PX * max(request.downsample, level.downsample_x, level.downsample_y)
    region = request.region
    left, top = math.floor((region.x - margin_px) / tile_x), math.floor((region.y - margin_px) / tile_y)
    right, bottom = math.ceil((region.right + margin_px) / tile_x), math.ceil((region.bottom + margin_px) / tile_y)
    return Region(left, top, right - left, bottom - top)
