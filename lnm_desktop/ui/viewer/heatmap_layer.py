"""A model's map over the image: colours where it says something, clear glass elsewhere."""

from __future__ import annotations

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.ui.viewer.coloring import colored
from lnm_desktop.ui.viewer.coordinates import Placement, grid_cell
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

REDRAW_PAUSE_MS = 500


class HeatmapLayer(QObject):
    """One map of one grid; changed cells are drawn at most twice a second."""

    def __init__(
        self,
        grid: HeatmapGrid,
        values: NDArray[np.float32],
        style: HeatmapStyle,
        placement: Placement,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        if values.shape != (grid.rows, grid.columns):
            raise ValueError(f"a map of {grid.rows} × {grid.columns} cells was given {values.shape} values")
        self.grid = grid
        self._values = values.astype(np.float32)
        self._style = style
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(REDRAW_PAUSE_MS)
        self._pause.timeout.connect(self._redraw)
        self.layer = Image(
            colored(self._values, self._style),
            rgb=True,
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
        self._values[row : row + rows, column : column + columns] = values
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
        if cell is None or not self._style.visible or np.isnan(self._values[cell]):
            return None
        return float(self._values[cell])

    def close(self) -> None:
        """Draw no more."""
        self._pause.stop()

    def _redraw(self) -> None:
        self.layer.data = colored(self._values, self._style)
