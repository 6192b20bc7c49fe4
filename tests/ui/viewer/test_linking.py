"""The mathematics by which panes move together."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.ui.viewer.coordinates import Placement
from lnm_desktop.ui.viewer.linking import Links, Similarity, by_present_views, by_two_points, scale_between
from lnm_desktop.ui.viewer.view_state import ViewPlace

places = st.floats(-100_000, 100_000, allow_nan=False)
points = st.builds(Point, places, places)
degrees = st.floats(0, 359)
scales = st.floats(0.01, 100)
views = st.builds(ViewPlace, points, scales, degrees, st.booleans())


@st.composite
def similarities(draw: st.DrawFn) -> Similarity:
    return by_present_views(draw(views), draw(views), draw(scales))


def assert_near(found: Point, expected: Point, within: float = 1e-3) -> None:
    assert math.hypot(found.x - expected.x, found.y - expected.y) <= within * max(
        1.0, abs(expected.x), abs(expected.y)
    )


def on_screen(view: ViewPlace, point: Point) -> Point:
    """Where a level-0 point lies on a canvas whose middle is (0, 0), as the canvas itself places it."""
    placement = Placement((1.0, 1.0), "pixel", view.rotation_deg, view.mirrored)
    row, column = placement.to_world(point)
    middle_row, middle_column = placement.to_world(view.center)
    return Point((column - middle_column) / view.downsample, (row - middle_row) / view.downsample)


@given(similarities(), points)
def test_there_and_back_again(link: Similarity, point: Point) -> None:
    assert_near(link.inverse().apply(link.apply(point)), point)
    assert_near(link.apply(link.inverse().apply(point)), point)


@given(similarities(), similarities(), points)
def test_one_after_the_other_is_both(first: Similarity, second: Similarity, point: Point) -> None:
    assert_near(first.then(second).apply(point), second.apply(first.apply(point)))


@given(similarities(), similarities(), similarities(), points)
def test_it_does_not_matter_which_two_are_joined_first(
    a: Similarity, b: Similarity, c: Similarity, point: Point
) -> None:
    assert_near(a.then(b).then(c).apply(point), a.then(b.then(c)).apply(point), 1e-2)


@given(points, points, points, points, st.booleans())
def test_two_points_map_exactly(a1: Point, a2: Point, b1: Point, b2: Point, mirrored: bool) -> None:
    assume(math.hypot(a1.x - a2.x, a1.y - a2.y) > 1 and math.hypot(b1.x - b2.x, b1.y - b2.y) > 1)
    link = by_two_points((a1, a2), (b1, b2), mirrored=mirrored)
    for found, expected in ((link.apply(a1), b1), (link.apply(a2), b2)):
        assert math.hypot(found.x - expected.x, found.y - expected.y) < 0.01
    assert link.mirrored is mirrored


@given(similarities(), points, points)
def test_two_points_find_the_similarity_again(link: Similarity, a: Point, b: Point) -> None:
    assume(math.hypot(a.x - b.x, a.y - b.y) > 100)
    found = by_two_points((a, b), (link.apply(a), link.apply(b)), mirrored=link.mirrored)
    assert found.scale == pytest.approx(link.scale, rel=1e-4)
    assert math.cos(math.radians(found.rotation_deg - link.rotation_deg)) == pytest.approx(1, abs=1e-6)


def test_two_points_must_differ() -> None:
    same, other = Point(3, 4), Point(5, 6)
    for pairs in (((same, same), (same, other)), ((same, other), (same, same))):
        with pytest.raises(ValueError, match="differ"):
            by_two_points(*pairs)


@given(views, views, scales)
def test_the_present_views_are_linked_as_they_lie(first: ViewPlace, second: ViewPlace, scale: float) -> None:
    linked = by_present_views(first, second, scale).view(first)
    assert_near(linked.center, second.center)
    assert linked.downsample == pytest.approx(first.downsample * scale)
    turned = math.radians(linked.rotation_deg - second.rotation_deg)
    assert math.cos(turned) == pytest.approx(1, abs=1e-9)
    assert linked.mirrored is second.mirrored


@given(similarities(), views, st.floats(-500, 500), st.floats(-500, 500))
def test_matching_places_lie_at_the_same_place_of_the_screen(
    link: Similarity, view: ViewPlace, dx: float, dy: float
) -> None:
    point = Point(view.center.x + dx * view.downsample, view.center.y + dy * view.downsample)
    here, there = on_screen(view, point), on_screen(link.view(view), link.apply(point))
    assert math.hypot(here.x - there.x, here.y - there.y) < 0.5


@given(similarities(), views)
def test_a_view_comes_back_as_it_was(link: Similarity, view: ViewPlace) -> None:
    back = link.inverse().view(link.view(view))
    assert_near(back.center, view.center)
    assert back.downsample == pytest.approx(view.downsample)
    assert math.cos(math.radians(back.rotation_deg - view.rotation_deg)) == pytest.approx(1, abs=1e-9)
    assert back.mirrored is view.mirrored


def test_scale_comes_from_pixel_sizes_where_both_are_known() -> None:
    fine, coarse = (Calibration(mpp, mpp, CalibrationSource.FILE) for mpp in (0.25, 0.5))
    assert scale_between(fine, coarse) == 0.5
    assert scale_between(fine, Calibration()) == 1.0


@given(similarities(), similarities(), points)
def test_all_linked_images_agree(second: Similarity, third: Similarity, point: Point) -> None:
    links: Links[str] = Links()
    links.join("first")
    links.join("second", "first", second.inverse())
    links.join("third", "second", third)
    ways = links.others("first")
    assert set(ways) == {"second", "third"}
    assert_near(ways["second"].apply(point), second.apply(point))
    assert_near(links.others("third")["second"].apply(ways["third"].apply(point)), second.apply(point), 1e-2)


def test_who_has_left_does_not_move() -> None:
    links: Links[str] = Links()
    links.join("first")
    links.join("second", "first")
    links.leave("second")
    links.leave("second")
    assert links.others("first") == {} and links.others("second") == {}
    assert "second" not in links and len(links) == 1
