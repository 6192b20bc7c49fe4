"""How a region is cut into a model's tiles: a grid of cells, one tile around the centre of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from lnm_desktop.domain.geometry import Geometry, Point, Region, Ring, Shape, Size
from lnm_desktop.domain.image import Kernel, RegionRequest
from lnm_desktop.imaging.tissue import TissueMask

_AREAS = frozenset({Shape.POLYGON, Shape.SPLINE, Shape.RECTANGLE})


@dataclass(frozen=True)
class TilePlan:
    """A grid over a level-0 region; cell (column, row) is `stride_px` wide at the model's resolution.

    A tile of `tile_px` lies around its cell's centre; with a tile larger than the stride, tiles overlap. The last
    cells may reach beyond the region, so that nothing of it is left out. `chosen` is bool (rows, columns).
    `tissue_threshold` and `tissue_cell_px` (level-0 pixels) tell by which mask cells were chosen; None: by none.
    """

    region: Region
    tile_px: int
    stride_px: int
    downsample: float
    chosen: NDArray[np.bool_]
    tissue_threshold: float | None = None
    tissue_cell_px: float | None = None

    @property
    def origin(self) -> Point:
        """Top left corner of cell (0, 0) in level-0 pixels."""
        return Point(self.region.x, self.region.y)

    @property
    def cell(self) -> Size:
        """Size of a cell in level-0 pixels."""
        return Size(self.stride_px * self.downsample, self.stride_px * self.downsample)

    @property
    def columns(self) -> int:
        """Number of cells from left to right."""
        return self.chosen.shape[1]

    @property
    def rows(self) -> int:
        """Number of cells from top to bottom."""
        return self.chosen.shape[0]

    def __len__(self) -> int:
        """Number of chosen cells."""
        return int(self.chosen.sum())

    def cells(self) -> NDArray[np.intp]:
        """Chosen cells as (n, 2) of column and row, row by row."""
        return np.argwhere(self.chosen)[:, ::-1]

    def center(self, column: int, row: int) -> Point:
        """Centre of a cell and of its tile in level-0 pixels."""
        cell = self.cell
        return Point(self.region.x + (column + 0.5) * cell.width, self.region.y + (row + 0.5) * cell.height)

    def cell_region(self, column: int, row: int) -> Region:
        """What a cell spans in level-0 pixels."""
        return _square(self.center(column, row), self.stride_px * self.downsample)

    def tile_region(self, column: int, row: int) -> Region:
        """What a tile spans in level-0 pixels; reading it at `downsample` gives tile_px × tile_px."""
        return _square(self.center(column, row), self.tile_px * self.downsample)

    def in_tissue(self, tissue: TissueMask, least_fraction: float = 0.5) -> TilePlan:
        """Only the cells whose own square is tissue by at least this part."""
        if not self.chosen.size:
            return self
        edges_x = self.region.x + np.arange(self.columns + 1, dtype=np.float64) * self.cell.width
        edges_y = self.region.y + np.arange(self.rows + 1, dtype=np.float64) * self.cell.height
        plan = self._with(self.chosen & (tissue.fractions(edges_x, edges_y) >= least_fraction))
        return replace(plan, tissue_threshold=tissue.threshold, tissue_cell_px=tissue.downsample_x)

    def inside(self, geometries: Iterable[Geometry]) -> TilePlan:
        """Only the cells whose centre lies in one of the areas (holes are outside); dots and lines have no area."""
        areas = [geometry for geometry in geometries if geometry.shape in _AREAS]
        covered = np.zeros_like(self.chosen)
        for geometry in areas:
            covered |= self._covered(geometry)
        return self._with(self.chosen & covered)

    def _covered(self, geometry: Geometry) -> NDArray[np.bool_]:
        covered = self._ring(geometry.points)
        for hole in geometry.holes:
            covered &= ~self._ring(hole)
        return covered

    def _ring(self, ring: Ring) -> NDArray[np.bool_]:
        """Cells whose centres lie in a ring; in polygon2mask's frame pixel (r, c) is the point (r, c)."""
        cell = self.cell
        vertices = [
            ((point.y - self.region.y) / cell.height - 0.5, (point.x - self.region.x) / cell.width - 0.5)
            for point in ring
        ]
        return polygon2mask(self.chosen.shape, np.array(vertices))

    def _with(self, chosen: NDArray[np.bool_]) -> TilePlan:
        return replace(self, chosen=chosen)


def plan_tiles(region: Region, tile_px: int, stride_px: int, downsample: float) -> TilePlan:
    """All cells that are needed to cover a level-0 region. Raises ValueError for sizes that are not positive."""
    if tile_px <= 0 or stride_px <= 0 or not (math.isfinite(downsample) and downsample > 0):
        raise ValueError("tile, stride and downsample must be positive")
    step = stride_px * downsample
    rows, columns = (max(0, math.ceil(extent / step - 1e-9)) for extent in (region.height, region.width))
    return TilePlan(region, tile_px, stride_px, downsample, np.ones((rows, columns), dtype=np.bool_))


def tile_requests(plan: TilePlan, kernel: Kernel) -> Iterator[RegionRequest]:
    """What to read for each chosen tile, row by row; the kernel decides what a model sees, so it must be named."""
    for column, row in plan.cells().tolist():
        yield RegionRequest(plan.tile_region(column, row), plan.downsample, kernel=kernel)


def bounds_of(geometries: Sequence[Geometry]) -> Region:
    """The smallest region that holds all shapes. Raises ValueError for none."""
    if not geometries:
        raise ValueError("no shapes to bound")
    boxes = [geometry.bounds for geometry in geometries]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Region(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)


def _square(center: Point, side: float) -> Region:
    return Region(center.x - side / 2, center.y - side / 2, side, side)
