"""What can be made of outlined areas: united, cut, widened, smoothed. Lengths and places are level-0 pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import shapely
from shapely.affinity import scale
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import split as shapely_split

from lnm_desktop.domain.geometry import Geometry, Point, Ring, Shape
from lnm_desktop.errors import LnmError

AREAS = (Shape.POLYGON, Shape.SPLINE, Shape.RECTANGLE)
LEAST_AREA_PX2 = 1e-6
"""What is smaller is a rounding error of a cut, not a piece of tissue."""
QUARTER_SEGMENTS = 8
"""How many chords stand for a quarter of a circle."""

Pieces = tuple[Geometry, ...]


def is_area(geometry: Geometry) -> bool:
    """True for a shape that encloses something."""
    return geometry.shape in AREAS


def to_shapely(geometry: Geometry) -> BaseGeometry:
    """The area of a shape; an outline that crosses itself counts by the even-odd rule, as it is drawn.

    Raises LnmError for points and lines.
    """
    if not is_area(geometry):
        raise LnmError(f"A {geometry.shape.value.lower()} encloses no area.", hint="Choose polygons or rectangles.")
    polygon = Polygon(_pairs(geometry.points), [_pairs(hole) for hole in geometry.holes if len(hole) > 2])
    return polygon if polygon.is_valid else _polygons(shapely.make_valid(polygon))


def from_shapely(area: BaseGeometry) -> Pieces:
    """One polygon, with its holes, for each piece of an area; largest first."""
    pieces = sorted(_parts(area), key=lambda piece: piece.area, reverse=True)
    return tuple(_geometry(piece) for piece in pieces)


def united(geometries: Iterable[Geometry]) -> Pieces:
    """What lies in any of the areas."""
    return from_shapely(shapely.union_all([to_shapely(one) for one in geometries]))


def subtracted(geometry: Geometry, others: Iterable[Geometry]) -> Pieces:
    """What lies in the first area and in none of the others."""
    return from_shapely(to_shapely(geometry).difference(shapely.union_all([to_shapely(one) for one in others])))


def intersected(geometries: Sequence[Geometry]) -> Pieces:
    """What lies in all of the areas."""
    return from_shapely(shapely.intersection_all([to_shapely(one) for one in geometries]))


def overlap(first: Geometry, second: Geometry) -> bool:
    """True where two areas share some."""
    a, b = first.bounds, second.bounds
    apart = a.x > b.right or b.x > a.right or a.y > b.bottom or b.y > a.bottom
    return not apart and bool(to_shapely(first).intersection(to_shapely(second)).area > LEAST_AREA_PX2)


def split(geometry: Geometry, line: Sequence[Point]) -> Pieces:
    """The pieces that a line, lengthened to both sides beyond the area, cuts an area into."""
    cut = LineString(_pairs(_lengthened(line, geometry)))
    pieces = chain.from_iterable(shapely_split(part, cut).geoms for part in _parts(to_shapely(geometry)))
    return from_shapely(_polygons(MultiPolygon([piece for piece in pieces if isinstance(piece, Polygon)])))


def filled(geometry: Geometry) -> Geometry:
    """The area without its holes."""
    return Geometry(geometry.shape, geometry.points)


def simplified(geometry: Geometry, tolerance_px: float) -> Pieces:
    """The area with fewer vertices, none of its outline moved by more than the tolerance (Douglas–Peucker)."""
    return from_shapely(to_shapely(geometry).simplify(tolerance_px, preserve_topology=True))


def buffered(geometry: Geometry, distance_x_px: float, distance_y_px: float) -> Pieces:
    """The area grown on all sides, or shrunk by negative distances, which differ where pixels are not square."""
    stretch = distance_y_px / distance_x_px if distance_x_px else 1.0
    square = scale(to_shapely(geometry), yfact=1 / stretch, origin=(0, 0))
    grown = square.buffer(distance_x_px, quad_segs=QUARTER_SEGMENTS)
    return from_shapely(scale(grown, yfact=stretch, origin=(0, 0)))


def stroked(path: Sequence[Point], radius_px: float) -> Geometry:
    """What a round brush paints along a path. Raises ValueError for an empty path."""
    if not path:
        raise ValueError("a stroke needs a point")
    line = LineString(_pairs(path)) if len(path) > 1 else shapely.Point(path[0].x, path[0].y)
    painted = from_shapely(line.buffer(radius_px, quad_segs=QUARTER_SEGMENTS))
    return painted[0]


def tidied(geometry: Geometry, tolerance_px: float) -> Geometry:
    """A polygon with fewer vertices but no fewer holes; see `simplified`."""
    pieces = simplified(geometry, tolerance_px)
    return pieces[0] if pieces else geometry


def smooth(points: Sequence[Point], per_span: int = 12) -> Ring:
    """A closed curve through the points (uniform Catmull-Rom), `per_span` places from each to the next."""
    through = np.array(_pairs(points))
    before, after = np.roll(through, 1, axis=0), np.roll(through, -1, axis=0)
    beyond = np.roll(through, -2, axis=0)
    t = np.linspace(0.0, 1.0, per_span, endpoint=False).reshape(1, -1, 1)
    p0, p1, p2, p3 = (part[:, np.newaxis] for part in (before, through, after, beyond))
    rise = (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    return tuple(Point(float(x), float(y)) for x, y in (p1 + rise / 2).reshape(-1, 2))


def ellipse(center: Point, half_width: float, half_height: float, vertices: int = 64) -> Geometry:
    """An ellipse as a polygon: neither ASAP nor GeoJSON has one."""
    angles = np.linspace(0.0, 2 * np.pi, vertices, endpoint=False)
    xs, ys = center.x + half_width * np.cos(angles), center.y + half_height * np.sin(angles)
    return Geometry(Shape.POLYGON, tuple(Point(float(x), float(y)) for x, y in zip(xs, ys, strict=True)))


def _lengthened(line: Sequence[Point], geometry: Geometry) -> Ring:
    """Both ends drawn out straight by more than the area's size, so that the cut goes through."""
    bounds = geometry.bounds
    reach = 2 * (bounds.width + bounds.height + 1)
    return (_beyond(line[1], line[0], reach), *line[1:-1], _beyond(line[-2], line[-1], reach))


def _beyond(start: Point, end: Point, reach: float) -> Point:
    length = float(np.hypot(end.x - start.x, end.y - start.y))
    if not length:
        raise LnmError("The line to cut along has no length.", hint="Draw it across the area.")
    part = reach / length
    return Point(end.x + (end.x - start.x) * part, end.y + (end.y - start.y) * part)


def _polygons(area: BaseGeometry) -> MultiPolygon:
    return MultiPolygon(_parts(area))


def _parts(area: BaseGeometry) -> list[Polygon]:
    """The polygons of whatever shapely gave; cuts leave lines and points behind, which have no area."""
    return [
        part
        for part in shapely.get_parts(shapely.get_parts(area)).tolist()
        if isinstance(part, Polygon) and part.area > LEAST_AREA_PX2
    ]


def _geometry(polygon: Polygon) -> Geometry:
    holes = tuple(_ring(hole) for hole in polygon.interiors)
    return Geometry(Shape.POLYGON, _ring(polygon.exterior), holes)


def _ring(ring: BaseGeometry) -> Ring:
    return tuple(Point(float(x), float(y)) for x, y in shapely.get_coordinates(ring)[:-1])


def _pairs(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(point.x, point.y) for point in points]
