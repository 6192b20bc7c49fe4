"""In which order the cells of a plan are examined: a wide net over all of them first, then where it caught most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import Kernel
from lnm_desktop.imaging.tiling import TilePlan
from lnm_desktop.plugin.tile_blocks import Block, blocks_of

# One cell of each 5 × 5: the net stands after a 25th of the work.
NET_STEP = 5
# Below this the whole map is there so soon that a net would only cost.
LEAST_CELLS = 200
Map = NDArray[np.float32]


def net_cells(wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells of the net among the wanted ones (rows, columns); none where there are few."""
    net = np.zeros_like(wanted)
    if wanted.sum() >= LEAST_CELLS:
        middle = NET_STEP // 2
        net[middle::NET_STEP, middle::NET_STEP] = wanted[middle::NET_STEP, middle::NET_STEP]
    return net


def net_blocks(plan: TilePlan, cells: NDArray[np.bool_], kernel: Kernel) -> Iterator[Block]:
    """A block of its own for each cell of the net."""
    alone = np.ones((1, 1), dtype=np.bool_)
    for row, column in np.argwhere(cells).tolist():
        yield Block(plan, column, row, alone, kernel)


def net_square(row: int, column: int) -> tuple[slice, slice]:
    """The cells for which one cell of the net speaks until they are examined themselves."""
    top, left = row // NET_STEP * NET_STEP, column // NET_STEP * NET_STEP
    return slice(top, top + NET_STEP), slice(left, left + NET_STEP)


def ranked_blocks(plan: TilePlan, wanted: NDArray[np.bool_], shown: Map, kernel: Kernel) -> list[Block]:
    """The blocks of the wanted cells, those with the highest value `shown` so far first, else row by row."""
    blocks = list(blocks_of(replace(plan, chosen=wanted), kernel))
    return sorted(blocks, key=lambda block: -_highest(block, shown))


def _highest(block: Block, shown: Map) -> float:
    rows, columns = block.chosen.shape
    part = shown[block.row : block.row + rows, block.column : block.column + columns]
    return float(np.nanmax(part)) if np.isfinite(part).any() else -1.0
