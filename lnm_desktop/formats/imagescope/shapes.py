"""Regions of ImageScope to shapes and back."""

from __future__ import annotations

import math

from lnm_desktop.domain.geometry import Geometry, Point, Region, Ring, Shape, rectangle
from lnm_desktop.formats.imagescope.layers import Kind

ELLIPSE_POINTS = 72


def geometry_of(kind: Kind, ring: Ring) -> Geometry:
    """The shape of a region's vertices. Raises ValueError with the reason where there are too few."""
    if kind is Kind.RECTANGLE:
        return _rectangle(ring)
    if kind is Kind.ELLIPSE:
        return ellipse(ring)
    if kind in (Kind.ARROW, Kind.RULER):
        return Geometry(Shape.MEASUREMENT, ring)
    if kind is Kind.COUNTER:
        return Geometry(Shape.DOT if len(ring) == 1 else Shape.POINT_SET, ring)
    return Geometry(Shape.POLYGON, opened(ring))


def opened(ring: Ring) -> Ring:
    """ImageScope repeats the first vertex at the end of most outlines."""
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def region_of(geometry: Geometry) -> tuple[Kind, Ring]:
    """The kind of region and its vertices that stand for a shape; holes are regions of their own."""
    points = geometry.points
    if geometry.shape is Shape.RECTANGLE and is_upright(points):
        return Kind.RECTANGLE, points
    if geometry.shape is Shape.MEASUREMENT:
        return Kind.RULER, points
    if geometry.shape in (Shape.DOT, Shape.POINT_SET):
        return Kind.COUNTER, points
    return Kind.OUTLINE, (*points, points[0])


def is_upright(ring: Ring) -> bool:
    """True for four corners whose sides lie along the axes."""
    if len(ring) != 4:
        return False
    a, b, c, d = ring
    lies = a.y == b.y and b.x == c.x and c.y == d.y and d.x == a.x
    return lies or (a.x == b.x and b.y == c.y and c.x == d.x and d.y == a.y)


def _rectangle(ring: Ring) -> Geometry:
    corners = opened(ring) if len(ring) == 5 else ring
    if len(corners) == 2:
        return rectangle(_bounds(corners))
    return Geometry(Shape.RECTANGLE if len(corners) == 4 else Shape.POLYGON, corners)


def ellipse(ring: Ring) -> Geometry:
    """The polygon of an ellipse: its vertices, corners or ends of the axes, lie on the box that it fills."""
    if len(ring) < 2:
        raise ValueError(f"an ellipse needs 2 points, this one has {len(ring)}")
    box = _bounds(ring)
    x, y, step_angle = box.x + box.width / 2, box.y + box.height / 2, 2 * math.pi / ELLIPSE_POINTS
    turns = [step_angle * step for step in range(ELLIPSE_POINTS)]
    places = (Point(x + box.width / 2 * math.cos(turn), y + box.height / 2 * math.sin(turn)) for turn in turns)
    return Geometry(Shape.POLYGON, tuple(places))


def _bounds(ring: Ring) -> Region:
    return Geometry(Shape.POINT_SET, ring).bounds
