"""What counts as looked at: whole cells inside the view, turned or not, at its magnification or finer."""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from lnm_desktop.app.coverage import (
    Coverage,
    Reading,
    keep_coverage,
    next_unseen,
    read_coverage,
    tissue_cells,
)
from lnm_desktop.app.session import Session
from lnm_desktop.domain.coverage import CoverageGrid, grid_of, reading_downsample
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageKind
from lnm_desktop.errors import StoreError
from lnm_desktop.imaging.open import open_image
from tests.fakes.formula_reader import slide_info

GRID = CoverageGrid(Size(1000, 700), 20, 14)
KNOWN = Calibration(0.25, 0.5, CalibrationSource.FILE)
sides = st.floats(1, 1500)
views = st.tuples(st.floats(-200, 1200), st.floats(-200, 900), sides, sides, st.floats(0, 360), st.booleans())


def a_view(x: float, y: float, width: float, height: float, degrees: float = 0.0, mirrored: bool = False):
    """The corners of a view around (x, y), clockwise from top left as the picture lies on the screen."""
    angle, flip = math.radians(degrees), -1 if mirrored else 1
    corners = ((-width, -height), (width, -height), (width, height), (-width, height))
    return tuple(
        Point(
            x + flip * (dx * math.cos(angle) - dy * math.sin(angle)) / 2,
            y + (dx * math.sin(angle) + dy * math.cos(angle)) / 2,
        )
        for dx, dy in corners
    )


@given(views)
def test_exactly_the_cells_inside_the_view_count(view) -> None:
    corners = a_view(*view)
    coverage = Coverage.empty(GRID)
    coverage.note(corners, 2.0)
    outline = Polygon([(corner.x, corner.y) for corner in corners])
    inner, outer = outline.buffer(-0.1), outline.buffer(0.1)
    for row in range(GRID.rows):
        for column in range(GRID.columns):
            region = GRID.region(column, row)
            cell = box(region.x, region.y, region.right, region.bottom)
            seen = bool(np.isfinite(coverage.finest[row, column]))
            assert seen or not inner.contains(cell)
            assert not seen or outer.contains(cell)


@given(st.lists(st.tuples(views, st.floats(0.1, 50)), min_size=1, max_size=6))
def test_looking_again_never_makes_anything_unseen(looks) -> None:
    coverage = Coverage.empty(GRID)
    for view, downsample in looks:
        before = coverage.finest.copy()
        told = coverage.note(a_view(*view), downsample)
        assert (coverage.finest <= before).all()
        assert told == bool((coverage.finest < before).any())
        assert not coverage.note(a_view(*view), downsample)


def test_a_view_of_everything_covers_everything() -> None:
    coverage = Coverage.empty(GRID)
    assert coverage.note(a_view(500, 350, 1000, 700), 4.0)
    assert coverage.seen(4.0).all()
    assert not coverage.seen(3.9).any()


def test_a_view_beside_the_image_covers_nothing() -> None:
    assert not Coverage.empty(GRID).note(a_view(-500, 350, 900, 700), 1.0)
    assert not Coverage.empty(GRID).note((Point(1, 1),) * 4, 1.0)


def test_a_coarser_look_later_does_not_undo_a_finer_one() -> None:
    coverage = Coverage.empty(GRID)
    coverage.note(a_view(500, 350, 300, 300), 1.0)
    coverage.note(a_view(500, 350, 2000, 2000), 8.0)
    assert coverage.seen(1.0).sum() == 36
    assert coverage.seen(8.0).all()


@given(views, st.floats(0.1, 50))
def test_bytes_bring_it_back(view, downsample: float) -> None:
    coverage = Coverage.empty(GRID)
    coverage.note(a_view(*view), downsample)
    assert np.array_equal(Coverage.unpack(GRID, coverage.pack()).finest, coverage.finest)


@pytest.mark.parametrize("data", [b"", b"no bytes of ours", zlib.compress(b"short"), zlib.compress(bytes(10**6))])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        Coverage.unpack(GRID, data)


def test_cells_are_64_micrometres_at_most_and_fill_the_image() -> None:
    grid = grid_of(Size(1000, 700), KNOWN)
    assert (grid.columns, grid.rows) == (4, 6)
    assert grid.cell.width * KNOWN.mpp_x <= 64 and grid.cell.height * KNOWN.mpp_y <= 64
    assert grid.region(3, 5).right == 1000 and grid.region(3, 5).bottom == 700
    assert grid_of(Size(1000, 700), Calibration()).columns == 4
    assert grid_of(Size(200_000, 9), KNOWN).columns == 782
    assert grid_of(Size(10**7, 10**7), Calibration()).columns == 2048


@given(st.integers(1, 300_000), st.integers(1, 300_000))
def test_a_grid_has_no_cell_too_many(width: int, height: int) -> None:
    grid = grid_of(Size(width, height), Calibration())
    last = grid.region(grid.columns - 1, grid.rows - 1)
    assert last.right == pytest.approx(width) and last.bottom == pytest.approx(height)
    assert grid.columns == 1 or grid.columns * 256 - 256 < width or grid.columns == 2048


def test_ten_times_by_objective_first_then_by_pixel_size() -> None:
    assert reading_downsample(40.0, KNOWN) == 4.0
    assert reading_downsample(None, Calibration(0.5, 0.5, CalibrationSource.USER)) == 2.0
    assert reading_downsample(None, Calibration()) is None


def test_the_share_counts_tissue_only_and_says_100_for_all_of_it() -> None:
    tissue = np.zeros((GRID.rows, GRID.columns), bool)
    tissue[2:12, 2:18] = True
    reading = Reading(Coverage.empty(GRID), 4.0, tissue)
    assert reading.percent == 0
    reading.coverage.note(a_view(500, 350, 1000, 700), 4.1)
    assert reading.percent == 0, "9.8× is not 10×"
    reading.coverage.note(a_view(500, 350, 1000, 700), 4.0)
    assert reading.percent == 100
    reading.coverage.finest[2, 2] = np.inf
    assert reading.percent == 99


def test_nothing_is_told_that_is_not_known() -> None:
    tissue = np.ones((GRID.rows, GRID.columns), bool)
    assert Reading(Coverage.empty(GRID), None, tissue).percent is None
    assert Reading(Coverage.empty(GRID), 4.0).percent is None
    assert Reading(Coverage.empty(GRID), 4.0, ~tissue).percent is None


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.02, 0.6),
    st.tuples(st.floats(0, 1000), st.floats(0, 700)),
    st.floats(100, 400),
    st.floats(100, 400),
    st.floats(0, 360),
)
def test_going_to_the_next_again_and_again_shows_all_tissue(
    seed: int, part: float, start: tuple[float, float], width: float, height: float, degrees: float
) -> None:
    """However the picture is turned, each step shows something new, so that the walk ends at 100 %."""
    tissue = np.random.default_rng(seed).random((GRID.rows, GRID.columns)) < part
    reading = Reading(Coverage.empty(GRID), 1.0, tissue)
    here, steps = Point(*start), 0
    while (unseen := reading.unseen) is not None and unseen.any():
        found = next_unseen(GRID, unseen, here, min(width, height) / 2)
        assert found is not None
        assert reading.coverage.note(a_view(found.x, found.y, width, height, degrees), 1.0)
        assert (reading.unseen & ~unseen).sum() == 0 and reading.unseen.sum() < unseen.sum()
        here, steps = found, steps + 1
    assert steps <= tissue.sum()
    assert next_unseen(GRID, ~tissue & tissue, here, 100) is None


def test_the_next_is_the_nearest() -> None:
    unseen = np.zeros((GRID.rows, GRID.columns), bool)
    unseen[0, 0] = unseen[13, 19] = True
    assert next_unseen(GRID, unseen, Point(900, 600), 200) == GRID.center(19, 13)
    assert next_unseen(GRID, unseen, Point(100, 100), 200) == GRID.center(0, 0)


def test_it_is_kept_for_each_reader_and_each_file(tmp_path: Path) -> None:
    info = slide_info(1000, 700)
    with Session.open(tmp_path / "ws", author="anna") as session:
        image = session.add_image(session.add_case("P").id, "s.svs", ImageKind.SLIDE, "s")
        coverage = read_coverage(session, image, info, info.calibration)
        coverage.note(a_view(500, 350, 800, 500), 2.0)
        rows = session.history(image.case_id)
        keep_coverage(session, image, info, coverage)
        assert session.history(image.case_id) == rows, "reading is no change of the case"
        assert session.verify().ok
    with Session.open(tmp_path / "ws", author="anna", create=False) as session:
        again = read_coverage(session, image, info, Calibration())
        assert again.grid == coverage.grid, "the cells stay, even if the pixel size is another"
        assert np.array_equal(again.finest, coverage.finest)
        other_file = slide_info(1000, 701)
        assert not np.isfinite(read_coverage(session, image, other_file, info.calibration).finest).any()
        session.author = "ben"
        assert not np.isfinite(read_coverage(session, image, info, info.calibration).finest).any()
        session.author = "anna"
        assert np.isfinite(read_coverage(session, image, info, info.calibration).finest).any()


def test_tissue_of_a_real_slide(shared_data: Path) -> None:
    with open_image(shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs") as reader:
        grid = grid_of(reader.info.size, reader.info.calibration)
        cells = tissue_cells(reader, grid)
    assert cells.shape == (grid.rows, grid.columns) == (24, 18)
    assert 0.2 < cells.mean() < 0.6
    assert not cells[:, :2].all()
