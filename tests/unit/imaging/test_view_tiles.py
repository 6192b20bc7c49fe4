from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from lnm_desktop.domain.geometry import Point
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import VirtualPyramid, ancestor
from lnm_desktop.imaging.view_tiles import COARSE_STEP, View, tiles_in_view, wanted_tiles
from tests.fakes.formula_reader import slide_info


def a_view(x: float, y: float, width: float, height: float, degrees: float = 0.0, downsample: float = 1.0) -> View:
    """A view around a point, turned."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    places = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    first, second, third, fourth = (Point(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in places)
    return View((first, second, third, fourth), downsample)


@given(st.floats(0, 20_000), st.floats(0, 15_000), st.floats(0, 360), st.integers(0, 3))
def test_the_tiles_in_view_are_those_that_a_geometry_library_finds(
    x: float, y: float, turn: float, level: int
) -> None:
    pyramid = VirtualPyramid(slide_info(20_000, 15_000))
    view = a_view(x, y, 1500 * 2**level, 900 * 2**level, turn)
    seen = Polygon([(corner.x, corner.y) for corner in view.corners])
    found = set(tiles_in_view(pyramid, view, level))
    for key in pyramid.all_tiles(level):
        region = pyramid.region(key)
        shared = seen.intersection(box(region.x, region.y, region.right, region.bottom)).area
        if shared > 1:
            assert key in found
    rows, cols = pyramid.grid(level)
    assert all(0 <= key.row < rows and 0 <= key.col < cols for key in found)
    assert len(found) <= (1500 / 512 + 3) * (900 / 512 + 3) * 1.6


def test_the_tile_in_the_middle_comes_first() -> None:
    pyramid = VirtualPyramid(slide_info(5000, 5000))
    seen = tiles_in_view(pyramid, a_view(1800, 1800, 2500, 2500), 0)
    assert seen[0] == TileKey(0, 0, 3, 3)
    assert seen[-1][2:4] in [(1, 1), (1, 5), (5, 1), (5, 5)]


def test_a_view_beyond_the_image_sees_nothing() -> None:
    assert tiles_in_view(VirtualPyramid(slide_info(2000, 2000)), a_view(9000, 9000, 500, 500), 0) == []


def test_the_overview_is_wanted_before_coarse_tiles_and_those_before_sharp_ones() -> None:
    pyramid = VirtualPyramid(slide_info(60_000, 60_000))
    view = a_view(30_000, 30_000, 2000, 1500)
    seen = tiles_in_view(pyramid, view, 0)
    wanted = wanted_tiles(pyramid, view, seen, ())
    overview = pyramid.all_tiles(pyramid.coarsest)
    assert wanted[: len(overview)] == overview
    coarse = wanted[len(overview) : -len(seen)]
    assert coarse and set(coarse) == {ancestor(key, COARSE_STEP) for key in seen}
    assert wanted[-len(seen) :] == seen


def test_nothing_at_hand_is_wanted_and_few_missing_tiles_are_read_directly() -> None:
    pyramid = VirtualPyramid(slide_info(60_000, 60_000))
    view = a_view(30_000, 30_000, 2000, 1500)
    seen = tiles_in_view(pyramid, view, 0)
    cached = [*pyramid.all_tiles(pyramid.coarsest), *seen[2:]]
    assert wanted_tiles(pyramid, view, seen, cached) == seen[:2]


@pytest.mark.parametrize("plane_and_variant", [(0, 0), (3, 1)])
def test_keys_are_of_the_views_plane_and_variant(plane_and_variant: tuple[int, int]) -> None:
    plane, variant = plane_and_variant
    view = View(a_view(500, 500, 400, 400).corners, 1.0, plane, variant).moved(10, 10)
    (key,) = tiles_in_view(VirtualPyramid(slide_info(1000, 1000)), View(view.corners, 1.0, plane, variant), 0)[:1]
    assert (key.plane, key.variant) == plane_and_variant


def test_coarse_tiles_are_left_out_where_the_sharp_ones_come_soon() -> None:
    pyramid = VirtualPyramid(slide_info(60_000, 60_000))
    view = a_view(30_000, 30_000, 2000, 1500)
    seen = tiles_in_view(pyramid, view, 0)
    overview = pyramid.all_tiles(pyramid.coarsest)
    assert wanted_tiles(pyramid, view, seen, (), coarse_first=False) == [*overview, *seen]
