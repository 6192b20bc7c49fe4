"""Shapes: their area, their bounds, and what is refused."""

from __future__ import annotations

import math

import pytest

from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle

SQUARE = tuple(Point(x, y) for x, y in ((0, 0), (10, 0), (10, 10), (0, 10)))
HOLE = tuple(Point(x, y) for x, y in ((2, 2), (2, 4), (4, 4), (4, 2)))


def test_holes_are_no_area() -> None:
    assert Geometry(Shape.POLYGON, SQUARE, (HOLE,)).area_px2 == 96
    assert Geometry(Shape.POLYGON, SQUARE[::-1]).area_px2 == 100


def test_points_and_lines_have_no_area() -> None:
    assert Geometry(Shape.POINT_SET, SQUARE).area_px2 == 0
    assert Geometry(Shape.MEASUREMENT, SQUARE[:2]).area_px2 == 0


def test_bounds_hold_every_point() -> None:
    ring = (Point(-3, 5), Point(4.5, -1), Point(2, 9))
    assert Geometry(Shape.POLYGON, ring).bounds == Region(-3, -1, 7.5, 10)
    assert rectangle(Region(1, 2, 3, 4)).bounds == Region(1, 2, 3, 4)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="point 1 is not a finite"):
        Geometry(Shape.POLYGON, (SQUARE[0], Point(bad, 1), SQUARE[2]))
    with pytest.raises(ValueError, match="point 0 is not a finite"):
        Geometry(Shape.POLYGON, SQUARE, ((Point(1, bad), *HOLE),))


@pytest.mark.parametrize(("shape", "count"), [(Shape.DOT, 0), (Shape.POLYGON, 2), (Shape.RECTANGLE, 3)])
def test_too_few_points_are_refused(shape: Shape, count: int) -> None:
    with pytest.raises(ValueError, match=f"this one has {count}"):
        Geometry(shape, SQUARE[:count])


def test_only_polygons_have_holes() -> None:
    with pytest.raises(ValueError, match="cannot have holes"):
        Geometry(Shape.RECTANGLE, SQUARE, (HOLE,))
