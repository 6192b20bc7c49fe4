"""The one widget through which the window sees images, annotations and maps; napari stays behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Point, Region, Size
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.domain.image import Calibration, ImageKind
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.viewer.canvas_input import CanvasInput
from lnm_desktop.ui.viewer.drawing import Drawn, WandSeed
from lnm_desktop.ui.viewer.hands import Hands
from lnm_desktop.ui.viewer.image_pane import DEFAULT_CACHE_BYTES, ImagePane
from lnm_desktop.ui.viewer.link_marks import LinkMarks
from lnm_desktop.ui.viewer.map_legend import MapLegend
from lnm_desktop.ui.viewer.marking import brush_tip, draft_line, marked
from lnm_desktop.ui.viewer.measuring import Measuring
from lnm_desktop.ui.viewer.navigator import Navigator
from lnm_desktop.ui.viewer.overlay import Overlay
from lnm_desktop.ui.viewer.tools import Combine, Tool
from lnm_desktop.ui.viewer.veil import Veil, veil_picture
from lnm_desktop.ui.viewer.view_state import HeatmapStyle


class ViewerPane(ImagePane):
    """Shows one image with what was drawn and predicted on it.

    The owner keeps the annotations: a finished shape is only told (`annotation_drawn`), and appears once the
    owner has committed it and calls `show_annotations` or `apply_annotations`.

    Signals besides those of `ImagePane`: annotation_drawn(Geometry), annotation_changed(Annotation),
    area_combined(Geometry, Combine) for one that changes the selection, wand_touched(WandSeed, Combine),
    refused(words), annotations_removed(tuple of ids), selection_changed(tuple of ids), cursor_moved(Point | None),
    values_under_cursor(CursorValues | None), draft_changed((Shape, tuple of Point) | None).
    """

    annotation_drawn = Signal(object)
    area_combined = Signal(object, object)
    wand_touched = Signal(object, object)
    refused = Signal(str)
    annotation_changed = Signal(object)
    annotations_removed = Signal(object)
    selection_changed = Signal(object)
    cursor_moved = Signal(object)
    values_under_cursor = Signal(object)
    draft_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None, tile_cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._annotations = AnnotationSet()
        self._visible = True
        self._group: AnnotationGroup | None = None
        self._style = HeatmapStyle()
        self._under_cursor: Point | None = None
        super().__init__(parent, tile_cache_bytes)
        self._build()
        self._connect()

    def show_image(self, reader: ImageReader, title: str, calibration: Calibration) -> None:
        """See `ImagePane`; what was drawn and predicted on the last image is gone."""
        self._annotations = AnnotationSet()
        self.show_veil(None)
        super().show_image(reader, title, calibration)
        self._explain_map()
        self._hands.set_image(reader.info.region)

    def clear(self) -> None:
        """Show nothing."""
        super().clear()
        self.show_veil(None)
        self._explain_map()
        self._annotations = AnnotationSet()
        self._hands.set_image(Region(0, 0, 0, 0))

    def screenshot(self) -> QImage:
        """See `ImagePane`; the navigator is a tool and no part of the picture."""
        shown = self.navigator.isVisible()
        self.navigator.hide()
        image = super().screenshot()
        self.navigator.setVisible(shown)
        return image

    # -- annotations

    def show_annotations(self, annotations: AnnotationSet) -> None:
        """Draw a whole set."""
        self._annotations = annotations
        self._scene.annotations.show(annotations)
        self._hands.take_up()

    def apply_annotations(self, annotations: AnnotationSet, changed_ids: Iterable[AnnotationId]) -> None:
        """Draw a set of which only these annotations (added, replaced or removed) differ from the last."""
        self._annotations = annotations
        self._scene.annotations.apply(annotations, changed_ids)
        self._hands.take_up()

    def set_annotations_visible(self, visible: bool) -> None:
        """Show or hide everything drawn."""
        self._visible = visible
        self._scene.annotations.set_visible(visible)
        self._update_overlay()

    @property
    def downsample(self) -> float:
        """Level-0 pixels per screen pixel."""
        return self._camera.downsample

    @property
    def tool(self) -> Tool:
        """What the left button does."""
        return self._hands.tool

    def set_tool(self, tool: Tool) -> None:
        """Take another tool; a polygon in the making is finished if it can be."""
        self._hands.set_tool(tool)
        self._input.show_cursor()

    def set_snapping(self, snaps: bool) -> None:
        """Vertices stick to outlines that are near, or go where the mouse is."""
        self._hands.snaps = snaps

    def cancel_drawing(self) -> None:
        """Give up the shape in the making or the dragged vertex."""
        self._hands.cancel()

    def set_group(self, group: AnnotationGroup | None) -> None:
        """The group, and so the colour, of the next shape."""
        self._group = group
        self._update_overlay()

    @property
    def selected(self) -> tuple[AnnotationId, ...]:
        """The selected annotations."""
        return self._hands.selected

    def select(self, ids: Iterable[AnnotationId]) -> None:
        """Select exactly these."""
        self._hands.select(ids)

    def delete_selected(self) -> None:
        """Ask the owner to remove what is selected."""
        if self._hands.selected:
            self.annotations_removed.emit(self._hands.selected)

    # -- what belongs to linked panes

    def point_at(self, place: QPointF) -> Point:
        """The level-0 point at a place on the canvas widget, logical pixels."""
        return self._camera.to_image(place)

    def show_ghost(self, point: Point | None) -> None:
        """Mark where the cursor of another pane would be here."""
        self._marks.show_ghost(point)

    def show_numbers(self, points: Sequence[Point]) -> None:
        """Mark points that were pointed out, from 1 on."""
        self._marks.show_numbers(points)

    # -- heat map

    def show_heatmap(self, grid: HeatmapGrid, values: NDArray[np.float32], *, signed: bool = False) -> None:
        """Lay a map over the image, values of shape (rows, columns), nan where not examined.

        A `signed` map holds differences from -1 to 1.
        """
        self._scene.show_heatmap(grid, values, signed=signed)
        self._explain_map()

    @property
    def shows_heatmap(self) -> bool:
        """True while a map lies over the image."""
        return self._scene.heatmap is not None

    def begin_heatmap(self, grid: HeatmapGrid) -> None:
        """Lay an empty map over the image, to be filled while a run goes on."""
        self.show_heatmap(grid, np.full((grid.rows, grid.columns), np.nan, np.float32))

    def update_heatmap(self, name: str, column: int, row: int, values: NDArray[np.float32]) -> None:
        """Cells of the map of that name from (column, row) on; other maps' cells are not shown."""
        if self._scene.heatmap is not None and self._scene.heatmap.grid.name == name:
            self._scene.heatmap.update(column, row, values)

    def clear_heatmap(self) -> None:
        """Take the map away."""
        self._scene.clear_heatmap()
        self._explain_map()

    def set_heatmap_style(self, style: HeatmapStyle) -> None:
        """Show this and the next map otherwise."""
        self._style = style
        self._scene.set_heatmap_style(style)
        self._explain_map()

    # -- what was looked at

    def show_veil(self, unseen: NDArray[np.bool_] | None) -> None:
        """Lay a veil over these cells of the evenly divided image, (rows, columns), here and in the overview."""
        picture, info = None if unseen is None else veil_picture(unseen), self.image_info
        self._veil.show_picture(picture, info.size if info is not None else Size(1, 1))
        self.navigator.show_veil(picture)

    # -- how it comes about

    def _build(self) -> None:
        native = self._canvas.native
        self._hands = Hands(self._scene.annotations.index, self)
        self._input = CanvasInput(native, self._camera, self._hands)
        self._veil = Veil(native, self._camera)
        self._overlay = Overlay(native, self._camera)
        self._marks = LinkMarks(native, self._camera)
        self._legend = MapLegend(native)
        self.navigator = Navigator(native, self._camera, has_card=not self._canvas.is_software)
        self.set_theme("dark")
        self._input.show_cursor()

    def _connect(self) -> None:
        self._hands.drawn.connect(self._on_drawn)
        self._hands.refused.connect(self.refused)
        self._hands.changed.connect(self.annotation_changed)
        self._hands.selection_changed.connect(self.selection_changed)
        self._hands.vertices_changed.connect(self._on_vertices)
        self._hands.picture_changed.connect(self._update_overlay)
        self._input.cursor_moved.connect(self._on_cursor)
        self._input.resized.connect(self._on_resized)
        self._input.turned.connect(self.rotate_by)
        self._input.right_dragged.connect(self._on_right_drag)
        self.overview_changed.connect(self._show_overview)
        self.image_changed.connect(self._show_overview)

    def _on_view(self) -> None:
        if self.image_info is not None:
            self._scene.annotations.look_at(self._camera.seen, self._camera.downsample)
        super()._on_view()

    def _on_resized(self) -> None:
        for layer in (self._veil, self._overlay):
            layer.setGeometry(self._canvas.native.rect())
        self._overlay.raise_()
        self._marks.setGeometry(self._canvas.native.rect())
        self._legend.place()
        self.navigator.place()
        super()._on_resized()

    def _explain_map(self) -> None:
        heatmap = self._scene.heatmap
        signed = heatmap is not None and heatmap.signed
        self._legend.show_map(heatmap.grid if heatmap is not None else None, self._style, signed=signed)
        self._tell_values()

    def _show_overview(self) -> None:
        self.navigator.show_picture(self.overview, self.image_info, self._calibration)

    def _on_right_drag(self, step: QPointF, degrees: float) -> None:
        """On a scan the right button changes the window, as radiologists are used to; on a slide it turns."""
        if self._scene.image is not None and self._scene.image.is_grey:
            self._scene.image.widen_window(step.x(), step.y())
        elif self._scene.image is not None:
            self.rotate_by(degrees)

    def _on_cursor(self, point: Point | None) -> None:
        if point is None and self._hands.cursor is not None:
            self._hands.cursor = None
            self._update_overlay()
        info = self.image_info
        inside = point if point is not None and info is not None and _contains(info.region, point) else None
        self._under_cursor = inside
        self.cursor_moved.emit(inside)
        self._tell_values()

    def _tell_values(self) -> None:
        """Another place, or another map at the same place."""
        point = self._under_cursor
        self.values_under_cursor.emit(self._scene.values_at(point) if point is not None else None)

    def _on_drawn(self, made: Drawn, combine: Combine) -> None:
        if isinstance(made, WandSeed):
            self.wand_touched.emit(made, combine)
        elif combine is Combine.NEW:
            self.annotation_drawn.emit(made)
        else:
            self.area_combined.emit(made, combine)

    def _on_vertices(self) -> None:
        draft = self._hands.draft
        kept = draft.kept and not draft.is_empty
        self.draft_changed.emit((draft.shape, tuple(draft.points)) if kept else None)

    def _update_overlay(self) -> None:
        shown = marked(self._annotations, self._hands, self._measuring()) if self._visible else ()
        self._overlay.show_marked(shown)
        self._overlay.show_draft(draft_line(self._hands, self._group, self._measuring()))
        self._overlay.show_tip(brush_tip(self._hands, self._group))

    def _measuring(self) -> Measuring:
        info = self.image_info
        return Measuring(self._calibration, is_slide=info is not None and info.kind is ImageKind.SLIDE)


def _contains(region: Region, point: Point) -> bool:
    return region.x <= point.x < region.right and region.y <= point.y < region.bottom
