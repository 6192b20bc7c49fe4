"""How an image is divided to tell which parts of it were looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lnm_desktop.domain.geometry import Point, Region, Size
from lnm_desktop.domain.image import Calibration

CELL_UM = 64.0
UNCALIBRATED_CELL_PX = 256.0
LEAST_CELL_PX = 8.0
MOST_CELLS_ALONG = 2048
READING_MAGNIFICATION = 10.0
MPP_AT_1X = 10.0


@dataclass(frozen=True, slots=True)
class CoverageGrid:
    """An image of `size` level-0 pixels, divided evenly into columns and rows of cells from (0, 0) on."""

    size: Size
    columns: int
    rows: int

    def __post_init__(self) -> None:
        if min(self.size.width, self.size.height, self.columns, self.rows) <= 0:
            raise ValueError("a grid needs an extent and cells")

    @property
    def cell(self) -> Size:
        """The extent of a cell in level-0 pixels."""
        return Size(self.size.width / self.columns, self.size.height / self.rows)

    def region(self, column: int, row: int) -> Region:
        """The part of the image that a cell covers."""
        cell = self.cell
        return Region(column * cell.width, row * cell.height, cell.width, cell.height)

    def center(self, column: int, row: int) -> Point:
        """The middle of a cell."""
        return Point((column + 0.5) * self.cell.width, (row + 0.5) * self.cell.height)


def grid_of(size: Size, calibration: Calibration) -> CoverageGrid:
    """Cells of at most 64 µm where the pixel size is known, else of 256 pixels, which is as much at 40×.

    Only a plane of more than 13 cm has larger ones, so that a grid never grows beyond measure.
    """
    wanted = (UNCALIBRATED_CELL_PX, UNCALIBRATED_CELL_PX)
    if calibration.is_known:
        wanted = (CELL_UM / calibration.mpp_x, CELL_UM / calibration.mpp_y)
    columns, rows = (
        min(MOST_CELLS_ALONG, math.ceil(extent / max(LEAST_CELL_PX, cell)))
        for extent, cell in zip((size.width, size.height), wanted, strict=True)
    )
    return CoverageGrid(size, columns, rows)


def reading_downsample(objective: float | None, calibration: Calibration) -> float | None:
    """The coarsest downsample that counts as looked at (10×); None where no magnification can be told.

    As everywhere in the window, the objective counts first; without one, 10 µm per screen pixel are 1×.
    """
    if objective:
        return objective / READING_MAGNIFICATION
    return MPP_AT_1X / (READING_MAGNIFICATION * calibration.mpp) if calibration.is_known else None
