"""Slide scores and ranked regions of small maps, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lnm_desktop.domain.geometry import Region
from lnm_desktop.imaging.tiling import plan_tiles
from lnm_desktop.plugin.tile_findings import ranked_regions, slide_scores, smoothed

PLAN = plan_tiles(Region(0, 0, 160, 128), 96, 32, 1.0)


def a_map() -> np.ndarray:
    values = np.full((4, 5), 0.1, np.float32)
    values[0, 0] = np.nan
    return values


def test_a_lone_cell_counts_little_in_the_score() -> None:
    values = a_map()
    values[2, 2] = 1.0
    highest, above = slide_scores(values, 0.5, "tumor")
    assert smoothed(values)[2, 2] == pytest.approx((8 * 0.1 + 1.0) / 9)
    assert highest.value == pytest.approx((5 * 0.1 + 1.0) / 6), "at the border six cells are in the mean"
    assert above.value == pytest.approx(1 / 19)
    assert "not the probability" in highest.meaning
    assert "0.500" in above.meaning


def test_at_the_border_the_mean_is_over_what_was_examined() -> None:
    values = a_map()
    values[0, 1] = 0.7
    means = smoothed(values)
    assert math.isnan(means[0, 0])
    assert means[0, 1] == pytest.approx((0.7 + 4 * 0.1) / 5)


def test_nothing_examined_gives_no_score_and_no_region() -> None:
    values = np.full((4, 5), np.nan, np.float32)
    assert slide_scores(values, 0.5, "tumor") == ()
    assert ranked_regions(values, 0.5, PLAN) == ()


def test_touching_cells_are_one_region_and_the_highest_comes_first() -> None:
    values = a_map()
    values[0, 4] = 0.6
    values[2, 1] = 0.7
    values[3, 2] = 0.9
    regions = ranked_regions(values, 0.5, PLAN)
    assert [region.score for region in regions] == pytest.approx([0.9, 0.6])
    assert regions[0].region == Region(32, 64, 64, 64)
    assert regions[1].region == Region(128, 0, 32, 32)


def test_the_operating_point_itself_counts_as_reached() -> None:
    values = a_map()
    values[1, 1] = 0.5
    assert ranked_regions(values, 0.5, PLAN)[0].region == Region(32, 32, 32, 32)


def test_below_the_operating_point_the_maxima_are_ranked() -> None:
    values = a_map()
    values[0, 4] = 0.2
    values[3, 0] = 0.3
    regions = ranked_regions(values, 0.5, PLAN)
    assert regions[0].region == Region(0, 96, 32, 32)
    assert regions[1].region == Region(128, 0, 32, 32)
    assert len(regions) <= 10
