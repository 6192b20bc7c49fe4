"""Points, sizes, regions and shapes in level-0 pixels.

x comes before y; (0, 0) is the top left *corner* of the first pixel, as in OpenSlide and ASAP.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Point:
    """A place in level-0 pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Size:
    """A width and a height in pixels of a stated level (level 0 where none is named)."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Region:
    """An axis-aligned rectangle in level-0 pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x just beyond the region."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y just beyond the region."""
        return self.y + self.height

    @property
    def is_empty(self) -> bool:
        """True where nothing lies inside."""
        return self.width <= 0 or self.height <= 0

    def intersect(self, other: Region) -> Region:
        """The common part; empty (zero width or height) where there is none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width = max(0.0, min(self.right, other.right) - x)
        height = max(0.0, min(self.bottom, other.bottom) - y)
        return Region(x, y, width, height)


class Shape(StrEnum):
    """What the points of a geometry mean; the first six are ASAP's types, spelt as ASAP does."""

    DOT = "Dot"
    POLYGON = "Polygon"
    SPLINE = "Spline"
    POINT_SET = "PointSet"
    MEASUREMENT = "Measurement"
    RECTANGLE = "Rectangle"


MINIMUM_POINTS = {
    Shape.DOT: 1,
    Shape.POLYGON: 3,
    Shape.SPLINE: 3,
    Shape.POINT_SET: 1,
    Shape.MEASUREMENT: 2,
    Shape.RECTANGLE: 4,
}

Ring = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Geometry:
    """A shape: open rings (the first point is not repeated), holes only in polygons, of three points or more.

    Raises ValueError for a coordinate that is not finite or for too few points.
    """

    shape: Shape
    points: Ring
    holes: tuple[Ring, ...] = ()

    def __post_init__(self) -> None:
        _check_finite(self.points)
        for hole in self.holes:
            _check_finite(hole)
        if len(self.points) < MINIMUM_POINTS[self.shape]:
            raise ValueError(
                f"a {self.shape.value} needs {MINIMUM_POINTS[self.shape]} points, this one has {len(self.points)}"
            )
        if self.holes and self.shape is not Shape.POLYGON:
            raise ValueError(f"a {self.shape.value} cannot have holes")
        if any(not is_hole(hole) for hole in self.holes):
            raise ValueError(f"a hole needs {MINIMUM_POINTS[Shape.POLYGON]} points")

    @property
    def bounds(self) -> Region:
        """The smallest region that holds every point."""
        xs = [point.x for point in self.points]
        ys = [point.y for point in self.points]
        return Region(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

    @property
    def area_px2(self) -> float:
        """Area enclosed, holes subtracted (shoelace formula); 0 for points and lines."""
        if self.shape in (Shape.DOT, Shape.POINT_SET, Shape.MEASUREMENT):
            return 0.0
        return ring_area_px2(self.points) - sum(ring_area_px2(hole) for hole in self.holes)


def rectangle(region: Region) -> Geometry:
    """A rectangle's four corners, clockwise from the top left."""
    corners = (
        Point(region.x, region.y),
        Point(region.right, region.y),
        Point(region.right, region.bottom),
        Point(region.x, region.bottom),
    )
    return Geometry(Shape.RECTANGLE, corners)


def is_hole(ring: Ring) -> bool:
    """True for a ring of so many points that it can take an area away."""
    return len(ring) >= MINIMUM_POINTS[Shape.POLYGON]


def ring_area_px2(ring: Ring) -> float:
    """Absolute area of a closed ring by the shoelace formula."""
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(a.x * b.y - b.x * a.y for a, b in pairs)) / 2


def _check_finite(ring: Ring) -> None:
    for index, point in enumerate(ring):
        if not (math.isfinite(point.x) and math.isfinite(point.y)):
            raise ValueError(f"point {index} is not a finite coordinate")
