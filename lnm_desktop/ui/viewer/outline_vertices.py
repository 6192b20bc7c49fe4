"""Annotations as triangles: lines and dots that keep their width on the screen, and areas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

import numpy as np
from bermuda import triangulate_polygons_face
from numpy.typing import NDArray

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.geometry import Geometry, Ring, Shape

_PLACE = (np.float32, 2)
LINE = np.dtype([("a_from", *_PLACE), ("a_to", *_PLACE), ("a_corner", np.float32), ("a_color", np.float32)])
"""A segment from one level-0 point to another; `a_corner` is 0–3 of a line's quad, 4–7 of a dot's."""
AREA = np.dtype([("a_place", *_PLACE), ("a_color", np.float32)])
Vertices = NDArray[np.void]

_QUAD = np.array([0, 1, 2, 0, 2, 3], np.float32)
_DOT_CORNER = 4
_DOTS = (Shape.DOT, Shape.POINT_SET)
_NO_AREA = (*_DOTS, Shape.MEASUREMENT)


def packed(color: str) -> float:
    """#RRGGBB as one number, which a float32 holds exactly."""
    return float(int(color[1:], 16))


def line_vertices(items: Sequence[Annotation], colors: Sequence[float], corners: int | None = None) -> list[Vertices]:
    """The lines and dots of each annotation, dtype `LINE`, six vertices for each segment.

    With `corners`, of each line only about so many are kept: enough for what is small on the screen.
    """
    geometries = [item.geometry for item in items]
    rings = [
        (number, _thinned(ring, corners), one.shape) for number, one in enumerate(geometries) for ring in _rings(one)
    ]
    if not rings:
        return []
    points = _points([ring for _, ring, _ in rings])
    starts, ends, owners = _segments(rings)
    is_dot = np.array([item.geometry.shape in _DOTS for item in items])
    made = _quads(points[starts], points[ends], is_dot[owners], np.asarray(colors, np.float32)[owners])
    counts = np.bincount(owners, minlength=len(items))
    return np.split(made.reshape(-1), np.cumsum(counts)[:-1] * len(_QUAD))


def mark_vertices(boxes: NDArray[np.float64], colors: Sequence[float]) -> Vertices:
    """For each box (left, top, right, bottom) a speck as wide as a line: for what is too small for its outline."""
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    return _quads(centers, centers, np.zeros(len(boxes), bool), np.asarray(colors, np.float32)).reshape(-1)


def area_vertices(geometry: Geometry, color: float) -> Vertices:
    """The area of a geometry as triangles, dtype `AREA`; none for points and lines, and none for holes."""
    if geometry.shape in _NO_AREA:
        return np.zeros(0, AREA)
    rings = [_points([ring]) for ring in _rings(geometry)]
    origin = rings[0][0]  # near which a float32 is exact enough
    triangles, corners = triangulate_polygons_face([(ring - origin).astype(np.float32) for ring in rings])
    made = np.zeros(3 * len(triangles), AREA)
    made["a_place"] = corners[triangles.reshape(-1)] + origin
    made["a_color"] = color
    return made


def _rings(geometry: Geometry) -> tuple[Ring, ...]:
    return (geometry.points, *geometry.holes)


def _thinned(ring: Ring, corners: int | None) -> Ring:
    return ring if corners is None or len(ring) <= corners else ring[:: math.ceil(len(ring) / corners)]


def _points(rings: Sequence[Ring]) -> NDArray[np.float64]:
    points = list(chain.from_iterable(rings))
    made = np.empty((len(points), 2))
    made[:, 0] = [point.x for point in points]
    made[:, 1] = [point.y for point in points]
    return made


def _segments(
    rings: Sequence[tuple[int, Ring, Shape]],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Where each segment starts and ends among the points, and to which annotation it belongs."""
    lengths = np.array([len(ring) for _, ring, _ in rings])
    first = np.cumsum(lengths) - lengths
    starts = np.arange(lengths.sum())
    of_ring = np.repeat(np.arange(len(rings)), lengths)
    is_last = starts == (first + lengths - 1)[of_ring]
    ends = np.where(is_last, first[of_ring], starts + 1)
    shapes = [shape for _, _, shape in rings]
    is_open = np.array([shape is Shape.MEASUREMENT for shape in shapes])[of_ring]
    is_dot = np.array([shape in _DOTS for shape in shapes])[of_ring]
    ends = np.where(is_dot, starts, ends)
    kept = ~(is_open & is_last)
    owners = np.array([number for number, _, _ in rings])[of_ring]
    return starts[kept], ends[kept], owners[kept]


def _quads(
    from_: NDArray[np.float64], to: NDArray[np.float64], is_dot: NDArray[np.bool_], colors: NDArray[np.float32]
) -> Vertices:
    made = np.zeros((len(from_), len(_QUAD)), LINE)
    made["a_from"], made["a_to"] = from_[:, np.newaxis], to[:, np.newaxis]
    made["a_corner"] = _QUAD + _DOT_CORNER * is_dot[:, np.newaxis]
    made["a_color"] = colors[:, np.newaxis]
    return made
