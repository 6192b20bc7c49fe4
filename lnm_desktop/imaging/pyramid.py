"""An image as levels of exactly ×2, cut into display tiles: nothing here reads pixels."""

from __future__ import annotations

import math

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import ImageInfo, Kernel, RegionRequest
from lnm_desktop.imaging.cache import TileKey

TILE_PX = 512
COARSEST_PX = 1024
# A level may be enlarged by so much before the next finer one, four times as many tiles, is read instead.
LEVEL_SLACK = 1.05


class VirtualPyramid:
    """Levels of downsample 1, 2, 4 … until the long side is at most `coarsest_px`.

    All levels have their corner at (0, 0) of level 0, so each lies exactly on the others, whatever factors the
    file's own levels have.
    """

    def __init__(self, info: ImageInfo, tile_px: int = TILE_PX, coarsest_px: int = COARSEST_PX) -> None:
        self.info = info
        self.tile_px = tile_px
        self.coarsest = _halvings(max(info.size.width, info.size.height), coarsest_px)

    @property
    def count(self) -> int:
        """Number of levels."""
        return self.coarsest + 1

    def level_for(self, downsample: float) -> int:
        """The coarsest level that is still sharp where one screen pixel spans so many level-0 pixels."""
        return min(max(0, math.floor(math.log2(downsample * LEVEL_SLACK))), self.coarsest)

    def span(self, level: int) -> int:
        """Level-0 pixels along the side of a tile."""
        return self.tile_px * 2**level

    def grid(self, level: int) -> tuple[int, int]:
        """Rows and columns of tiles."""
        size, span = self.info.size, self.span(level)
        return math.ceil(size.height / span), math.ceil(size.width / span)

    def all_tiles(self, level: int, plane: int = 0, variant: int = 0) -> list[TileKey]:
        """Every tile of a level, row by row."""
        rows, cols = self.grid(level)
        return [TileKey(plane, level, row, col, variant) for row in range(rows) for col in range(cols)]

    def region(self, key: TileKey) -> Region:
        """The part of the image under a tile, in level-0 pixels."""
        span = self.span(key.level)
        return Region(key.col * span, key.row * span, span, span).intersect(self.info.region)

    def request(self, key: TileKey) -> RegionRequest:
        """What to read for a tile: the whole pixels of its level that touch the image."""
        factor, region = 2**key.level, self.region(key)
        width, height = (math.ceil(extent / factor) * factor for extent in (region.width, region.height))
        return RegionRequest(Region(region.x, region.y, width, height), factor, key.plane, kernel=Kernel.AREA)


def ancestor(key: TileKey, up: int) -> TileKey:
    """The tile `up` levels coarser that holds a tile."""
    return TileKey(key.plane, key.level + up, key.row >> up, key.col >> up, key.variant)


def window_limits(info: ImageInfo) -> tuple[float, float]:
    """Lowest and highest shown value: the window by DICOM PS3.3 C.11.2.1.2.1, else all of 8 bits, else 0 to 1."""
    window = info.window
    if window is None:
        return (0.0, 255.0) if info.dtype == "uint8" else (0.0, 1.0)
    half = max(window.width - 1, 1e-6) / 2
    return window.center - 0.5 - half, window.center - 0.5 + half


def _halvings(side_px: float, limit_px: int) -> int:
    count = 0
    while math.ceil(side_px / 2**count) > limit_px:
        count += 1
    return count
