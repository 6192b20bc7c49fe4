"""Tiles looked at from several sides."""

from __future__ import annotations

import numpy as np
import pytest

from lnm_desktop.plugin.tile_views import look_at, sides, spread_warnings


def top_left(tiles: np.ndarray) -> np.ndarray:
    """A model that looks at one corner alone, so that its answer depends on how the tile lies."""
    share = tiles[:, 0, 0, 0].astype(np.float32) / 255
    return np.stack([1 - share, share], axis=1)


def whole(tiles: np.ndarray) -> np.ndarray:
    share = tiles.mean(axis=(1, 2, 3)).astype(np.float32) / 255
    return np.stack([1 - share, share], axis=1)


def cornered() -> np.ndarray:
    tiles = np.zeros((2, 4, 4, 3), np.uint8)
    tiles[0, 0, 0] = 255
    return tiles


def test_one_view_is_the_answer_itself() -> None:
    assert look_at(top_left, 1, cornered()).tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize("views", [4, 8])
def test_more_views_give_the_mean_and_how_far_they_differ(views: int) -> None:
    found = look_at(top_left, views, cornered())
    assert found[0] == pytest.approx([0.25, np.sqrt(0.25 * 0.75)])
    assert found[1].tolist() == [0, 0]


def test_a_model_that_does_not_care_how_a_tile_lies_is_certain() -> None:
    tiles = np.random.default_rng(0).integers(0, 255, (5, 8, 8, 3), np.uint8)
    found = look_at(whole, 8, tiles)
    assert found[:, 0] == pytest.approx(whole(tiles)[:, 1])
    assert np.abs(found[:, 1]).max() < 1e-6


def test_eight_views_are_the_eight_ways_to_lay_a_square() -> None:
    tile = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    laid = {view.tobytes() for view in map(np.ascontiguousarray, sides(tile, 8))}
    assert len(laid) == 8
    assert np.array_equal(next(sides(tile, 8)), tile)


def test_views_that_do_differ_need_no_warning() -> None:
    layers = np.full((2, 3, 3), np.nan, np.float32)
    assert spread_warnings(layers) == ()
    layers[:, 1, 1] = (0.5, 0.2)
    assert spread_warnings(layers) == ()
    layers[1, 1, 1] = 1e-5
    assert len(spread_warnings(layers)) == 1
