"""The only place that flips x/y to row/column and adds napari's half pixel.

Domain: level-0 pixels, x before y, (0, 0) the top left corner of the first pixel. napari: row before column,
(0, 0) the *centre* of the first pixel, multiplied by the layer's scale (micrometres per pixel, or 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.prediction import HeatmapGrid

HALF_PIXEL = 0.5


@dataclass(frozen=True, slots=True)
class Placement:
    """Where level-0 pixels lie in napari's world: in micrometres when calibrated, else in pixels."""

    scale: tuple[float, float]
    unit: str

    @classmethod
    def of(cls, calibration: Calibration) -> Placement:
        """The placement of an image; unknown pixel sizes give pixels."""
        if calibration.is_known:
            return cls((calibration.mpp_y, calibration.mpp_x), "um")
        return cls((1.0, 1.0), "pixel")

    @property
    def units(self) -> tuple[str, str]:
        """The unit of both axes, the same on every layer (napari shows no unit otherwise)."""
        return self.unit, self.unit

    @property
    def mean_scale(self) -> float:
        """World units per level-0 pixel, geometric mean of both axes."""
        return float(np.sqrt(self.scale[0] * self.scale[1]))

    def to_world(self, point: Point) -> tuple[float, float]:
        """World (row, column) of a level-0 point."""
        return (point.y - HALF_PIXEL) * self.scale[0], (point.x - HALF_PIXEL) * self.scale[1]

    def to_level0(self, row: float, col: float) -> Point:
        """The level-0 point at a world (row, column)."""
        return Point(col / self.scale[1] + HALF_PIXEL, row / self.scale[0] + HALF_PIXEL)

    def grid_scale(self, grid: HeatmapGrid) -> tuple[float, float]:
        """World size of a heat map's cell, (rows, columns)."""
        return grid.cell.height * self.scale[0], grid.cell.width * self.scale[1]

    def grid_translate(self, grid: HeatmapGrid) -> tuple[float, float]:
        """World place of the centre of a heat map's first cell."""
        center = Point(grid.origin.x + grid.cell.width / 2, grid.origin.y + grid.cell.height / 2)
        return self.to_world(center)


def to_data(points: Iterable[Point]) -> NDArray[np.float64]:
    """Points as a layer's data, shape (n, 2): row, column."""
    return np.array([(point.y - HALF_PIXEL, point.x - HALF_PIXEL) for point in points], np.float64).reshape(-1, 2)


def to_pixel(point: Point) -> tuple[int, int]:
    """Row and column of the level-0 pixel that holds a point."""
    return int(np.floor(point.y)), int(np.floor(point.x))


def grid_cell(grid: HeatmapGrid, point: Point) -> tuple[int, int] | None:
    """Row and column of the heat map's cell that holds a point, None outside."""
    row = int(np.floor((point.y - grid.origin.y) / grid.cell.height))
    col = int(np.floor((point.x - grid.origin.x) / grid.cell.width))
    return (row, col) if 0 <= row < grid.rows and 0 <= col < grid.columns else None


def region_center(region: Region) -> Point:
    """The middle of a region."""
    return Point(region.x + region.width / 2, region.y + region.height / 2)
