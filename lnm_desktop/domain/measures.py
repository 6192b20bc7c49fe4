"""What a drawn shape measures: lengths in µm, in level-0 pixels where the pixel size is unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.staging import longest_diameter

_POINTS = (Shape.DOT, Shape.POINT_SET)


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one shape; None for what it has not. `unit` is "µm" or "px", of areas its square.

    The area is that within the outline less its holes, the perimeter that of the outline and its holes, the longest
    diameter the greatest distance between two points of the outline. A ruler has a length, an angle its degrees.
    """

    unit: str
    area: float | None = None
    perimeter: float | None = None
    longest: float | None = None
    length: float | None = None
    angle_deg: float | None = None


def measure(geometry: Geometry, calibration: Calibration) -> Measures:
    """Measure a shape; pixels that are not square count as they are."""
    unit = "µm" if calibration.is_known else "px"
    across, down = pixel(calibration)
    if geometry.shape in _POINTS:
        return Measures(unit)
    if geometry.shape is Shape.MEASUREMENT:
        angle = angle_deg(geometry.points, across, down) if len(geometry.points) == 3 else None
        return Measures(unit, length=length(geometry.points, across, down), angle_deg=angle)
    rings = ((*ring, ring[0]) for ring in (geometry.points, *geometry.holes) if ring)
    perimeter = sum(length(ring, across, down) for ring in rings)
    longest, _ = longest_diameter(geometry.points, across, down)
    return Measures(unit, geometry.area_px2 * across * down, perimeter, longest)


def pixel(calibration: Calibration) -> tuple[float, float]:
    """Width and height of a pixel: in µm, 1 × 1 where they are unknown."""
    return (calibration.mpp_x, calibration.mpp_y) if calibration.is_known else (1.0, 1.0)


def length(points: Sequence[Point], across: float = 1.0, down: float = 1.0) -> float:
    """How long an open line is; x counts `across` and y `down` per pixel."""
    return sum(math.hypot((b.x - a.x) * across, (b.y - a.y) * down) for a, b in pairwise(points))


def angle_deg(points: Sequence[Point], across: float = 1.0, down: float = 1.0) -> float:
    """The angle at the second of three points, 0 to 180 degrees."""
    first, middle, last = points[:3]
    (ax, ay), (bx, by) = (((end.x - middle.x) * across, (end.y - middle.y) * down) for end in (first, last))
    return math.degrees(abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by)))
