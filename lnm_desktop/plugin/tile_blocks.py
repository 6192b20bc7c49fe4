"""Neighbouring tiles of a plan share one read: the pixels of a block are read once and cut into tiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Kernel, RegionRequest
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.imaging.tiling import TilePlan

BLOCK_PX = 512


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Cells of a plan whose pixels are read at once: the top left one, and which are chosen (rows, columns)."""

    plan: TilePlan
    column: int
    row: int
    chosen: NDArray[np.bool_]
    kernel: Kernel = Kernel.BILINEAR

    @property
    def request(self) -> RegionRequest:
        """Where the pixels of all tiles of the block lie; they may reach beyond the slide."""
        plan, (rows, columns) = self.plan, self.chosen.shape
        first = plan.tile_region(self.column, self.row)
        width_px = (columns - 1) * plan.stride_px + plan.tile_px
        height_px = (rows - 1) * plan.stride_px + plan.tile_px
        region = Region(first.x, first.y, width_px * plan.downsample, height_px * plan.downsample)
        return RegionRequest(region, plan.downsample, kernel=self.kernel)

    def cells(self) -> NDArray[np.intp]:
        """The chosen cells (n, 2) of row and column in the plan, row by row."""
        return np.argwhere(self.chosen) + np.array((self.row, self.column))

    def tiles(self, pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
        """The chosen tiles (n, tile, tile, 3), row by row, cut from the block's pixels (height, width, 3)."""
        plan = self.plan
        windows = sliding_window_view(pixels, (plan.tile_px, plan.tile_px), axis=(0, 1))
        cut = windows[:: plan.stride_px, :: plan.stride_px][self.chosen]
        return np.ascontiguousarray(cut.transpose(0, 2, 3, 1), dtype=np.uint8)

    def values(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """One number per chosen tile (n,) placed in the block (rows, columns), nan where none is."""
        placed = np.full(self.chosen.shape, np.nan, np.float32)
        placed[self.chosen] = numbers
        return placed


def blocks_of(plan: TilePlan, kernel: Kernel = Kernel.BILINEAR) -> Iterator[Block]:
    """The blocks that hold a chosen cell, row by row."""
    step = max(1, BLOCK_PX // plan.stride_px)
    for row in range(0, plan.rows, step):
        for column in range(0, plan.columns, step):
            chosen = plan.chosen[row : row + step, column : column + step]
            if chosen.any():
                yield Block(plan, column, row, chosen, kernel)


def heatmap_of(plan: TilePlan, name: str, label: str) -> HeatmapGrid:
    """The cells of a plan as the grid of a map."""
    return HeatmapGrid(name, label, plan.columns, plan.rows, plan.origin, plan.cell)
