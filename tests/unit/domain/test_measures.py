"""Shapes with known measures."""

from __future__ import annotations

import math

import pytest

from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.domain.measures import Measures, measure

HALF_BY_QUARTER = Calibration(0.5, 0.25, CalibrationSource.FILE)


def a_line(*places: tuple[float, float]) -> Geometry:
    return Geometry(Shape.MEASUREMENT, tuple(Point(x, y) for x, y in places))


def test_a_box_in_pixels_that_are_not_square() -> None:
    found = measure(rectangle(Region(10, 10, 6, 16)), HALF_BY_QUARTER)
    assert found == Measures("µm", area=3 * 4, perimeter=14, longest=5)


def test_without_a_pixel_size_in_pixels() -> None:
    assert measure(rectangle(Region(0, 0, 3, 4)), Calibration()) == Measures("px", 12, 14, 5)


def test_a_hole_lessens_the_area_and_adds_to_the_perimeter() -> None:
    box, hole = (rectangle(Region(place, place, side, side)).points for place, side in ((0, 10), (4, 2)))
    found = measure(Geometry(Shape.POLYGON, box, (hole,)), Calibration())
    assert (found.area, found.perimeter) == (96, 48)
    assert found.longest == pytest.approx(math.hypot(10, 10))


def test_rulers_and_angles() -> None:
    assert measure(a_line((0, 0), (6, 16)), HALF_BY_QUARTER).length == 5
    right = measure(a_line((10, 0), (0, 0), (0, 10)), Calibration())
    assert right.angle_deg == pytest.approx(90)
    assert measure(a_line((10, 0), (0, 0), (-10, 0)), Calibration()).angle_deg == pytest.approx(180)


def test_points_measure_nothing() -> None:
    assert measure(Geometry(Shape.DOT, (Point(1, 1),)), Calibration()) == Measures("px")
