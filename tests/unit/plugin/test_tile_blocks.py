"""Blocks and tiles lie where the plan says that they lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point, Region, Size
from lnm_desktop.imaging.tiling import TilePlan, plan_tiles
from lnm_desktop.plugin.tile_blocks import blocks_of, heatmap_of


def a_plan(chosen: NDArray[np.bool_], stride_px: int) -> TilePlan:
    rows, columns = chosen.shape
    return TilePlan(Region(0, 0, columns * stride_px, rows * stride_px), 96, stride_px, 1.0, chosen)


def places(x: float, y: float, width: int, height: int) -> NDArray[np.uint8]:
    """Pixels that know their own level-0 place (downsample 1, modulo 256)."""
    ys, xs = np.mgrid[0:height, 0:width]
    return np.stack([(xs + x) % 256, (ys + y) % 256, 0 * xs], axis=2).astype(np.uint8)


@given(
    rows=st.integers(1, 40), columns=st.integers(1, 40), stride=st.sampled_from([32, 64, 96]), seed=st.integers(0, 99)
)
def test_blocks_hold_every_chosen_cell_once(rows: int, columns: int, stride: int, seed: int) -> None:
    chosen = np.random.default_rng(seed).random((rows, columns)) < 0.2
    seen = np.zeros_like(chosen, dtype=int)
    for block in blocks_of(a_plan(chosen, stride)):
        height, width = block.chosen.shape
        seen[block.row : block.row + height, block.column : block.column + width] += block.chosen
    assert np.array_equal(seen, chosen.astype(int))


@pytest.mark.parametrize("stride", [32, 64, 96])
def test_a_tile_lies_around_the_centre_of_its_cell(stride: int) -> None:
    chosen = np.zeros((9, 21), bool)
    chosen[8, 20] = chosen[0, 1] = True
    plan = a_plan(chosen, stride)
    for block in blocks_of(plan):
        request = block.request
        tiles = block.tiles(places(request.region.x, request.region.y, *request.output))
        for tile, (row, column) in zip(tiles, np.argwhere(block.chosen), strict=True):
            center = plan.center(int(block.column + column), int(block.row + row))
            assert tile.shape == (96, 96, 3)
            assert tuple(tile[0, 0, :2]) == ((center.x - 48) % 256, (center.y - 48) % 256)


@given(downsample=st.floats(0.3, 8), stride=st.sampled_from([32, 64, 96]))
def test_the_pixels_of_a_block_are_whole_in_number(downsample: float, stride: int) -> None:
    plan = plan_tiles(Region(0, 0, 5000, 4000), 96, stride, downsample)
    block = next(blocks_of(plan))
    rows, columns = block.chosen.shape
    assert block.request.output == ((columns - 1) * stride + 96, (rows - 1) * stride + 96)


def test_values_go_back_to_their_cells() -> None:
    chosen = np.array([[True, False, False], [False, False, True]])
    placed = next(blocks_of(a_plan(chosen, 32))).values(np.array([0.25, 0.75], np.float32))
    assert (placed[0, 0], placed[1, 2]) == (0.25, 0.75)
    assert np.isnan(placed).sum() == 4


def test_the_map_of_a_plan_spans_level_0_pixels() -> None:
    heatmap = heatmap_of(plan_tiles(Region(0, 0, 1000, 500), 96, 32, 2.5), "tumor", "Tumour")
    assert (heatmap.columns, heatmap.rows) == (13, 7)
    assert (heatmap.origin, heatmap.cell) == (Point(0, 0), Size(80, 80))
