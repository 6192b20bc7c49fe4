from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.domain.image import Window
from lnm_desktop.imaging.cache import BadTiles, TileCache, TileKey
from lnm_desktop.imaging.pyramid import GLASS_RGB, TiledPicture, VirtualPyramid, window_limits
from tests.fakes.formula_reader import FormulaReader, cell_color, series_info, slide_info


class Desk:
    """A picture with everything that it needs, and what it asked for."""

    def __init__(self, reader: FormulaReader, tile_px: int = 512) -> None:
        self.reader = reader
        self.pyramid = VirtualPyramid(reader.info, tile_px)
        self.cache = TileCache(10**9)
        self.bad = BadTiles()
        self.wanted: list[TileKey] = []
        self.picture = TiledPicture(self.pyramid, self.cache, self.bad, self._want)

    def _want(self, keys: Sequence[TileKey]) -> None:
        self.wanted = list(keys)

    def read(self, keys: Sequence[TileKey]) -> None:
        for key in keys:
            request = self.pyramid.request(key)
            assert request is not None
            self.picture.store(key, self.reader.read_region(request))


def test_levels_halve_until_the_long_side_fits() -> None:
    pyramid = VirtualPyramid(slide_info(100_000, 70_000))
    rows, cols = pyramid.shape(pyramid.coarsest)
    assert 512 < cols <= 1024 and rows <= cols
    assert pyramid.count == 8


def test_an_image_that_fits_has_one_level() -> None:
    assert VirtualPyramid(slide_info(1024, 10)).count == 1
    assert VirtualPyramid(slide_info(1025, 10)).count == 2


@given(st.integers(1, 300_000), st.integers(1, 300_000))
def test_the_factors_between_levels_are_exactly_two(width: int, height: int) -> None:
    pyramid = VirtualPyramid(slide_info(width, height))
    rows, cols = pyramid.shape(0)
    for level in range(pyramid.count):
        assert np.array(pyramid.shape(level)) * 2**level == pytest.approx((rows, cols), abs=0)
    coarse = 2**pyramid.coarsest
    assert 0 <= cols - width < coarse and 0 <= rows - height < coarse


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 3))
def test_requests_cover_the_image_once_and_nothing_beyond(width: int, height: int, level: int) -> None:
    pyramid = VirtualPyramid(slide_info(width, height))
    level = min(level, pyramid.coarsest)
    factor = pyramid.downsample(level)
    covered = 0.0
    for key in pyramid.all_tiles(level):
        request = pyramid.request(key)
        if request is not None:
            assert request.output == (request.region.width / factor, request.region.height / factor)
            assert request.region.right < width + factor and request.region.bottom < height + factor
            covered += request.region.width * request.region.height
    assert covered == -(-width // factor) * -(-height // factor) * factor**2


def test_slicing_reads_nothing_and_tells_what_is_missing() -> None:
    desk = Desk(FormulaReader(slide_info(3000, 2200)))
    pixels = desk.picture.levels[0][0:600, 0:600, :]
    assert desk.reader.reads == []
    assert (pixels == GLASS_RGB).all()
    coarse = desk.pyramid.all_tiles(desk.pyramid.coarsest)
    assert desk.wanted[: len(coarse)] == coarse
    assert set(desk.wanted[len(coarse) :]) == {TileKey(0, 0, row, col) for row in (0, 1) for col in (0, 1)}


def test_the_tile_in_the_middle_of_the_view_is_wanted_first() -> None:
    desk = Desk(FormulaReader(slide_info(5000, 5000)))
    desk.read(desk.pyramid.all_tiles(desk.pyramid.coarsest))
    desk.picture.compose(0, range(512, 512 * 6), range(512, 512 * 6))
    assert desk.wanted[0] == TileKey(0, 0, 3, 3)
    assert desk.wanted[-1][2:] in [(1, 1), (1, 5), (5, 1), (5, 5)]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_pixel_lies_where_it_belongs(level: int) -> None:
    desk = Desk(FormulaReader(slide_info(3000, 2200)))
    desk.read(desk.pyramid.all_tiles(level))
    factor = 2**level
    rows, cols = range(100 // factor, 2100 // factor), range(300 // factor, 2900 // factor)
    pixels = desk.picture.levels[level][rows.start : rows.stop, cols.start : cols.stop]
    for row in range(0, len(rows), 37):
        for col in range(0, len(cols), 41):
            x, y = (cols[col] + 0.5) * factor, (rows[row] + 0.5) * factor
            assert tuple(pixels[row, col]) == cell_color(x, y)


def test_gaps_are_filled_from_the_nearest_coarser_level_in_the_right_place() -> None:
    desk = Desk(FormulaReader(slide_info(3000, 2200)))
    desk.read(desk.pyramid.all_tiles(desk.pyramid.coarsest))
    pixels = desk.picture.levels[0][700:1300, 900:2000]
    for row in range(0, 600, 31):
        for col in range(0, 1100, 29):
            assert tuple(pixels[row, col]) == cell_color(900 + col, 700 + row)  # cells are whole coarse pixels
    assert desk.wanted


def test_padding_beyond_the_image_is_white_and_never_wanted() -> None:
    desk = Desk(FormulaReader(slide_info(2049, 100)))
    assert desk.pyramid.shape(0) == (100, 2052)
    desk.read(desk.pyramid.all_tiles(0))
    assert (desk.picture.levels[0][0:100, 2049:2052] == 255).all()


def test_a_bad_tile_is_hatched_and_only_its_own_place() -> None:
    desk = Desk(FormulaReader(slide_info(1500, 1000)))
    desk.read(desk.pyramid.all_tiles(1))
    desk.bad.add(TileKey(0, 0, 0, 1), lasting=True)
    pixels = desk.picture.levels[0][0:512, 0:1024]
    hatch = pixels[:, 512:]
    assert len(np.unique(hatch)) == 2 and (hatch[..., 0] == hatch[..., 1]).all()
    assert tuple(pixels[10, 10]) == cell_color(10, 10)
    assert TileKey(0, 0, 0, 1) not in desk.wanted


def test_a_tile_that_turns_out_well_replaces_the_hatching() -> None:
    desk = Desk(FormulaReader(slide_info(1500, 1000)))
    desk.bad.add(TileKey(0, 0, 0, 0), lasting=False)
    desk.read([TileKey(0, 0, 0, 0)])
    desk.bad.remove(TileKey(0, 0, 0, 0))
    assert tuple(desk.picture.levels[0][0:10, 0:10][3, 3]) == cell_color(3, 3)


def test_planes_do_not_show_one_another() -> None:
    desk = Desk(FormulaReader(series_info(planes=3)))
    desk.read(desk.pyramid.all_tiles(0, plane=0))
    desk.picture.plane = 1
    assert desk.picture.levels[0][:, :].max() == 0
    assert desk.wanted == [TileKey(1, 0, 0, 0)]
    desk.read(desk.wanted)
    assert desk.picture.levels[0][:, :][7, 3] == 107
    assert desk.picture.levels[0].dtype == np.int16


def test_a_level_is_an_array_for_numpy_too() -> None:
    desk = Desk(FormulaReader(slide_info(1500, 1000)))
    desk.read(desk.pyramid.all_tiles(1))
    whole = np.asarray(desk.picture.levels[1])
    assert whole.shape == desk.picture.levels[1].shape == (500, 750, 3)
    again = desk.picture.levels[1][0:10, 0:10]
    assert not np.shares_memory(whole, again)


def test_only_plain_ranges_are_sliced() -> None:
    desk = Desk(FormulaReader(slide_info(1500, 1000)))
    with pytest.raises(TypeError):
        desk.picture.levels[0][0:10:2, :]
    with pytest.raises(TypeError):
        desk.picture.levels[0][3]


def test_a_window_is_shown_as_dicom_says() -> None:
    assert window_limits(series_info(window=Window(128, 256))) == (0.0, 255.0)
    assert window_limits(series_info(window=Window(40, 400))) == (-160.0, 239.0)
