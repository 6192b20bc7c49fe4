from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.synthetic import DESCRIPTION, write_synthetic_slide
from lnm_desktop.imaging.tiling import TilePlan, bounds_of, plan_tiles
from lnm_desktop.imaging.tissue import TissueMask, find_tissue, tissue_of


def a_mask(rows: int = 20, columns: int = 30, cell: float = 10.0) -> TissueMask:
    """The left half is tissue."""
    mask = np.zeros((rows, columns), np.bool_)
    mask[:, : columns // 2] = True
    return TissueMask(mask, Point(0, 0), cell, cell, 0.1)


@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0])
def test_a_blank_slide_has_no_tissue(noise: float) -> None:
    rng = np.random.default_rng(1)
    view = np.clip(240 + rng.normal(0, noise, (300, 400, 3)), 0, 255).astype(np.uint8)
    assert not tissue_of(view)[0].any()


def test_stained_tissue_is_found_and_specks_are_not() -> None:
    rng = np.random.default_rng(1)
    view = np.clip(240 + rng.normal(0, 2, (300, 400, 3)), 0, 255).astype(np.uint8)
    view[100:200, 100:250] = (200, 120, 180)
    view[150:154, 170:174] = 240  # a hole
    view[20:22, 20:22] = (90, 20, 120)
    mask, _ = tissue_of(view)
    truth = np.zeros_like(mask)
    truth[100:200, 100:250] = True
    assert (mask != truth).mean() < 0.01
    assert mask[152, 172]
    assert not mask[:50].any()


def test_the_black_void_of_a_scanner_is_no_tissue() -> None:
    view = np.full((200, 200, 3), 240, np.uint8)
    view[:, :60] = (2, 0, 1)
    assert not tissue_of(view)[0].any()


def test_fraction_counts_parts_of_cells() -> None:
    tissue = a_mask()
    assert tissue.fraction(Region(0, 0, 100, 100)) == 1.0
    assert tissue.fraction(Region(200, 0, 50, 50)) == 0.0
    assert tissue.fraction(Region(145, 50, 10, 10)) == pytest.approx(0.5)
    assert tissue.fraction(Region(149.5, 3, 1, 1)) == pytest.approx(0.5)
    assert tissue.fraction(Region(-50, 0, 100, 100)) == pytest.approx(0.5)
    assert tissue.fraction(Region(5, 5, 0, 5)) == 0.0


@given(x=st.floats(-50, 350), y=st.floats(-50, 250), width=st.floats(1, 300), height=st.floats(1, 300))
@settings(deadline=None)
def test_fraction_is_the_area_of_the_overlap(x: float, y: float, width: float, height: float) -> None:
    region = Region(x, y, width, height)
    overlap = region.intersect(Region(0, 0, 150, 200))
    wanted = overlap.width * overlap.height / (width * height)
    assert a_mask().fraction(region) == pytest.approx(wanted, abs=1e-6)


@given(width=st.floats(1, 5000), height=st.floats(1, 5000), stride=st.integers(8, 256), downsample=st.floats(0.5, 8))
@settings(deadline=None)
def test_cells_cover_the_region(width: float, height: float, stride: int, downsample: float) -> None:
    region = Region(10.5, -3.25, width, height)
    plan = plan_tiles(region, 96, stride, downsample)
    last = plan.cell_region(plan.columns - 1, plan.rows - 1)
    assert last.right >= region.right - 1e-3
    assert last.bottom >= region.bottom - 1e-3
    assert last.x < region.right
    assert last.y < region.bottom
    assert len(plan) == plan.rows * plan.columns


def test_a_tile_lies_around_its_cell() -> None:
    plan = plan_tiles(Region(100, 200, 1000, 1000), tile_px=96, stride_px=32, downsample=4.0)
    assert plan.cell_region(1, 2) == Region(228, 456, 128, 128)
    assert plan.tile_region(1, 2) == Region(100, 328, 384, 384)
    assert RegionRequest(plan.tile_region(1, 2), plan.downsample).output == (96, 96)
    assert plan.cells()[1].tolist() == [1, 0]


def test_only_tissue_cells_are_chosen() -> None:
    plan = plan_tiles(Region(0, 0, 300, 200), 40, 20, 1.0).in_tissue(a_mask())
    assert plan.chosen[:, :7].all()  # cells up to x = 140
    assert plan.chosen[:, 7].all()  # 140 … 160 is half tissue
    assert not plan.chosen[:, 8:].any()
    assert not plan_tiles(Region(0, 0, 300, 200), 40, 20, 1.0).in_tissue(a_mask(), 0.6).chosen[:, 7].any()


def test_cells_inside_shapes() -> None:
    plan = plan_tiles(Region(0, 0, 100, 100), 10, 10, 1.0)
    box = rectangle(Region(20, 30, 40, 20))
    assert _chosen(plan.inside([box])) == {(c, r) for c in range(2, 6) for r in (3, 4)}
    ring = tuple(Point(x, y) for x, y in ((0, 0), (100, 0), (100, 100), (0, 100)))
    hole = tuple(Point(x, y) for x, y in ((20, 20), (80, 20), (80, 80), (20, 80)))
    assert len(plan.inside([Geometry(Shape.POLYGON, ring, (hole,))])) == 100 - 36
    assert len(plan.inside([Geometry(Shape.DOT, (Point(50, 50),))])) == 0
    assert len(plan.inside([box, Geometry(Shape.POLYGON, ring, (hole,))])) == 64 + 8
    assert bounds_of([box, rectangle(Region(-5, 0, 1, 90))]) == Region(-5, 0, 65, 90)


@pytest.mark.parametrize("numbers", [(0, 1, 1.0), (1, 0, 1.0), (1, 1, 0.0), (1, 1, float("nan"))])
def test_senseless_plans_are_refused(numbers: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        plan_tiles(Region(0, 0, 10, 10), *numbers)


def test_the_synthetic_slide_is_a_slide_and_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.tif"
    write_synthetic_slide(path, seed=3, size_px=(2048, 1536), mpp=0.5)
    with tifffile.TiffFile(path) as file:
        assert file.pages.first.description == DESCRIPTION
    with open_image(path) as slide:
        assert slide.info.format == "openslide/generic-tiff"
        assert len(slide.info.levels) == 2
        assert slide.info.calibration.mpp == pytest.approx(0.5)
        tissue = find_tissue(slide)
        assert 0.2 < tissue.mask.mean() < 0.8
        assert tissue.fraction(Region(0, 0, 100, 100)) == 0.0
        assert tissue.fraction(Region(900, 600, 200, 200)) == 1.0


def test_equal_seeds_draw_equal_slides(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_synthetic_slide(tmp_path / name, seed=seed, size_px=(1024, 768))
    pixels = [tifffile.imread(tmp_path / name, key=0) for name in "abc"]
    assert np.array_equal(pixels[0], pixels[1])
    assert not np.array_equal(pixels[0], pixels[2])


def _chosen(plan: TilePlan) -> set[tuple[int, int]]:
    return {(int(column), int(row)) for column, row in plan.cells()}
