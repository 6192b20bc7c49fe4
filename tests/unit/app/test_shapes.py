"""What is united, cut, grown and simplified covers what it should."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lnm_desktop.app import shapes
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.errors import LnmError

BOX = rectangle(Region(0, 0, 10, 10))
RIGHT = rectangle(Region(5, 0, 10, 10))
FAR = rectangle(Region(100, 100, 4, 4))
COORDINATES = st.integers(-1000, 1000)


def a_polygon(*places: tuple[float, float]) -> Geometry:
    return Geometry(Shape.POLYGON, tuple(Point(x, y) for x, y in places))


@st.composite
def polygons(draw: st.DrawFn) -> Geometry:
    places = draw(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=8, unique=True))
    made = a_polygon(*places)
    assume(shapes.to_shapely(made).area > 1.0)
    return made


def area(pieces: shapes.Pieces) -> float:
    return sum(piece.area_px2 for piece in pieces)


def test_areas_are_united_cut_and_shared() -> None:
    assert area(shapes.united([BOX, RIGHT])) == pytest.approx(150)
    assert area(shapes.subtracted(BOX, [RIGHT])) == pytest.approx(50)
    assert area(shapes.intersected([BOX, RIGHT])) == pytest.approx(50)


def test_what_lies_apart_stays_in_pieces() -> None:
    first, second = shapes.united([FAR, BOX])
    assert (first.area_px2, second.area_px2) == pytest.approx((100, 16)), "the largest comes first"


def test_a_hole_is_cut_and_filled() -> None:
    (ring,) = shapes.subtracted(BOX, [rectangle(Region(4, 4, 2, 2))])
    assert ring.area_px2 == pytest.approx(96)
    assert len(ring.holes) == 1
    assert shapes.filled(ring).area_px2 == pytest.approx(100)


@given(polygons(), polygons())
def test_union_is_both_less_what_they_share(first: Geometry, second: Geometry) -> None:
    whole = shapes.to_shapely(first).area + shapes.to_shapely(second).area
    shared = area(shapes.intersected([first, second]))
    assert area(shapes.united([first, second])) == pytest.approx(whole - shared, rel=1e-6, abs=1e-3)
    rest = area(shapes.subtracted(first, [second]))
    assert rest + shared == pytest.approx(shapes.to_shapely(first).area, rel=1e-6, abs=1e-3)


@given(polygons())
def test_an_outline_that_crosses_itself_becomes_one_that_does_not(drawn: Geometry) -> None:
    for piece in shapes.united([drawn]):
        assert shapes.to_shapely(piece).is_valid


def test_a_bow_tie_counts_both_wings() -> None:
    tie = a_polygon((0, 0), (10, 10), (10, 0), (0, 10))
    assert area(shapes.united([tie])) == pytest.approx(50)


def test_a_line_cuts_even_when_it_ends_within() -> None:
    pieces = shapes.split(BOX, (Point(5, 2), Point(5, 8)))
    assert [piece.area_px2 for piece in pieces] == pytest.approx([50, 50])
    assert len(shapes.split(FAR, (Point(0, 5), Point(10, 5)))) == 1


def test_a_line_without_length_is_refused() -> None:
    with pytest.raises(LnmError, match="no length"):
        shapes.split(BOX, (Point(5, 5), Point(5, 5)))


def test_growing_by_unequal_pixels_is_even_in_micrometres() -> None:
    (grown,) = shapes.buffered(BOX, 2.0, 4.0)
    assert (grown.bounds.x, grown.bounds.y) == pytest.approx((-2, -4))
    (shrunk,) = shapes.buffered(BOX, -2.0, -4.0)
    assert shrunk.area_px2 == pytest.approx(6 * 2)
    assert shapes.buffered(BOX, -6.0, -6.0) == ()


def test_simplifying_keeps_corners_and_drops_the_rest() -> None:
    dense = a_polygon(*[(x, 0.0) for x in range(11)], (10, 10), (0, 10))
    (plain,) = shapes.simplified(dense, 0.1)
    assert len(plain.points) == 4
    assert plain.area_px2 == pytest.approx(100)


def test_a_stroke_is_as_wide_as_its_brush() -> None:
    dab = shapes.stroked((Point(0, 0),), 10)
    assert dab.area_px2 == pytest.approx(math.pi * 100, rel=0.02)
    line = shapes.stroked((Point(0, 0), Point(100, 0)), 10)
    assert line.area_px2 == pytest.approx(2000 + math.pi * 100, rel=0.01)
    loop = [Point(100 * math.cos(turn / 10), 100 * math.sin(turn / 10)) for turn in range(64)]
    assert len(shapes.stroked(loop, 10).holes) == 1
    with pytest.raises(ValueError, match="a stroke needs"):
        shapes.stroked((), 10)


def test_an_ellipse_is_one() -> None:
    assert shapes.ellipse(Point(0, 0), 20, 10).area_px2 == pytest.approx(math.pi * 200, rel=0.01)


def test_points_and_lines_have_no_area() -> None:
    with pytest.raises(LnmError, match="dot encloses no area"):
        shapes.united([Geometry(Shape.DOT, (Point(0, 0),))])
