"""Annotations on the canvas: a view of an AnnotationSet, never its keeper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.ui.viewer.bounds_index import BoundsIndex
from lnm_desktop.ui.viewer.coordinates import Placement
from lnm_desktop.ui.viewer.mosaic import matrix_transform
from lnm_desktop.ui.viewer.outline_vertices import Vertices, area_vertices, line_vertices, mark_vertices, packed
from lnm_desktop.ui.viewer.outlines import Areas, Lines

ABOVE_ALL_LAYERS = 1000
ALL_AT_ONCE_BELOW = 8000
"""So many annotations are drawn whatever the view; of more, only what the view and its surroundings hold."""
MOST_OUTLINES = 6000
SMALL_PX, TINTED_PX, MOST_TINTED = 4.0, 24.0, 500
MANY = 500
SURROUNDINGS = 0.5
OTHER_ZOOM = 1.5
_MARKS = "marks"
_EVERYWHERE = Region(-1e12, -1e12, 2e12, 2e12)


class AnnotationLayer:
    """Lines, dots and tinted areas of one set, and the index of where they lie."""

    def __init__(self, scene_node: object, placement: Placement) -> None:
        self.index = BoundsIndex()
        self._view = Region(0, 0, 0, 0)
        self._downsample = 1.0
        self._window = _EVERYWHERE
        self._window_downsample = 1.0
        self._marked: set[AnnotationId] = set()
        self._areas, self._lines = Areas(parent=scene_node), Lines(parent=scene_node)
        self._areas.order, self._lines.order = ABOVE_ALL_LAYERS, ABOVE_ALL_LAYERS + 1
        self.place(placement)

    @property
    def outlined(self) -> int:
        """How many annotations are drawn with their outlines or dots."""
        return len(self._lines.slots) - int(_MARKS in self._lines.slots)

    @property
    def marked(self) -> int:
        """How many are drawn as a mark, being too small or too many for outlines."""
        return len(self._marked)

    @property
    def is_visible(self) -> bool:
        """False while everything is hidden."""
        return bool(self._lines.visible)

    def show(self, annotations: AnnotationSet) -> None:
        """Draw a whole set."""
        self.index.show(annotations)
        self._draw()

    def _draw(self) -> None:
        self._choose_window()
        items, boxes = self.index.within(self._window)
        outlined, tinted = self._choice(boxes)
        colors = _Colors(self.index.annotations)
        self._fill_lines(items, boxes, outlined, colors)
        tints = [items[place] for place in tinted if colors.fills(items[place])]
        self._areas.slots.fill({item.id: area_vertices(item.geometry, colors.of(item)) for item in tints})
        self._tell()

    def apply(self, annotations: AnnotationSet, changed: Iterable[AnnotationId]) -> None:
        """Draw a set of which only these annotations (added, replaced or removed) differ from the last."""
        ids = set(changed)
        self.index.apply(annotations, ids)
        if len(ids) > MANY or (len(self.index) > ALL_AT_ONCE_BELOW and self._window is _EVERYWHERE):
            self._draw()
            return
        if ids & self._marked:
            self._redraw_marks(ids)
        held = [known for known in ids if known in self.index]
        for known in ids.difference(held):
            self._lines.slots.remove(known)
            self._areas.slots.remove(known)
        self._put([self.index.annotations.get(known) for known in held])
        self._tell()

    def place(self, placement: Placement) -> None:
        """Lie on another image."""
        for node in (self._areas, self._lines):
            node.transform = matrix_transform(placement.matrix)

    def set_visible(self, visible: bool) -> None:
        """Show or hide everything."""
        self._areas.visible = self._lines.visible = visible

    def look_at(self, view: Region, downsample: float) -> None:
        """The view has moved; where only a part is drawn, that part may have to be another."""
        self._view, self._downsample = view, downsample
        if self._window is not _EVERYWHERE and not self._is_at_hand():
            self._draw()

    def _is_at_hand(self) -> bool:
        zoomed = max(self._downsample / self._window_downsample, self._window_downsample / self._downsample)
        return zoomed < OTHER_ZOOM and self._view.intersect(self._window) == self._view

    def _choose_window(self) -> None:
        view = self._view
        self._window_downsample = self._downsample
        if len(self.index) <= ALL_AT_ONCE_BELOW:
            self._window = _EVERYWHERE
            return
        x, y = view.width * SURROUNDINGS, view.height * SURROUNDINGS
        self._window = Region(view.x - x, view.y - y, view.width + 2 * x, view.height + 2 * y)

    def _choice(self, boxes: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which get outlines and which a tint: all, or the largest of those that are large on the screen."""
        if self._window is _EVERYWHERE:
            return np.arange(len(boxes)), np.arange(len(boxes))
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) / self._downsample
        largest = np.argsort(-sizes, kind="stable")
        large = largest[:MOST_OUTLINES][sizes[largest[:MOST_OUTLINES]] >= SMALL_PX]
        return large, large[:MOST_TINTED][sizes[large[:MOST_TINTED]] >= TINTED_PX]

    def _fill_lines(
        self, items: Sequence[Annotation], boxes: NDArray[np.float64], outlined: NDArray[np.intp], colors: _Colors
    ) -> None:
        chosen = [items[place] for place in outlined]
        made = line_vertices(chosen, [colors.of(item) for item in chosen])
        things: dict[str, Vertices] = {item.id: one for item, one in zip(chosen, made, strict=True)}
        rest = np.setdiff1d(np.arange(len(items)), outlined)
        self._marked = {items[place].id for place in rest}
        if len(rest):
            things[_MARKS] = mark_vertices(boxes[rest], [colors.of(items[place]) for place in rest])
        self._lines.slots.fill(things)

    def _redraw_marks(self, ids: set[AnnotationId]) -> None:
        """What is changed by hand gets its outline; the other marks stay."""
        self._marked -= ids
        items = [self.index.annotations.get(known) for known in self._marked]
        boxes = np.array([(b.x, b.y, b.right, b.bottom) for b in (item.geometry.bounds for item in items)])
        colors = _Colors(self.index.annotations)
        self._lines.slots.put(_MARKS, mark_vertices(boxes.reshape(-1, 4), [colors.of(item) for item in items]))

    def _put(self, items: Sequence[Annotation]) -> None:
        colors = _Colors(self.index.annotations)
        made = line_vertices(items, [colors.of(item) for item in items])
        for item, vertices in zip(items, made, strict=True):
            self._lines.slots.put(item.id, vertices)
            if colors.fills(item):
                self._areas.slots.put(item.id, area_vertices(item.geometry, colors.of(item)))
            else:
                self._areas.slots.remove(item.id)

    def _tell(self) -> None:
        self._areas.show_changes()
        self._lines.show_changes()


class _Colors:
    """Colour and tint of annotations, each group asked once."""

    def __init__(self, annotations: AnnotationSet) -> None:
        self._groups = {group.name: (packed(group.color), group.filled) for group in annotations.groups}

    def of(self, item: Annotation) -> float:
        known = self._groups.get(item.group)
        return known[0] if known is not None else packed(item.color)

    def fills(self, item: Annotation) -> bool:
        known = self._groups.get(item.group)
        return known is None or known[1]
