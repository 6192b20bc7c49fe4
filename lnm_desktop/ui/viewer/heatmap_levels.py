"""A large map as a pyramid: only what is in sight is coloured and sent to the graphics card."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.ui.viewer.coloring import colored
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

MOST_CELLS = 4_000_000
"""A map of more cells is shown as a pyramid."""
COARSEST_EDGE = 1024


class HeatmapLevels:
    """The values of a map, each level half as wide and high as the one before.

    A coarse cell has the highest value of the four below it, so that a small hot spot is seen from afar; of a
    `signed` map the value furthest from 0. Level 0 is filled up with nan to a multiple of the coarsest cell, so that
    every level covers the same area. A map of up to MOST_CELLS has one level.
    """

    def __init__(self, values: NDArray[np.float32], *, signed: bool = False) -> None:
        self.signed = signed
        rows, columns = values.shape
        count = _count(rows, columns)
        edge = 2 ** (count - 1)
        finest = np.full((-(-rows // edge) * edge, -(-columns // edge) * edge), np.nan, np.float32)
        finest[:rows, :columns] = values
        self.levels = [finest]
        for _ in range(count - 1):
            self.levels.append(_halved(self.levels[-1], signed=signed))

    def put(self, column: int, row: int, values: NDArray[np.float32]) -> None:
        """Other values from a cell on, in every level."""
        bottom, right = row + values.shape[0], column + values.shape[1]
        self.levels[0][row:bottom, column:right] = values
        for fine, coarse in zip(self.levels, self.levels[1:], strict=False):
            row, column, bottom, right = row // 2, column // 2, -(-bottom // 2), -(-right // 2)
            block = fine[2 * row : 2 * bottom, 2 * column : 2 * right]
            coarse[row:bottom, column:right] = _halved(block, signed=self.signed)


class ColoredLevel:
    """One level as napari reads it: RGBA, shape (rows, columns, 4), each part coloured when it is asked for."""

    dtype = np.dtype(np.uint8)
    ndim = 3

    def __init__(self, values: NDArray[np.float32], style: HeatmapStyle, *, signed: bool) -> None:
        self._values = values
        self._signed = signed
        self.style = style
        self.shape = (*values.shape, 4)
        self.size = values.size * 4

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """The colours of rows and columns; channels are not chosen among."""
        places = key if isinstance(key, tuple) else (key,)
        return colored(self._values[places[:2]], self.style, signed=self._signed)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return np.asarray(self[:], dtype)

    def __len__(self) -> int:
        return self.shape[0]


def _count(rows: int, columns: int) -> int:
    """How many levels there are until both edges are COARSEST_EDGE or less."""
    if rows * columns <= MOST_CELLS:
        return 1
    count = 1
    while max(rows, columns) > COARSEST_EDGE * 2 ** (count - 1):
        count += 1
    return count


def _halved(values: NDArray[np.float32], *, signed: bool) -> NDArray[np.float32]:
    """Of each four cells the highest value that is known."""
    quads = (values[0::2, 0::2], values[0::2, 1::2], values[1::2, 0::2], values[1::2, 1::2])
    highest = np.fmax(np.fmax(quads[0], quads[1]), np.fmax(quads[2], quads[3]))
    if not signed:
        return highest
    lowest = np.fmin(np.fmin(quads[0], quads[1]), np.fmin(quads[2], quads[3]))
    return np.where(-lowest > highest, lowest, highest)
