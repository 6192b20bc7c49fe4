"""What is compared: our pane, and napari's stock Shapes layer. Each edit counts until its frame is drawn."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QMainWindow, QWidget

CORNERS = 20
SPACE_PX = 40_000
RADIUS_PX = 150
Ring = NDArray[np.float64]


class Editor(Protocol):
    """Shapes as (n, 2) rings of level-0 (x, y); numbers say which shape, in the order they were given."""

    canvas: QWidget

    def take(self, rings: list[Ring]) -> None:
        """Turn these into what the editor is given."""

    def show(self) -> None:
        """Draw what was taken."""

    def move_vertex(self, number: int, ring: Ring) -> None:
        """One vertex of a shape lies elsewhere."""

    def add(self, ring: Ring) -> None:
        """One more shape."""

    def delete(self, number: int) -> None:
        """One shape less; those after it move up."""

    def look(self, x: float, y: float, downsample: float) -> None:
        """Move the view."""


def made_up_rings(count: int, seed: int = 0) -> list[Ring]:
    """Blobs of 20 corners strewn over a square of 40,000 pixels."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    centers = rng.uniform(0, SPACE_PX, (count, 2))
    radii = RADIUS_PX * rng.uniform(0.6, 1.0, (count, CORNERS))
    return [
        center + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius[:, np.newaxis]
        for center, radius in zip(centers, radii, strict=True)
    ]


class Ours:
    """The product's pane as the window drives it: a changed set and the ids of what changed."""

    def __init__(self, window: QMainWindow) -> None:
        from lnm_desktop.ui.viewer.pane import ViewerPane
        from tests.fakes.formula_reader import FormulaReader, slide_info

        self._pane = ViewerPane()
        window.setCentralWidget(self._pane)
        reader = FormulaReader(slide_info(SPACE_PX, SPACE_PX))
        self._pane.show_image(reader, "synthetic", reader.info.calibration)
        self.canvas = self._pane.canvas_widget

    def take(self, rings: list[Ring]) -> None:
        from lnm_desktop.domain.annotation import AnnotationSet

        made = [self._annotation(ring) for ring in rings]
        self._ids = [one.id for one in made]
        self._set = AnnotationSet(made)

    def show(self) -> None:
        self._pane.show_annotations(self._set)

    def move_vertex(self, number: int, ring: Ring) -> None:
        from dataclasses import replace

        known = self._ids[number]
        self._set = self._set.replace(replace(self._set.get(known), geometry=self._geometry(ring)))
        self._pane.apply_annotations(self._set, [known])

    def add(self, ring: Ring) -> None:
        made = self._annotation(ring)
        self._ids.append(made.id)
        self._set = self._set.add(made)
        self._pane.apply_annotations(self._set, [made.id])

    def delete(self, number: int) -> None:
        known = self._ids.pop(number)
        self._set = self._set.remove(known)
        self._pane.apply_annotations(self._set, [known])

    def look(self, x: float, y: float, downsample: float) -> None:
        from lnm_desktop.domain.geometry import Point

        self._pane.move_to(Point(x, y), downsample)

    def pick(self, ring: Ring) -> bool:
        """True where the shape is found under the mouse."""
        from lnm_desktop.domain.geometry import Point
        from lnm_desktop.ui.viewer.editing import annotation_at

        return annotation_at(self._pane._scene.annotations.index, Point(*ring.mean(axis=0)), 2.0) is not None

    def _annotation(self, ring: Ring) -> Any:
        from lnm_desktop.domain.annotation import new_annotation

        return new_annotation(self._geometry(ring))

    def _geometry(self, ring: Ring) -> Any:
        from lnm_desktop.domain.geometry import Geometry, Point, Shape

        return Geometry(Shape.POLYGON, tuple(Point(float(x), float(y)) for x, y in ring))


class NapariShapes:
    """A bare QtViewer with one Shapes layer, edited as its own mouse handlers do it."""

    def __init__(self, window: QMainWindow) -> None:
        from napari.components import ViewerModel
        from napari.qt import QtViewer

        self._model = ViewerModel()
        self._qt = QtViewer(self._model, show_welcome_screen=False)
        window.setCentralWidget(self._qt)
        self._qt.dims.hide()
        self.canvas = self._qt.canvas.native

    def take(self, rings: list[Ring]) -> None:
        self._rings = [ring[:, ::-1] for ring in rings]

    def show(self) -> None:
        self._layer = self._model.add_shapes(
            self._rings,
            shape_type="polygon",
            edge_width=12,
            edge_color="#F4FA58",
            face_color="#F4FA581a",
        )

    def move_vertex(self, number: int, ring: Ring) -> None:
        self._layer._data_view.edit(number, ring[:, ::-1])
        self._layer.refresh()

    def add(self, ring: Ring) -> None:
        self._layer.add_polygons(ring[:, ::-1])

    def delete(self, number: int) -> None:
        self._layer.selected_data = {number}
        self._layer.remove_selected()

    def look(self, x: float, y: float, downsample: float) -> None:
        self._model.scene.camera.zoom = 1 / downsample
        self._model.scene.camera.center = (y, x)


EDITORS = {"ours": Ours, "napari-shapes": NapariShapes}
