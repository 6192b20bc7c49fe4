"""What the hand means: drawing, selecting and moving vertices, in level-0 pixels. No events of Qt here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Region
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.ui.viewer.drawing import Draft
from lnm_desktop.ui.viewer.editing import GRAB_PX, Picker, Vertex, move_vertex, vertex_at
from lnm_desktop.ui.viewer.tools import DRAWING_TOOLS, Tool


class Hands(QObject):
    """Takes mouse actions with one tool; tells what came of them. Keeps no annotations but the shown set."""

    drawn = Signal(object)
    changed = Signal(object)
    selection_changed = Signal(object)
    vertices_changed = Signal()
    picture_changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.tool = Tool.MOVE
        self.draft = Draft(Tool.MOVE)
        self.selected: tuple[AnnotationId, ...] = ()
        self.edited: Annotation | None = None
        self._annotations = AnnotationSet()
        self._picker: Picker | None = None
        self._bounds = Region(0, 0, 0, 0)
        self._grabbed: Vertex | None = None

    def set_image(self, bounds: Region) -> None:
        """Another image: points are kept within its rectangle; an empty one disables drawing."""
        self._bounds = bounds
        self.cancel()
        self.set_annotations(AnnotationSet())

    def set_annotations(self, annotations: AnnotationSet) -> None:
        """The set that is shown now; the selection keeps what still exists."""
        self._annotations = annotations
        self._picker = None
        self.edited = self._grabbed = None
        self.select(known for known in self.selected if known in annotations)

    def set_tool(self, tool: Tool) -> None:
        """Take another tool; a polygon that can be finished is finished, not lost."""
        if tool is self.tool:
            return
        if not self.finish():
            self.cancel()
        self.tool = tool
        self.draft = Draft(tool)
        self.picture_changed.emit()

    def select(self, ids: Iterable[AnnotationId]) -> None:
        """Select exactly these of the shown annotations."""
        selected = tuple(known for known in ids if known in self._annotations)
        if selected != self.selected:
            self.selected = selected
            self.selection_changed.emit(selected)
        self.picture_changed.emit()

    def press(self, point: Point, downsample: float, *, extend: bool) -> None:
        """The left button goes down."""
        if self._bounds.is_empty:
            return
        if self.tool in DRAWING_TOOLS:
            self._after_drawing(self.draft.press(self._inside(point), downsample))
        elif self.tool is Tool.SELECT:
            self._press_select(point, GRAB_PX * downsample, extend=extend)

    def move(self, point: Point, downsample: float, *, pressed: bool) -> None:
        """The mouse moves."""
        if self._grabbed is not None and pressed:
            self._drag(self._inside(point))
        elif not self.draft.is_empty:
            if self.draft.move(self._inside(point), downsample):
                self.vertices_changed.emit()
            self.picture_changed.emit()

    def release(self, point: Point, downsample: float) -> None:
        """The left button comes up."""
        if self._grabbed is not None:
            self._drop()
        elif self.tool in (Tool.RECTANGLE, Tool.FREEHAND) and not self.draft.is_empty:
            geometry = self.draft.release(self._inside(point), downsample)
            self.draft = Draft(self.tool)
            self._after_drawing(geometry)

    def finish(self) -> bool:
        """End the polygon; False when there is none that could be ended."""
        geometry = self.draft.finish()
        if geometry is None:
            return False
        self._after_drawing(geometry)
        return True

    def cancel(self) -> bool:
        """Give up the shape in the making or the dragged vertex; False when there is neither."""
        if self.draft.is_empty and self._grabbed is None:
            return False
        self.draft = Draft(self.tool)
        self.edited = self._grabbed = None
        self.vertices_changed.emit()
        self.picture_changed.emit()
        return True

    def remove_last_vertex(self) -> bool:
        """Take the last vertex of a polygon back; False when there is none."""
        if self.draft.is_empty or self.tool is not Tool.POLYGON:
            return False
        self.draft.remove_last()
        self.vertices_changed.emit()
        self.picture_changed.emit()
        return True

    def _after_drawing(self, geometry: Geometry | None) -> None:
        if geometry is not None:
            self.draft = Draft(self.tool)
        self.vertices_changed.emit()
        self.picture_changed.emit()
        if geometry is not None:
            self.drawn.emit(geometry)

    def _press_select(self, point: Point, reach: float, *, extend: bool) -> None:
        for known in self.selected:
            vertex = vertex_at(self._annotations.get(known), point, reach)
            if vertex is not None:
                self._grabbed = vertex
                return
        self._picker = self._picker or Picker(self._annotations)
        hit = self._picker.annotation_at(point, reach / 2)
        self.select(self._next_selection(hit, extend=extend))

    def _next_selection(self, hit: Annotation | None, *, extend: bool) -> tuple[AnnotationId, ...]:
        if hit is None:
            return self.selected if extend else ()
        if not extend:
            return (hit.id,)
        if hit.id in self.selected:
            return tuple(known for known in self.selected if known != hit.id)
        return (*self.selected, hit.id)

    def _drag(self, point: Point) -> None:
        if self._grabbed is None:
            return
        annotation = self._annotations.get(self._grabbed.annotation_id)
        geometry = move_vertex(annotation.geometry, self._grabbed, point)
        self.edited = replace(annotation, geometry=geometry)
        self.picture_changed.emit()

    def _drop(self) -> None:
        edited, self.edited, self._grabbed = self.edited, None, None
        self.picture_changed.emit()
        if edited is not None:
            self.changed.emit(edited)

    def _inside(self, point: Point) -> Point:
        x = min(max(point.x, self._bounds.x), self._bounds.right)
        return Point(x, min(max(point.y, self._bounds.y), self._bounds.bottom))
