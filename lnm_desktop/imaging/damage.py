"""Every region that cannot be decoded passes through here: counted as a part, until there are too many to go on."""

from __future__ import annotations

import math
import threading

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import ImageInfo, Level, RegionRequest
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.placement import choose_level
from lnm_desktop.imaging.reader import ImageReader

MOST_PARTS = 16
# The resampling filter looks so many pixels beyond a region.
FILTER_PX = 2


class WatchedReader(ImageReader):
    """A reader that refuses a file for good once more than 16 of its parts could not be decoded.

    A picture full of holes is no basis for a diagnosis, nor for a model.
    """

    def __init__(self, reader: ImageReader, name: str) -> None:
        self._reader = reader
        self._name = name
        self._parts: list[tuple[int, int, Region]] = []
        self._lock = threading.Lock()
        self.thread_safe = reader.thread_safe

    @property
    def info(self) -> ImageInfo:
        """See `ImageReader.info`."""
        return self._reader.info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        self._check()
        try:
            return self._reader.read_region(request)
        except ImageDamaged:
            self._note(request)
            self._check()
            raise

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """See `ImageReader.read_associated`."""
        return self._reader.read_associated(name)

    def close(self) -> None:
        """See `ImageReader.close`."""
        self._reader.close()

    def _note(self, request: RegionRequest) -> None:
        """Regions with tiles in common may fail for one bad tile, so only those are kept: never too many count."""
        level = choose_level(self.info.levels, request.downsample)
        tiles = _tiles_under(request, self.info.levels[level])
        with self._lock:
            for index, (plane, known_level, known) in enumerate(self._parts):
                common = known.intersect(tiles)
                if (plane, known_level) == (request.plane, level) and not common.is_empty:
                    self._parts[index] = (plane, level, common)
                    return
            self._parts.append((request.plane, level, tiles))

    def _check(self) -> None:
        if len(self._parts) > MOST_PARTS:
            raise ImageDamaged(
                f"more than {MOST_PARTS} parts of {self._name} cannot be decoded, so it is not read any more",
                hint="Copy the file again from its source, then open it again.",
                parts=len(self._parts),
            )


def is_zeroed(stored: bytes, width_px: int, height_px: int) -> bool:
    """True for the stored bytes of a compressed tile that hold a gap of zeros, as a failed copy leaves it.

    JPEG decoders make plausible tissue of it without a word. The shortest code of a blank block of 8 × 8 pixels in
    three colours has 6 bits, all of which may be 0, so a longer run than that of a wholly blank tile is no picture.
    """
    return bytes(width_px * height_px // 64 + 1) in stored


def _tiles_under(request: RegionRequest, level: Level) -> Region:
    """The stored tiles that a region needs, as a region in tiles."""
    tile_x, tile_y = level.tile.width * level.downsample_x, level.tile.height * level.downsample_y
    margin_px = FILTER_PX * max(request.downsample, level.downsample_x, level.downsample_y)
    region = request.region
    left, top = math.floor((region.x - margin_px) / tile_x), math.floor((region.y - margin_px) / tile_y)
    right, bottom = math.ceil((region.right + margin_px) / tile_x), math.ceil((region.bottom + margin_px) / tile_y)
    return Region(left, top, right - left, bottom - top)
