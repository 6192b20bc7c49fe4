"""Annotations as triangles: what is drawn has the length, the area and the holes of what was annotated. No canvas."""

from __future__ import annotations

import numpy as np
import pytest

from lnm_desktop.domain.annotation import new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.ui.viewer.outline_vertices import AREA, area_vertices, line_vertices, mark_vertices, packed
from lnm_desktop.ui.viewer.slots import Slots

SQUARE = rectangle(Region(100_000, 50_000, 100, 80))
HOLE = tuple(Point(x, y) for x, y in ((100_020, 50_020), (100_060, 50_020), (100_060, 50_060), (100_020, 50_060)))
HOLED = Geometry(Shape.POLYGON, SQUARE.points, (HOLE,))
RULER = Geometry(Shape.MEASUREMENT, (Point(0, 0), Point(30, 40), Point(30, 140)))
DOTS = Geometry(Shape.POINT_SET, (Point(1, 2), Point(3, 4), Point(5, 6)))
BOW_TIE = Geometry(Shape.POLYGON, (Point(0, 0), Point(10, 10), Point(10, 0), Point(0, 10)))


def drawn_length(vertices) -> float:
    segments = vertices[::6]
    return float(np.hypot(*(segments["a_to"] - segments["a_from"]).T).sum())


def drawn_area(vertices) -> float:
    a, b, c = (vertices["a_place"][corner::3].astype(np.float64) for corner in range(3))
    (x1, y1), (x2, y2) = (b - a).T, (c - a).T
    return float(np.abs(x1 * y2 - x2 * y1).sum() / 2)


def test_lines_are_as_long_as_the_outline_with_its_holes_and_open_where_it_is() -> None:
    items = [new_annotation(geometry) for geometry in (SQUARE, HOLED, RULER, DOTS)]
    lines = line_vertices(items, [0.0] * 4)
    assert [drawn_length(one) for one in lines] == [360, 360 + 160, 150, 0]
    assert [len(one) // 6 for one in lines] == [4, 8, 2, 3]


def test_only_dots_have_the_corners_of_dots() -> None:
    ruler, dots = line_vertices([new_annotation(RULER), new_annotation(DOTS)], [0.0, 0.0])
    assert ruler["a_corner"].max() == 3 and dots["a_corner"].min() == 4


@pytest.mark.parametrize(
    ("geometry", "area"), [(SQUARE, 8000), (HOLED, 8000 - 1600), (RULER, 0), (DOTS, 0), (BOW_TIE, 50)]
)
def test_areas_leave_holes_out(geometry: Geometry, area: float) -> None:
    assert drawn_area(area_vertices(geometry, 1.0)) == pytest.approx(area, rel=1e-6)


def test_what_is_small_is_drawn_with_few_corners_inside_its_box() -> None:
    angles = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    ring = tuple(Point(50 + 50 * np.cos(a), 50 + 50 * np.sin(a)) for a in angles)
    (line,) = line_vertices([new_annotation(Geometry(Shape.POLYGON, ring))], [0.0], corners=8)
    assert len(line) // 6 == 8
    assert (line["a_from"] >= 0).all() and (line["a_from"] <= 100).all()


def test_a_mark_lies_in_the_middle_of_its_box() -> None:
    mark = mark_vertices(np.array([[10.0, 20.0, 14.0, 30.0]]), [0.0])
    assert (tuple(mark["a_from"][0]), tuple(mark["a_to"][0])) == ((12, 25), (12, 25))


def test_every_colour_survives_as_one_number() -> None:
    for color in ("#000000", "#FFFFFF", "#12AB9F", "#F4FA58"):
        assert f"#{int(np.float32(packed(color))):06X}" == color


def test_slots_keep_what_others_hold() -> None:
    slots = Slots(AREA)
    expected: dict[str, int] = {}
    rng = np.random.default_rng(3)
    for step in range(400):
        key = str(rng.integers(40))
        if rng.random() < 0.3:
            slots.remove(key)
            expected.pop(key, None)
        else:
            vertices = np.zeros(int(rng.integers(0, 400)), AREA)
            vertices["a_color"] = step + 1
            slots.put(key, vertices)
            expected[key] = len(vertices) and step + 1
    held = slots._data
    assert len(slots) == len(expected)
    assert {c for c in np.unique(held["a_color"]) if c} == {float(step) for step in expected.values() if step}
