"""Which tiles a view needs and in what order: what is seen first, then what will be seen."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import VirtualPyramid, ancestor

# A tile so many levels coarser covers 64 tiles: it fills a jump's view before the sharp ones have been read.
COARSE_STEP = 3
FEW_TILES = 3


@dataclass(frozen=True, slots=True)
class View:
    """What the screen shows: level-0 points in its corners, in turn, and level-0 pixels per device pixel.

    Which plane it is of, and which variant of reading it.
    """

    corners: tuple[Point, Point, Point, Point]
    downsample: float
    plane: int = 0
    variant: int = 0

    def moved(self, dx: float, dy: float) -> View:
        """The same view elsewhere, in level-0 pixels."""
        first, second, third, fourth = (Point(corner.x + dx, corner.y + dy) for corner in self.corners)
        return replace(self, corners=(first, second, third, fourth))

    def touches(self, other: View) -> bool:
        """True where the upright rectangles around both views share something."""
        return not self.bounds.intersect(other.bounds).is_empty

    @property
    def bounds(self) -> Region:
        """The upright rectangle around the view."""
        xs, ys = [corner.x for corner in self.corners], [corner.y for corner in self.corners]
        return Region(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

    @property
    def center(self) -> Point:
        """The level-0 point in the middle."""
        return Point(sum(c.x for c in self.corners) / 4, sum(c.y for c in self.corners) / 4)


def tiles_in_view(pyramid: VirtualPyramid, view: View, level: int) -> list[TileKey]:
    """The tiles of a level that the view touches, those nearest to its middle first; a turned view is a rhomb."""
    span = pyramid.span(level)
    corners = np.array([(corner.x, corner.y) for corner in view.corners]) / span
    low, high = corners.min(axis=0), corners.max(axis=0)
    grid_rows, grid_cols = pyramid.grid(level)
    rows = np.arange(max(0, int(np.floor(low[1]))), min(grid_rows, int(np.floor(high[1])) + 1))
    cols = np.arange(max(0, int(np.floor(low[0]))), min(grid_cols, int(np.floor(high[0])) + 1))
    tiles = np.stack(np.meshgrid(cols, rows), axis=-1).reshape(-1, 2)
    tiles = tiles[_touched(tiles, corners)]
    distance = np.hypot(*(tiles + 0.5 - corners.mean(axis=0)).T)
    nearest = tiles[np.argsort(distance, kind="stable")]
    return [TileKey(view.plane, level, int(row), int(col), view.variant) for col, row in nearest]


def wanted_tiles(
    pyramid: VirtualPyramid,
    view: View,
    seen: Sequence[TileKey],
    cached: Container[TileKey],
    *,
    coarse_first: bool = True,
) -> list[TileKey]:
    """What to read for the tiles seen; `cached` tells what is at hand.

    The overview comes before all. `coarse_first` puts coarse tiles before the sharp ones: where these take long.
    """
    overview = pyramid.all_tiles(pyramid.coarsest, view.plane, view.variant)
    missing = [key for key in seen if key not in cached]
    wanted = [*overview, *(_coarse_first(pyramid, missing, cached) if coarse_first else ()), *missing]
    return [key for key in dict.fromkeys(wanted) if key not in cached]


def _coarse_first(pyramid: VirtualPyramid, missing: Sequence[TileKey], cached: Container[TileKey]) -> list[TileKey]:
    """Coarse tiles over missing ones, where nothing better than the overview is at hand and many are missing."""
    if len(missing) <= FEW_TILES or missing[0].level + COARSE_STEP >= pyramid.coarsest:
        return []
    bare = [key for key in missing if not any(ancestor(key, up) in cached for up in range(1, COARSE_STEP + 1))]
    return [ancestor(key, COARSE_STEP) for key in bare]


def _touched(tiles: NDArray[np.intp], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which unit squares touch the view's rectangle: apart along an axis of the view means apart."""
    touched = np.ones(len(tiles), np.bool_)
    for axis in (corners[1] - corners[0], corners[3] - corners[0]):
        along = corners @ axis
        near = tiles @ axis + np.minimum(axis, 0).sum()
        touched &= (near <= along.max()) & (near + np.abs(axis).sum() >= along.min())
    return touched
