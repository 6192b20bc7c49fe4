"""What the hand means: drawing, selecting and moving vertices, in level-0 pixels. No events of Qt here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.ui.viewer.bounds_index import BoundsIndex
from lnm_desktop.ui.viewer.drawing import Drawn, draft_for
from lnm_desktop.ui.viewer.editing import (
    GRAB_PX,
    Grip,
    Inside,
    annotation_at,
    contains,
    edge_near,
    vertex_at,
    with_vertex,
    without_vertex,
)
from lnm_desktop.ui.viewer.tools import AREA_TOOLS, DRAWING_TOOLS, ROUND_TOOLS, Combine, Tool

BRUSH_PX = (2.0, 20.0, 300.0)
"""Least, first and greatest radius of the brush in screen pixels."""
BRUSH_FACTOR = 1.2
SNAP_PX = 8.0


class Hands(QObject):
    """Takes mouse actions with one tool; tells what came of them. Keeps no annotations but the shown set.

    `drawn` gives what was drawn and how it combines with the selection; `refused` says why something cannot be done.
    """

    drawn = Signal(object, object)
    refused = Signal(str)
    changed = Signal(object)
    selection_changed = Signal(object)
    vertices_changed = Signal()
    picture_changed = Signal()

    def __init__(self, index: BoundsIndex, parent: QObject) -> None:
        super().__init__(parent)
        self._index = index
        self.tool = Tool.MOVE
        self.draft = draft_for(Tool.MOVE)
        self.brush_px = BRUSH_PX[1]
        self.snaps = False
        self.cursor: Point | None = None
        self.combine = Combine.NEW
        self.selected: tuple[AnnotationId, ...] = ()
        self.edited: Annotation | None = None
        self._bounds = Region(0, 0, 0, 0)
        self._grabbed: Grip | None = None

    def set_image(self, bounds: Region) -> None:
        """Another image: points are kept within its rectangle; an empty one disables drawing."""
        self._bounds = bounds
        self.cancel()
        self.take_up()

    def take_up(self) -> None:
        """The index holds another set now; the selection keeps what still exists."""
        self.edited = self._grabbed = None
        self.select(known for known in self.selected if known in self._annotations)

    @property
    def _annotations(self) -> AnnotationSet:
        return self._index.annotations

    def set_tool(self, tool: Tool) -> None:
        """Take another tool; a polygon that can be finished is finished, not lost."""
        if tool is self.tool:
            return
        if not self.finish():
            self.cancel()
        self.tool = tool
        self.draft = draft_for(tool, self.brush_px)
        self.picture_changed.emit()

    def scale_brush(self, steps: int) -> None:
        """A larger brush, or a smaller one."""
        least, _, greatest = BRUSH_PX
        self.brush_px = min(max(self.brush_px * BRUSH_FACTOR**steps, least), greatest)
        if self.draft.is_empty:
            self.draft = draft_for(self.tool, self.brush_px)
        self.picture_changed.emit()

    @property
    def has_brush(self) -> bool:
        """True while the tool paints with a round tip."""
        return self.tool in ROUND_TOOLS

    def select(self, ids: Iterable[AnnotationId]) -> None:
        """Select exactly these of the shown annotations."""
        selected = tuple(known for known in ids if known in self._annotations)
        if selected != self.selected:
            self.selected = selected
            self.selection_changed.emit(selected)
        self.picture_changed.emit()

    def press(self, point: Point, downsample: float, *, extend: bool = False, subtract: bool = False) -> None:
        """The left button goes down: with Shift or Ctrl it adds (`extend`), with Alt it takes away."""
        if self._bounds.is_empty:
            return
        if self.tool in DRAWING_TOOLS:
            if self.draft.is_empty:
                self.combine = self._combination(point, extend=extend, subtract=subtract)
            self._after_drawing(self.draft.press(self._placed(point, downsample), downsample))
        elif self.tool is Tool.SELECT and subtract:
            self._remove_vertex(point, GRAB_PX * downsample)
        elif self.tool is Tool.SELECT:
            self._press_select(point, GRAB_PX * downsample, extend=extend)

    def double_press(self, point: Point, downsample: float) -> None:
        """A double click ends a polygon, and sets a vertex on the edge of a selected annotation."""
        if self.tool is Tool.SELECT:
            self._insert_vertex(point, GRAB_PX * downsample)
        elif not self.draft.is_empty:  # empty: the first click of the two has closed it already
            self._after_drawing(self.draft.press(self._placed(point, downsample), downsample))
            self.finish()

    def move(self, point: Point, downsample: float, *, pressed: bool) -> None:
        """The mouse moves."""
        self.cursor = point
        if self._grabbed is not None and pressed:
            self._drag(self._placed(point, downsample), downsample)
        elif not self.draft.is_empty:
            if self.draft.move(self._placed(point, downsample), downsample):
                self.vertices_changed.emit()
            self.picture_changed.emit()
        elif self.has_brush:
            self.picture_changed.emit()

    def release(self, point: Point, downsample: float) -> None:
        """The left button comes up."""
        if self._grabbed is not None:
            self._drop()
        elif self.draft.ends_on_release and not self.draft.is_empty:
            self._after_drawing(self.draft.release(self._placed(point, downsample), downsample))

    def finish(self) -> bool:
        """End the shape in the making; False when there is none that could be ended."""
        made = self.draft.finish() if not self.draft.is_empty else None
        if made is None:
            return False
        self._after_drawing(made)
        return True

    def cancel(self) -> bool:
        """Give up the shape in the making or the dragged vertex; False when there is neither."""
        if self.draft.is_empty and self._grabbed is None:
            return False
        self.draft = draft_for(self.tool, self.brush_px)
        self.edited = self._grabbed = None
        self.vertices_changed.emit()
        self.picture_changed.emit()
        return True

    def remove_last_vertex(self) -> bool:
        """Take the last vertex of a polygon back; False when there is none."""
        if self.draft.is_empty or not self.draft.remove_last():
            return False
        self.vertices_changed.emit()
        self.picture_changed.emit()
        return True

    def _after_drawing(self, made: Drawn | None) -> None:
        if made is not None:
            self.draft = draft_for(self.tool, self.brush_px)
        self.vertices_changed.emit()
        self.picture_changed.emit()
        if made is not None:
            self.drawn.emit(made, self.combine)

    def _combination(self, point: Point, *, extend: bool, subtract: bool) -> Combine:
        """The eraser takes away; the brush goes on where it starts inside the selection."""
        if self.tool not in AREA_TOOLS:
            return Combine.NEW
        if subtract or self.tool is Tool.ERASER:
            return Combine.SUBTRACT
        chosen = (self._annotations.get(known).geometry for known in self.selected)
        goes_on = self.tool is Tool.BRUSH and any(contains(geometry, point) for geometry in chosen)
        return Combine.ADD if extend or goes_on else Combine.NEW

    def _press_select(self, point: Point, reach: float, *, extend: bool) -> None:
        hit = annotation_at(self._index, point, reach / 2)
        vertices = [vertex_at(self._annotations.get(known), point, reach) for known in self.selected]
        vertex = next((found for found in vertices if found is not None), None)
        if not extend and vertex is not None:
            self._grab(vertex)
        elif not extend and hit is not None and hit.id in self.selected:
            self._grab(Inside(hit.id, point))
        else:
            self.select(self._next_selection(hit, extend=extend))

    def _grab(self, grip: Grip) -> None:
        if self._is_free(grip.annotation_id):
            self._grabbed = grip

    def _is_free(self, known: AnnotationId) -> bool:
        """False, and said, for what lies in a locked group."""
        item = self._annotations.get(known)
        if not self._annotations.locks(item):
            return True
        self.refused.emit(f"The group {item.group} is locked.")
        return False

    def _insert_vertex(self, point: Point, reach: float) -> None:
        for known in self.selected:
            changed = with_vertex(self._annotations.get(known), point, reach)
            if changed is not None and self._is_free(known):
                self.changed.emit(changed)
                return

    def _remove_vertex(self, point: Point, reach: float) -> None:
        for known in self.selected:
            changed = without_vertex(self._annotations.get(known), point, reach)
            if changed is not None and self._is_free(known):
                self.changed.emit(changed)
                return

    def _next_selection(self, hit: Annotation | None, *, extend: bool) -> tuple[AnnotationId, ...]:
        if hit is None:
            return self.selected if extend else ()
        if not extend:
            return (hit.id,)
        if hit.id in self.selected:
            return tuple(known for known in self.selected if known != hit.id)
        return (*self.selected, hit.id)

    def _drag(self, point: Point, downsample: float) -> None:
        if self._grabbed is None or (self.edited is None and not self._grabbed.is_meant(point, downsample)):
            return
        annotation = self._annotations.get(self._grabbed.annotation_id)
        geometry = self._grabbed.dragged(annotation.geometry, point)
        self.edited = replace(annotation, geometry=geometry)
        self.picture_changed.emit()

    def _drop(self) -> None:
        edited, self.edited, self._grabbed = self.edited, None, None
        self.picture_changed.emit()
        if edited is not None:
            self.changed.emit(edited)

    def _placed(self, point: Point, downsample: float) -> Point:
        """Within the image, and on a neighbour's outline where that is near and wanted."""
        snapped = None
        if self.snaps and not self.has_brush:
            moved = self._grabbed.annotation_id if self._grabbed is not None else None
            snapped = edge_near(self._index, point, SNAP_PX * downsample, moved)
        return self._inside(snapped or point)

    def _inside(self, point: Point) -> Point:
        x = min(max(point.x, self._bounds.x), self._bounds.right)
        return Point(x, min(max(point.y, self._bounds.y), self._bounds.bottom))
