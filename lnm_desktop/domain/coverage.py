"""How an image is divided to tell which parts of it were looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lnm_desktop.domain.geometry import Point, Region, Size
from lnm_desktop.domain.image import Calibration

CELL_UM = 64.0
UNCALIBRATED_CELL_PX = 256.0
LEAST_CELL_PX = 8.0
READING_MAGNIFICATION = 10.0
MPP_AT_1X = 10.0


@dataclass(frozen=True, slots=True)
class CoverageGrid:
    """Cells of `cell` level-0 pixels from (0, 0) on that fill `size`; those at the right and lower edge are cut."""

    size: Size
    cell: Size

    def __post_init__(self) -> None:
        if min(self.size.width, self.size.height, self.cell.width, self.cell.height) <= 0:
            raise ValueError("a grid needs an extent and cells")

    @property
    def columns(self) -> int:
        """How many cells lie beside one another."""
        return math.ceil(self.size.width / self.cell.width)

    @property
    def rows(self) -> int:
        """How many cells lie below one another."""
        return math.ceil(self.size.height / self.cell.height)

    def region(self, column: int, row: int) -> Region:
        """The part of the image that a cell covers."""
        x, y = column * self.cell.width, row * self.cell.height
        width, height = min(self.cell.width, self.size.width - x), min(self.cell.height, self.size.height - y)
        return Region(x, y, width, height)

    def center(self, column: int, row: int) -> Point:
        """The middle of a cell."""
        region = self.region(column, row)
        return Point(region.x + region.width / 2, region.y + region.height / 2)


def grid_of(size: Size, calibration: Calibration) -> CoverageGrid:
    """Cells of 64 µm where the pixel size is known, else of 256 pixels, which is as much at 40×."""
    if not calibration.is_known:
        return CoverageGrid(size, Size(UNCALIBRATED_CELL_PX, UNCALIBRATED_CELL_PX))
    width, height = (max(LEAST_CELL_PX, CELL_UM / mpp) for mpp in (calibration.mpp_x, calibration.mpp_y))
    return CoverageGrid(size, Size(width, height))


def reading_downsample(objective: float | None, calibration: Calibration) -> float | None:
    """The coarsest downsample that counts as looked at (10×); None where no magnification can be told.

    As everywhere in the window, the objective counts first; without one, 10 µm per screen pixel are 1×.
    """
    if objective:
        return objective / READING_MAGNIFICATION
    return MPP_AT_1X / (READING_MAGNIFICATION * calibration.mpp) if calibration.is_known else None
