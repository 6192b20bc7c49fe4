"""Which annotation lies under the mouse, and what dragging one of its vertices makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Region, Ring, Shape, rectangle
from lnm_desktop.domain.ids import AnnotationId

GRAB_PX = 8.0
_OPEN_SHAPES = (Shape.DOT, Shape.POINT_SET, Shape.MEASUREMENT)


@dataclass(frozen=True, slots=True)
class Vertex:
    """One vertex of one annotation; ring -1 is the outline, 0 and on are holes."""

    annotation_id: AnnotationId
    ring: int
    index: int


class Picker:
    """Finds annotations and vertices near a point; the topmost (last drawn) wins."""

    def __init__(self, annotations: AnnotationSet) -> None:
        self._annotations = annotations.annotations
        bounds = [annotation.geometry.bounds for annotation in self._annotations]
        self._bounds = np.array([(b.x, b.y, b.right, b.bottom) for b in bounds]).reshape(-1, 4)

    def annotation_at(self, point: Point, reach: float) -> Annotation | None:
        """The annotation at a point, `reach` level-0 pixels of tolerance."""
        low, high = self._bounds[:, :2] - reach, self._bounds[:, 2:] + reach
        place = np.array([point.x, point.y])
        near = np.flatnonzero(((low <= place) & (place <= high)).all(axis=1))
        for index in near[::-1]:
            if _touches(self._annotations[index].geometry, point, reach):
                return self._annotations[index]
        return None


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
