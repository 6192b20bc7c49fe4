"""The only place that flips x/y to row/column and adds napari's half pixel.

Domain: level-0 pixels, x before y, (0, 0) the top left corner of the first pixel. napari: row before column,
(0, 0) the *centre* of the first pixel, multiplied by the layer's scale (micrometres per pixel, or 1).
"""

from __future__ import annotations

import math
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
    """Where level-0 pixels lie in napari's world: in micrometres when calibrated, else in pixels.

    The image is mirrored left to right where `mirrored` says so, then turned clockwise around the world's origin.
    """

    scale: tuple[float, float]
    unit: str
    rotation_deg: float = 0.0
    mirrored: bool = False

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
        return math.sqrt(self.scale[0] * self.scale[1])

    @property
    def matrix(self) -> NDArray[np.float64]:
        """From level-0 (x, y, 1) to world (x, y, 1), shape (3, 3)."""
        matrix = np.eye(3)
        matrix[:2, :2] = self._turn * (self.scale[1], self.scale[0])
        matrix[:2, 2] = matrix[:2, :2] @ (-HALF_PIXEL, -HALF_PIXEL)
        return matrix

    @property
    def affine(self) -> NDArray[np.float64]:
        """What a layer that is scaled already needs besides, in napari's order (row, column, 1), shape (3, 3)."""
        affine = np.eye(3)
        affine[:2, :2] = self._turn[::-1, ::-1]
        return affine

    def to_world(self, point: Point) -> tuple[float, float]:
        """World (row, column) of a level-0 point."""
        x, y, _ = self.matrix @ (point.x, point.y, 1.0)
        return float(y), float(x)

    def to_level0(self, row: float, col: float) -> Point:
        """The level-0 point at a world (row, column)."""
        x, y = self._turn.T @ (col, row)
        return Point(float(x) / self.scale[1] + HALF_PIXEL, float(y) / self.scale[0] + HALF_PIXEL)

    @property
    def _turn(self) -> NDArray[np.float64]:
        """Mirror and rotation of (x, y) with y pointing down, shape (2, 2)."""
        angle = math.radians(self.rotation_deg)
        turn = np.array([(math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))])
        return turn * ((-1.0 if self.mirrored else 1.0), 1.0)

    def grid_scale(self, grid: HeatmapGrid) -> tuple[float, float]:
        """World size of a heat map's cell, (rows, columns)."""
        return grid.cell.height * self.scale[0], grid.cell.width * self.scale[1]

    def grid_translate(self, grid: HeatmapGrid) -> tuple[float, float]:
        """World place of the centre of a heat map's first cell, before it is turned."""
        x, y = grid.origin.x + grid.cell.width / 2, grid.origin.y + grid.cell.height / 2
        return (y - HALF_PIXEL) * self.scale[0], (x - HALF_PIXEL) * self.scale[1]


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
