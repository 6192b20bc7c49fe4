"""A tile looked at from several sides: tissue has no up, so an answer that depends on it is an uncertain one.

Wang et al. 2019, "Aleatoric uncertainty estimation with test-time augmentation": the mean of the answers is the
prediction, their spread is the part of its uncertainty that lies in how the tile happened to be laid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.prediction import UNCERTAINTY, HeatmapGrid
from lnm_desktop.imaging.tiling import TilePlan
from lnm_desktop.plugin.tile_blocks import heatmap_of

TURNS = 4
# Below this the views agree but for rounding.
NO_SPREAD = 1e-3


def look_at(
    classify: Callable[[NDArray[np.uint8]], NDArray[np.float32]], views: int, tiles: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """The last class's probability (n, 1) of tiles (n, tile, tile, 3); with more views its mean and spread (n, 2).

    The spread is the standard deviation over the views.
    """
    if views == 1:
        return classify(tiles)[:, -1:]
    answers = np.stack([classify(np.ascontiguousarray(view))[:, -1] for view in sides(tiles, views)])
    return np.stack([answers.mean(axis=0), answers.std(axis=0)], axis=1).astype(np.float32)


def sides(tiles: NDArray[np.uint8], views: int) -> Iterator[NDArray[np.uint8]]:
    """Tiles (n, tile, tile, 3) as they are, then turned by quarters, then mirrored and turned."""
    for view in range(views):
        mirrored = tiles if view < TURNS else tiles[:, :, ::-1]
        yield np.rot90(mirrored, view % TURNS, axes=(1, 2))


def spread_map(plan: TilePlan, views: int) -> tuple[HeatmapGrid, ...]:
    """The second map, where there is more than one view to differ."""
    if views == 1:
        return ()
    return (heatmap_of(plan, UNCERTAINTY, f"spread over {views} views"),)


def spread_warnings(layers: NDArray[np.float32]) -> tuple[str, ...]:
    """What to know of layers (layers, rows, columns) whose second tells of no difference anywhere."""
    if len(layers) == 1 or not np.isfinite(layers[1]).any() or np.nanmax(layers[1]) >= NO_SPREAD:
        return ()
    return ("The model answers the same however a tile lies: the views tell nothing of how certain it is.",)
