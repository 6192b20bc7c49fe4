"""Cells of a heat map laid over a slide, and the blocks of pixels that are read for them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point, Region, Size
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.domain.prediction import HeatmapGrid

BLOCK_PX = 512
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Square cells of `stride_px` from the top left corner; a tile of `tile_px` lies around each cell's centre.

    Both are pixels at the model's resolution, of which one spans `downsample` level-0 pixels.
    """

    columns: int
    rows: int
    stride_px: int
    tile_px: int
    downsample: float

    @property
    def cell_px0(self) -> float:
        """Edge of a cell in level-0 pixels."""
        return self.stride_px * self.downsample

    def cell(self, column: int, row: int) -> Region:
        """A cell in level-0 pixels."""
        return Region(column * self.cell_px0, row * self.cell_px0, self.cell_px0, self.cell_px0)

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Level-0 x (columns,) and y (rows,) of the cells' centres."""
        columns, rows = np.arange(self.columns, dtype=np.float64), np.arange(self.rows, dtype=np.float64)
        return np.multiply(columns + 0.5, self.cell_px0), np.multiply(rows + 0.5, self.cell_px0)

    def heatmap(self, name: str, label: str) -> HeatmapGrid:
        """The same cells as a map's grid."""
        return HeatmapGrid(name, label, self.columns, self.rows, Point(0, 0), Size(self.cell_px0, self.cell_px0))

    def blocks(self, chosen: Mask) -> Iterator[Block]:
        """The blocks that hold a chosen cell, row by row; `chosen` is (rows, columns)."""
        step = max(1, BLOCK_PX // self.stride_px)
        for row in range(0, self.rows, step):
            for column in range(0, self.columns, step):
                part = chosen[row : row + step, column : column + step]
                if part.any():
                    yield Block(self, column, row, part)


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Neighbouring cells whose pixels are read at once: the top left one, and which are chosen (rows, columns)."""

    grid: TileGrid
    column: int
    row: int
    chosen: Mask

    @property
    def request(self) -> RegionRequest:
        """Where the pixels of all tiles of the block lie; they may reach beyond the slide."""
        grid, (rows, columns) = self.grid, self.chosen.shape
        margin_px = (grid.tile_px - grid.stride_px) / 2
        scale = grid.downsample
        region = Region(
            (self.column * grid.stride_px - margin_px) * scale,
            (self.row * grid.stride_px - margin_px) * scale,
            ((columns - 1) * grid.stride_px + grid.tile_px) * scale,
            ((rows - 1) * grid.stride_px + grid.tile_px) * scale,
        )
        return RegionRequest(region, scale)

    def tiles(self, pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
        """The chosen tiles (n, tile, tile, 3), row by row, cut from the block's pixels (height, width, 3)."""
        grid = self.grid
        windows = sliding_window_view(pixels, (grid.tile_px, grid.tile_px), axis=(0, 1))
        cut = windows[:: grid.stride_px, :: grid.stride_px][self.chosen]
        return np.ascontiguousarray(cut.transpose(0, 2, 3, 1), dtype=np.uint8)

    def values(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """One number per chosen tile (n,) placed in the block (rows, columns), nan where none is."""
        placed = np.full(self.chosen.shape, np.nan, np.float32)
        placed[self.chosen] = numbers
        return placed


def tile_grid(slide: Size, downsample: float, stride_px: int, tile_px: int) -> TileGrid:
    """The grid that covers a slide of that level-0 size."""
    cell = stride_px * downsample
    return TileGrid(math.ceil(slide.width / cell), math.ceil(slide.height / cell), stride_px, tile_px, downsample)
