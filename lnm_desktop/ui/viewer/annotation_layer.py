"""Annotations on the canvas: napari's shapes and points as a view of an AnnotationSet, never its keeper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Points, Shapes
from numpy.typing import NDArray

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Shape
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.ui.viewer.coordinates import Placement, to_data

EDGE_PX = 3.0
DOT_PX = 12
FILL_ALPHA = 0.10
_FILL_HEX = f"{round(FILL_ALPHA * 255):02x}"


class _Quiet:
    """A layer without napari's text and marks, which ask for one more frame each time the zoom changes."""

    events: Any

    def _update_draw(self, *arguments: Any, **named: Any) -> None:
        with self.events.scale_factor.blocker(), self.events.highlight.blocker():
            super()._update_draw(*arguments, **named)  # type: ignore[misc]


class _Outlines(_Quiet, Shapes):
    """Everything that has lines."""


class _Dots(_Quiet, Points):
    """Everything that has none."""


class AnnotationLayer:
    """Two layers that show one set; an empty one is hidden, for it would cost time in each frame."""

    def __init__(self, model: ViewerModel, placement: Placement) -> None:
        self._annotations = AnnotationSet()
        self._wanted = True
        self._shape_ids: list[AnnotationId] = []
        self._dot_ids: set[AnnotationId] = set()
        self._edge = 1.0
        common = {"ndim": 2, "scale": placement.scale, "units": placement.units, "opacity": 1.0}
        self.shapes = _Outlines(name="annotations", blending="translucent_no_depth", **common)
        self.points = _Dots(name="dots", **common, border_width=0.1)
        model.layers.append(self.shapes)
        model.layers.append(self.points)
        self._hide_empty()

    def show(self, annotations: AnnotationSet) -> None:
        """Draw all of a set."""
        self._show_both()
        self._annotations = annotations
        self._remove_shapes(range(len(self._shape_ids)))
        self._add_shapes([item for item in annotations if _is_outline(item) and annotations.shows(item)])
        self._dot_ids = {item.id for item in annotations if not _is_outline(item)}
        self._draw_points()
        self._hide_empty()

    def apply(self, annotations: AnnotationSet, changed: Iterable[AnnotationId]) -> None:
        """Draw only what changed (added, replaced, removed)."""
        changed = set(changed)
        self._show_both()
        self._annotations = annotations
        self._remove_shapes([place for place, known in enumerate(self._shape_ids) if known in changed])
        present = [annotations.get(known) for known in changed if known in annotations]
        self._add_shapes([item for item in present if _is_outline(item) and annotations.shows(item)])
        dots = {item.id for item in present if not _is_outline(item)}
        if dots or self._dot_ids & changed:
            self._dot_ids = (self._dot_ids - changed) | dots
            self._draw_points()
        self._hide_empty()

    def place(self, placement: Placement) -> None:
        """Lie on another image."""
        for layer in (self.shapes, self.points):
            layer.scale = np.array(placement.scale)
            layer.affine = placement.affine
            layer.units = placement.units

    def clear(self) -> None:
        """Draw nothing."""
        self.show(AnnotationSet())

    def set_visible(self, visible: bool) -> None:
        """Show or hide everything."""
        self._wanted = visible
        self._hide_empty()

    def set_downsample(self, downsample: float) -> None:
        """Keep the edges as wide on the screen as they were (napari's widths are in image pixels)."""
        edge = EDGE_PX * downsample
        if abs(edge - self._edge) > 0.02 * self._edge:
            self._edge = edge
            if len(self.points.data):
                self.points.size = DOT_PX * downsample
            if self._shape_ids:
                self.shapes.edge_width = [edge] * len(self._shape_ids)
                self.shapes.refresh(extent=False, thumbnail=False, highlight=False)  # the setter tells nobody

    def _show_both(self) -> None:
        """A hidden layer of napari's keeps its old list of what is in view, which may end beyond the new data."""
        for layer in (self.shapes, self.points):
            if not layer.visible:
                layer.visible = True

    def _hide_empty(self) -> None:
        for layer, filled in ((self.shapes, bool(self._shape_ids)), (self.points, len(self.points.data) > 0)):
            if layer.visible != (self._wanted and filled):
                layer.visible = self._wanted and filled

    def _remove_shapes(self, places: Sequence[int]) -> None:
        if not places:
            return
        self.shapes.selected_data = set(places)
        self.shapes.remove_selected()
        gone = set(places)
        self._shape_ids = [known for place, known in enumerate(self._shape_ids) if place not in gone]

    def _add_shapes(self, annotations: list[Annotation]) -> None:
        if not annotations:
            return
        colors = [self._annotations.color_of(annotation) for annotation in annotations]
        fills = [color + self._fill_of(item) for color, item in zip(colors, annotations, strict=True)]
        self.shapes.add(
            [(_outline(annotation.geometry), _napari_type(annotation.geometry)) for annotation in annotations],
            edge_color=colors,
            face_color=fills,
            edge_width=self._edge,
        )
        self.shapes.selected_data = set()
        self._shape_ids += [annotation.id for annotation in annotations]

    def _fill_of(self, annotation: Annotation) -> str:
        group = self._annotations.group(annotation.group)
        return _FILL_HEX if group is None or group.filled else "00"

    def _draw_points(self) -> None:
        dots = [item for item in map(self._annotations.get, self._dot_ids) if self._annotations.shows(item)]
        places = [point for annotation in dots for point in annotation.geometry.points]
        if not places and not len(self.points.data):
            return
        colors = [self._annotations.color_of(item) for item in dots for _ in item.geometry.points]
        self.points.data = to_data(places)
        self.points.selected_data = set()
        if places:
            self.points.size = DOT_PX * self._edge / EDGE_PX
            self.points.face_color = colors
            self.points.border_color = "white"


def _is_outline(annotation: Annotation) -> bool:
    return annotation.geometry.shape not in (Shape.DOT, Shape.POINT_SET)


def _napari_type(geometry: Geometry) -> str:
    return "path" if geometry.shape is Shape.MEASUREMENT else "polygon"


def _outline(geometry: Geometry) -> NDArray[np.float64]:
    """Rows and columns; holes follow the outline, every ring closed (napari's way to draw holes)."""
    if not geometry.holes:
        return to_data(geometry.points)
    rings = [to_data((*ring, ring[0])) for ring in (geometry.points, *geometry.holes)]
    return np.concatenate(rings)
