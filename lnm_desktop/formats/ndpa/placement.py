"""Where a scan lies on its glass slide: level-0 pixels to nanometres and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.errors import FormatError

OFFSETS = ("hamamatsu.XOffsetFromSlideCentre", "hamamatsu.YOffsetFromSlideCentre")
NM_PER_UM = 1000.0


@dataclass(frozen=True, slots=True)
class SlidePlacement:
    """Level 0's size in pixels, its pixel size in µm, and its middle in nm from the middle of the glass slide."""

    size: Size
    mpp_x: float
    mpp_y: float
    offset_x_nm: float
    offset_y_nm: float

    def to_px(self, x_nm: float, y_nm: float) -> Point:
        """A place on the glass slide in level-0 pixels."""
        x = (x_nm - self.offset_x_nm) / (self.mpp_x * NM_PER_UM) + self.size.width / 2
        return Point(x, (y_nm - self.offset_y_nm) / (self.mpp_y * NM_PER_UM) + self.size.height / 2)

    def to_nm(self, point: Point) -> tuple[int, int]:
        """A level-0 pixel's place on the glass slide, in whole nanometres. Raises FormatError beyond all numbers."""
        x = (point.x - self.size.width / 2) * self.mpp_x * NM_PER_UM + self.offset_x_nm
        y = (point.y - self.size.height / 2) * self.mpp_y * NM_PER_UM + self.offset_y_nm
        if not (math.isfinite(x) and math.isfinite(y)):
            raise FormatError(
                f"The point ({point.x:g}, {point.y:g}) is too far away to be written in nanometres",
                hint="Correct or remove the annotation.",
            )
        return round(x), round(y)


def placement_of(info: ImageInfo, name: str) -> SlidePlacement:
    """The placement that a slide's properties tell. Raises FormatError naming the annotation file."""
    if not info.calibration.is_known:
        raise _unplaced(name, "the slide does not tell its pixel size")
    offsets = [_number(info.properties.get(key)) for key in OFFSETS]
    if not all(math.isfinite(offset) for offset in offsets):
        raise _unplaced(name, f"the slide does not tell its place on the glass ({' and '.join(OFFSETS)})")
    calibration = info.calibration
    return SlidePlacement(info.size, calibration.mpp_x, calibration.mpp_y, offsets[0], offsets[1])


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan


def _unplaced(name: str, reason: str) -> FormatError:
    return FormatError(
        f"{name} cannot be placed on the slide: {reason}",
        hint="Use the NDPI slide of the Hamamatsu scanner that the annotations belong to.",
    )
