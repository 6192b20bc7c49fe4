"""Which annotation lies under the mouse, and what dragging one of its vertices makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.geometry import MINIMUM_POINTS, Geometry, Point, Region, Ring, Shape, rectangle
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.ui.viewer.bounds_index import BoundsIndex

GRAB_PX = 8.0
TREMBLE_PX = 4.0
_OPEN_SHAPES = (Shape.DOT, Shape.POINT_SET, Shape.MEASUREMENT)


@dataclass(frozen=True, slots=True)
class Vertex:
    """One vertex of one annotation; ring -1 is the outline, 0 and on are holes."""

    annotation_id: AnnotationId
    ring: int
    index: int

    def is_meant(self, point: Point, downsample: float) -> bool:
        """Any move of a vertex is."""
        return True

    def dragged(self, geometry: Geometry, point: Point) -> Geometry:
        """The geometry with the vertex there."""
        return move_vertex(geometry, self, point)


@dataclass(frozen=True, slots=True)
class Inside:
    """An annotation held by its inside, or by its line, at a point."""

    annotation_id: AnnotationId
    held: Point

    def is_meant(self, point: Point, downsample: float) -> bool:
        """False for the tremble of a click."""
        return math.hypot(point.x - self.held.x, point.y - self.held.y) >= TREMBLE_PX * downsample

    def dragged(self, geometry: Geometry, point: Point) -> Geometry:
        """The geometry as far away as the mouse has come."""
        return shifted(geometry, point.x - self.held.x, point.y - self.held.y)


Grip = Vertex | Inside


def annotation_at(index: BoundsIndex, point: Point, reach: float) -> Annotation | None:
    """The topmost (last drawn) annotation at a point, `reach` level-0 pixels of tolerance."""
    near = reversed(index.near(point, reach))
    return next((item for item in near if _touches(item.geometry, point, reach)), None)


def edge_near(index: BoundsIndex, point: Point, reach: float, besides: AnnotationId | None = None) -> Point | None:
    """The nearest place on the outline of any annotation but one; a vertex where one is within reach."""
    items = [item for item in index.near(point, reach) if item.id != besides]
    vertices = [found for item in items if (found := _vertex_place(item, point, reach)) is not None]
    edges = [found for item in items if (found := _edge_place(item.geometry, point, reach)) is not None]
    return min(vertices or edges, key=lambda at: math.hypot(at.x - point.x, at.y - point.y), default=None)


def contains(geometry: Geometry, point: Point) -> bool:
    """True where the point lies inside an area and in none of its holes."""
    return geometry.area_px2 > 0 and _touches(geometry, point, 0.0)


def shifted(geometry: Geometry, dx: float, dy: float) -> Geometry:
    """The geometry moved as a whole."""

    def moved(ring: Ring) -> Ring:
        return tuple(Point(point.x + dx, point.y + dy) for point in ring)

    return replace(geometry, points=moved(geometry.points), holes=tuple(moved(hole) for hole in geometry.holes))


def with_vertex(annotation: Annotation, point: Point, reach: float) -> Annotation | None:
    """One more vertex on the edge under the mouse; a rectangle becomes a polygon. None away from any edge."""
    geometry = annotation.geometry
    if geometry.shape in (Shape.DOT, Shape.POINT_SET, Shape.MEASUREMENT):
        return None
    for number, ring in enumerate((geometry.points, *geometry.holes)):
        gap, index, place = _nearest_edge(ring, point)
        if gap <= reach:
            changed = (*ring[: index + 1], place, *ring[index + 1 :])
            return replace(annotation, geometry=_with_ring(geometry, number - 1, changed))
    return None


def without_vertex(annotation: Annotation, point: Point, reach: float) -> Annotation | None:
    """Without the vertex under the mouse; a hole of three goes whole. None where there is none or it is needed."""
    vertex = vertex_at(annotation, point, reach)
    geometry = annotation.geometry
    if vertex is None:
        return None
    ring = geometry.points if vertex.ring < 0 else geometry.holes[vertex.ring]
    left = (*ring[: vertex.index], *ring[vertex.index + 1 :])
    if vertex.ring < 0 and len(left) < MINIMUM_POINTS[_freed(geometry.shape)]:
        return None
    left = left if vertex.ring < 0 or len(left) > 2 else ()
    return replace(annotation, geometry=_with_ring(geometry, vertex.ring, left))


def _freed(shape: Shape) -> Shape:
    """A rectangle with another number of corners is a polygon."""
    return Shape.POLYGON if shape is Shape.RECTANGLE else shape


def _with_ring(geometry: Geometry, number: int, ring: Ring) -> Geometry:
    """With another ring in place of one; an empty one takes a hole away."""
    shape = _freed(geometry.shape)
    if number < 0:
        return Geometry(shape, ring, geometry.holes)
    holes = (*geometry.holes[:number], *([ring] if ring else []), *geometry.holes[number + 1 :])
    return Geometry(shape, geometry.points, holes)


def _vertex_place(annotation: Annotation, point: Point, reach: float) -> Point | None:
    vertex = vertex_at(annotation, point, reach)
    if vertex is None:
        return None
    geometry = annotation.geometry
    return (geometry.points if vertex.ring < 0 else geometry.holes[vertex.ring])[vertex.index]


def _edge_place(geometry: Geometry, point: Point, reach: float) -> Point | None:
    if geometry.shape in (Shape.DOT, Shape.POINT_SET):
        return None
    found = [_nearest_edge(ring, point) for ring in (geometry.points, *geometry.holes)]
    gap, _, place = min(found, key=itemgetter(0))
    return place if gap <= reach else None


def _nearest_edge(ring: Ring, point: Point) -> tuple[float, int, Point]:
    """How far the nearest edge is, after which vertex it begins, and its place nearest to the point."""
    a = _array(ring)
    along = np.roll(a, -1, axis=0) - a
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    part = np.clip(((np.array([point.x, point.y]) - a) * along).sum(axis=1) / length2, 0.0, 1.0)
    places = a + part[:, np.newaxis] * along
    gaps = np.hypot(*(places - (point.x, point.y)).T)
    index = int(np.argmin(gaps))
    return float(gaps[index]), index, Point(float(places[index, 0]), float(places[index, 1]))


def vertex_at(annotation: Annotation, point: Point, reach: float) -> Vertex | None:
    """The nearest vertex of an annotation within reach."""
    best: tuple[float, Vertex] | None = None
    for number, ring in enumerate((annotation.geometry.points, *annotation.geometry.holes)):
        distances = np.hypot(*(_array(ring) - (point.x, point.y)).T)
        index = int(np.argmin(distances))
        if distances[index] <= reach and (best is None or distances[index] < best[0]):
            best = (float(distances[index]), Vertex(annotation.id, number - 1, index))
    return best[1] if best else None


def move_vertex(geometry: Geometry, vertex: Vertex, point: Point) -> Geometry:
    """The geometry with one vertex elsewhere; a rectangle stays one, its opposite corner fixed."""
    if geometry.shape is Shape.RECTANGLE and len(geometry.points) == 4:
        return _move_corner(geometry, vertex.index, point)
    if vertex.ring < 0:
        return replace(geometry, points=_with_point(geometry.points, vertex.index, point))
    holes = list(geometry.holes)
    holes[vertex.ring] = _with_point(holes[vertex.ring], vertex.index, point)
    return replace(geometry, holes=tuple(holes))


def _move_corner(geometry: Geometry, index: int, point: Point) -> Geometry:
    fixed = geometry.points[(index + 2) % 4]
    x, y = min(fixed.x, point.x), min(fixed.y, point.y)
    return rectangle(Region(x, y, abs(fixed.x - point.x), abs(fixed.y - point.y)))


def _with_point(ring: Ring, index: int, point: Point) -> Ring:
    return (*ring[:index], point, *ring[index + 1 :])


def _touches(geometry: Geometry, point: Point, reach: float) -> bool:
    if geometry.shape in (Shape.DOT, Shape.POINT_SET):
        return bool((np.hypot(*(_array(geometry.points) - (point.x, point.y)).T) <= reach).any())
    closed = geometry.shape not in _OPEN_SHAPES
    if any(_near_line(ring, point, reach, closed) for ring in (geometry.points, *geometry.holes)):
        return True
    if not closed or not _inside(geometry.points, point):
        return False
    return not any(_inside(hole, point) for hole in geometry.holes)


def _inside(ring: Ring, point: Point) -> bool:
    """Even-odd rule: a ray to the right crosses the outline an odd number of times."""
    a = _array(ring)
    b = np.roll(a, -1, axis=0)
    crosses = (a[:, 1] > point.y) != (b[:, 1] > point.y)
    rise = np.where(crosses, b[:, 1] - a[:, 1], 1.0)
    x = a[:, 0] + (point.y - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
    return bool((crosses & (x > point.x)).sum() % 2)


def _near_line(ring: Ring, point: Point, reach: float, closed: bool) -> bool:
    a = _array(ring)
    b = np.roll(a, -1, axis=0)
    if not closed:
        a, b = a[:-1], b[:-1]
    along = b - a
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    offset = np.array([point.x, point.y]) - a
    part = np.clip((offset * along).sum(axis=1) / length2, 0.0, 1.0)
    gap = offset - part[:, np.newaxis] * along
    return bool((np.hypot(gap[:, 0], gap[:, 1]) <= reach).any())


def _array(ring: Ring) -> NDArray[np.float64]:
    return np.array([(point.x, point.y) for point in ring], np.float64).reshape(-1, 2)
