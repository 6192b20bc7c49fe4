"""What lies on the canvas of one pane: the image below, a map over it, annotations on top."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.viewer.annotation_layer import AnnotationLayer
from lnm_desktop.ui.viewer.canvas import Canvas
from lnm_desktop.ui.viewer.coordinates import Placement
from lnm_desktop.ui.viewer.heatmap_layer import HeatmapLayer
from lnm_desktop.ui.viewer.image_layer import ImageLayer
from lnm_desktop.ui.viewer.painting import PaintingPause
from lnm_desktop.ui.viewer.view_state import CursorValues, HeatmapStyle


class Scene(QObject):
    """Puts image and layers on the canvas and takes them off, all in one unit."""

    bad_tiles_changed = Signal(int)
    hatched_changed = Signal(int)
    failed = Signal(object)
    overview_changed = Signal()
    window_changed = Signal()

    def __init__(self, canvas: Canvas, cache_bytes: int, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._model = canvas.viewer
        self._pause = PaintingPause(canvas.native)
        self._cache_bytes = cache_bytes
        self._style = HeatmapStyle()
        self.image: ImageLayer | None = None
        self.heatmap: HeatmapLayer | None = None
        self.placement = Placement.of(Calibration())
        self.annotations = AnnotationLayer(canvas.scene_node, self.placement)

    def show_image(self, reader: ImageReader, placement: Placement) -> None:
        """Another image; its map and its annotations are gone."""
        self.clear()
        self.placement = placement
        self.image = ImageLayer(reader, placement, self._cache_bytes, self._canvas, self)
        self.image.bad_tiles_changed.connect(self.bad_tiles_changed)
        self.image.hatched_changed.connect(self.hatched_changed)
        self.image.failed.connect(self.failed)
        self.image.overview_changed.connect(self.overview_changed)
        self.image.haste.held.connect(self._pause.set_active)
        self.image.window_changed.connect(self.window_changed)
        self.annotations.place(placement)

    def set_cache_bytes(self, cache_bytes: int) -> None:
        """Keep so many bytes of tiles of this image and of the next one."""
        self._cache_bytes = cache_bytes
        if self.image is not None:
            self.image.set_cache_bytes(cache_bytes)

    def place(self, placement: Placement) -> None:
        """Turn or mirror all that is shown."""
        self.placement = placement
        self.annotations.place(placement)
        if self.image is not None:
            self.image.place(placement)
        if self.heatmap is not None:
            self.heatmap.place(placement)

    def clear(self, wait_s: float = 0.0) -> None:
        """No image, no map, no annotations; waits so long for reads under way."""
        self.annotations.show(AnnotationSet())
        self.clear_heatmap()
        if self.image is not None:
            self.image.close(wait_s)
            self.image.deleteLater()
            self.image = None
            self.bad_tiles_changed.emit(0)
            self.hatched_changed.emit(0)

    def show_heatmap(self, grid: HeatmapGrid, values: NDArray[np.float32], *, signed: bool = False) -> None:
        """A map over the image, or the difference of two; nothing without an image."""
        self.clear_heatmap()
        if self.image is not None:
            self.heatmap = HeatmapLayer(grid, values, self._style, self.placement, self, signed=signed)
            with self._canvas.drawing_at_once():
                self._model.layers.insert(0, self.heatmap.layer)
            self._model.layers.selection.clear()  # napari would frame a selected layer and take keys for it

    def clear_heatmap(self) -> None:
        """No map."""
        if self.heatmap is not None:
            self.heatmap.close()
            with self._canvas.drawing_at_once():
                self._model.layers.remove(self.heatmap.layer)
            self.heatmap.deleteLater()
            self.heatmap = None

    def set_heatmap_style(self, style: HeatmapStyle) -> None:
        """Show this and the next map otherwise."""
        self._style = style
        if self.heatmap is not None:
            self.heatmap.set_style(style)

    def values_at(self, point: Point) -> CursorValues:
        """What is at hand of image and map there."""
        pixel = self.image.pixel_at(point) if self.image is not None else ()
        if self.heatmap is None:
            return CursorValues(pixel)
        return CursorValues(pixel, self.heatmap.value_at(point), self.heatmap.signed)
