"""A model's map over the image: colours where it says something, clear glass elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.ui.viewer.coloring import colored
from lnm_desktop.ui.viewer.coordinates import Placement, grid_cell
from lnm_desktop.ui.viewer.heatmap_levels import ColoredLevel, HeatmapLevels
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

REDRAW_PAUSE_MS = 500


class HeatmapLayer(QObject):
    """One map of one grid, a pyramid where it is large; changed cells are drawn at most twice a second.

    A `signed` map holds differences from -1 to 1, shown in colours of their own.
    """

    def __init__(
        self,
        grid: HeatmapGrid,
        values: NDArray[np.float32],
        style: HeatmapStyle,
        placement: Placement,
        parent: QObject,
        *,
        signed: bool = False,
    ) -> None:
        super().__init__(parent)
        if values.shape != (grid.rows, grid.columns):
            raise ValueError(f"a map of {grid.rows} × {grid.columns} cells was given {values.shape} values")
        self.grid = grid
        self.signed = signed
        self._levels = HeatmapLevels(values, signed=signed)
        self._style = style
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(REDRAW_PAUSE_MS)
        self._pause.timeout.connect(self._redraw)
        self.layer = Image(
            self._colors(),
            rgb=True,
            multiscale=len(self._levels.levels) > 1,
            name=grid.label or grid.name,
            scale=placement.grid_scale(grid),
            translate=placement.grid_translate(grid),
            affine=placement.affine,
            units=placement.units,
            interpolation2d="nearest",
            blending="translucent_no_depth",
            opacity=style.opacity,
            visible=style.visible,
        )

    def update(self, column: int, row: int, values: NDArray[np.float32]) -> None:
        """Cells from (column, row) on have these values; cells beyond the grid are an error."""
        rows, columns = values.shape
        if column < 0 or row < 0 or row + rows > self.grid.rows or column + columns > self.grid.columns:
            raise ValueError(f"cells {column}, {row} + {columns} × {rows} lie outside the map {self.grid.name!r}")
        self._levels.put(column, row, values)
        if not self._pause.isActive():
            self._pause.start()

    def set_style(self, style: HeatmapStyle) -> None:
        """Show it otherwise."""
        recolor = (style.threshold, style.colormap) != (self._style.threshold, self._style.colormap)
        self._style = style
        self.layer.visible = style.visible
        self.layer.opacity = style.opacity
        if recolor:
            self._redraw()

    def place(self, placement: Placement) -> None:
        """Turn with the image."""
        self.layer.affine = placement.affine

    def value_at(self, point: Point) -> float | None:
        """The value of the cell there; None outside, when not examined, or while the map is hidden."""
        cell = grid_cell(self.grid, point)
        if cell is None or not self._style.visible or np.isnan(self._levels.levels[0][cell]):
            return None
        return float(self._levels.levels[0][cell])

    def close(self) -> None:
        """Draw no more."""
        self._pause.stop()

    def _redraw(self) -> None:
        self.layer.data = self._colors()

    def _colors(self) -> Any:
        """Of a small map the picture, of a large one levels whose parts are coloured when they come into sight."""
        levels = self._levels.levels
        if len(levels) == 1:
            return colored(levels[0], self._style, signed=self.signed)
        return [ColoredLevel(values, self._style, signed=self.signed) for values in levels]
