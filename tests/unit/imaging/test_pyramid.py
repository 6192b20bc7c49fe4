from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Window
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import VirtualPyramid, ancestor, window_limits
from tests.fakes.formula_reader import series_info, slide_info

SIDES = st.integers(1, 5000)


def test_levels_halve_until_the_long_side_fits() -> None:
    pyramid = VirtualPyramid(slide_info(100_000, 70_000))
    assert pyramid.count == 8
    assert 512 < 100_000 / 2**pyramid.coarsest <= 1024


def test_an_image_that_fits_has_one_level() -> None:
    assert VirtualPyramid(slide_info(1024, 10)).count == 1
    assert VirtualPyramid(slide_info(1025, 10)).count == 2


@given(SIDES, SIDES, st.integers(0, 3))
def test_requests_cover_the_image_once_and_nothing_beyond(width: int, height: int, level: int) -> None:
    pyramid = VirtualPyramid(slide_info(width, height))
    level = min(level, pyramid.coarsest)
    factor = 2**level
    covered = 0.0
    for key in pyramid.all_tiles(level):
        request = pyramid.request(key)
        assert request.output == (request.region.width / factor, request.region.height / factor)
        assert request.region.right < width + factor and request.region.bottom < height + factor
        covered += request.region.width * request.region.height
    assert covered == math.ceil(width / factor) * math.ceil(height / factor) * factor**2


@given(SIDES, SIDES, st.integers(0, 3))
def test_tiles_share_the_image_out_exactly(width: int, height: int, level: int) -> None:
    pyramid = VirtualPyramid(slide_info(width, height))
    regions = [pyramid.region(key) for key in pyramid.all_tiles(min(level, pyramid.coarsest))]
    assert sum(region.width * region.height for region in regions) == width * height


@given(SIDES, SIDES, st.integers(1, 3))
def test_an_ancestor_holds_its_tile(width: int, height: int, up: int) -> None:
    pyramid = VirtualPyramid(slide_info(width, height))
    for key in pyramid.all_tiles(0, variant=2):
        coarse = ancestor(key, up)
        assert coarse.variant == 2
        inner, outer = pyramid.region(key), pyramid.region(coarse)
        assert inner.intersect(outer) == inner


@pytest.mark.parametrize(("downsample", "level"), [(0.1, 0), (1, 0), (1.9, 0), (1.95, 1), (2, 1), (4.1, 2), (1e4, 2)])
def test_a_level_is_never_enlarged_by_more_than_the_slack(downsample: float, level: int) -> None:
    assert VirtualPyramid(slide_info(4000, 2000)).level_for(downsample) == level


def test_a_request_keeps_its_plane() -> None:
    pyramid = VirtualPyramid(series_info(planes=3))
    request = pyramid.request(TileKey(2, 0, 0, 0))
    assert (request.region, request.plane) == (Region(0, 0, 200, 160), 2)


def test_a_window_is_shown_as_dicom_says() -> None:
    assert window_limits(series_info(window=Window(128, 256))) == (0.0, 255.0)
    assert window_limits(series_info(window=Window(40, 400))) == (-160.0, 239.0)
