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
ALL_AT_ONCE_BELOW = 2000
"""So many annotations are drawn whatever the view; of more, only what the view and its surroundings hold."""
MOST_OUTLINES = 6000
TINY_PX, SMALL_PX = 4.0, 24.0
"""Screen pixels: below the first a mark stands for the outline, below the second it has few corners and no tint."""
FEW_CORNERS = 8
MOST_TINTED = 500
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
        large, small, rest = (list(map(items.__getitem__, places)) for places in self._by_size(boxes))
        colors = _Colors(self.index.annotations)
        tints = [item for item in large[: len(large) if self._shows_all else MOST_TINTED] if colors.fills(item)]
        self._areas.slots.fill({item.id: area_vertices(item.geometry, colors.of(item)) for item in tints})
        things = {**colors.lines(large), **colors.lines(small, FEW_CORNERS)}
        self._marked = {item.id for item in rest}
        self._lines.slots.fill({**things, _MARKS: colors.marks(rest)})
        self._tell()

    @property
    def _shows_all(self) -> bool:
        return self._window is _EVERYWHERE

    def apply(self, annotations: AnnotationSet, changed: Iterable[AnnotationId]) -> None:
        """Draw a set of which only these annotations (added, replaced or removed) differ from the last."""
        ids = set(changed)
        self.index.apply(annotations, ids)
        if len(ids) > MANY or (len(self.index) > ALL_AT_ONCE_BELOW and self._shows_all):
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
        if not self._shows_all and not self._is_at_hand():
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

    def _by_size(self, boxes: NDArray[np.float64]) -> tuple[NDArray[np.intp], ...]:
        """Which of these boxes are large on the screen, which small, and which tiny or too many; largest first."""
        if self._shows_all:
            return np.arange(len(boxes)), np.arange(0), np.arange(0)
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) / self._downsample
        order = np.argsort(-sizes, kind="stable")
        large, outlined = (int(np.count_nonzero(sizes >= limit)) for limit in (SMALL_PX, TINY_PX))
        outlined = min(outlined, MOST_OUTLINES)
        return order[: min(large, outlined)], order[large:outlined], order[outlined:]

    def _redraw_marks(self, changed: set[AnnotationId]) -> None:
        """What is changed by hand gets its outline; the other marks stay."""
        self._marked -= changed
        colors = _Colors(self.index.annotations)
        self._lines.slots.put(_MARKS, colors.marks([self.index.annotations.get(known) for known in self._marked]))

    def _put(self, items: Sequence[Annotation]) -> None:
        colors = _Colors(self.index.annotations)
        for known, vertices in colors.lines(items).items():
            self._lines.slots.put(known, vertices)
        for item in items:
            if colors.fills(item):
                self._areas.slots.put(item.id, area_vertices(item.geometry, colors.of(item)))
            else:
                self._areas.slots.remove(item.id)

    def _tell(self) -> None:
        self._areas.show_changes()
        self._lines.show_changes()


class _Colors:
    """Annotations as vertices in the colours of a set's groups, each group asked once."""

    def __init__(self, annotations: AnnotationSet) -> None:
        self._groups = {group.name: (packed(group.color), group.filled) for group in annotations.groups}

    def of(self, item: Annotation) -> float:
        known = self._groups.get(item.group)
        return known[0] if known is not None else packed(item.color)

    def fills(self, item: Annotation) -> bool:
        known = self._groups.get(item.group)
        return known is None or known[1]

    def lines(self, items: Sequence[Annotation], corners: int | None = None) -> dict[str, Vertices]:
        made = line_vertices(items, [self.of(item) for item in items], corners)
        return {item.id: one for item, one in zip(items, made, strict=True)}

    def marks(self, items: Sequence[Annotation]) -> Vertices:
        bounds = [item.geometry.bounds for item in items]
        boxes = np.array([(b.x, b.y, b.right, b.bottom) for b in bounds]).reshape(-1, 4)
        return mark_vertices(boxes, [self.of(item) for item in items])
