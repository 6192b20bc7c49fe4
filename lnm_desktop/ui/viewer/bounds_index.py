"""Where on the image each annotation lies: asked by the mouse and by what draws the view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.ids import AnnotationId

_FIRST_ROOM = 256
_NOWHERE = np.nan


class BoundsIndex:
    """The boxes of a set's shown annotations in one array, so that one comparison asks all of them.

    A question costs a third of a millisecond with 100,000, a change the same with any number; a tree would answer
    faster and have to be built anew for each change.
    """

    def __init__(self) -> None:
        self.annotations = AnnotationSet()
        self._start()

    def _start(self) -> None:
        self._boxes = np.full((_FIRST_ROOM, 4), _NOWHERE)
        self._held: list[Annotation | None] = []
        self._rows: dict[AnnotationId, int] = {}
        self._free: list[int] = []

    def show(self, annotations: AnnotationSet) -> None:
        """Hold a whole set; what is held already costs nothing."""
        self.annotations = annotations
        shown = _Shown(annotations)
        wanted = [item for item in annotations if shown.has(item)]
        gone = self._rows.keys() - {item.id for item in wanted}
        if len(gone) > len(wanted):
            self._start()
        else:
            for known in gone:
                self._leave(known)
        for item in wanted:
            self._put(item)

    def apply(self, annotations: AnnotationSet, changed: Iterable[AnnotationId]) -> None:
        """Hold a set of which only these differ from the last."""
        self.annotations = annotations
        shown = _Shown(annotations)
        for known in changed:
            if known in annotations and shown.has(annotations.get(known)):
                self._put(annotations.get(known))
            else:
                self._leave(known)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, annotation_id: object) -> bool:
        return annotation_id in self._rows

    def all(self) -> list[Annotation]:
        """Every annotation held, in no order."""
        return [item for item in self._held if item is not None]

    def near(self, point: Point, reach: float) -> list[Annotation]:
        """Those whose box is within reach of a point, in drawing order."""
        rows = self._rows_in(point.x - reach, point.y - reach, point.x + reach, point.y + reach)
        return self.annotations.in_order([item for row in rows if (item := self._held[row]) is not None])

    def within(self, region: Region) -> tuple[list[Annotation], NDArray[np.float64]]:
        """Those whose box touches a region, with their boxes (n, 4): left, top, right, bottom."""
        rows = self._rows_in(region.x, region.y, region.right, region.bottom)
        items = [item for row in rows if (item := self._held[row]) is not None]
        return items, self._boxes[rows]

    def _rows_in(self, left: float, top: float, right: float, bottom: float) -> NDArray[np.intp]:
        boxes = self._boxes[: len(self._held)]
        across = (boxes[:, 0] <= right) & (boxes[:, 2] >= left)
        return np.flatnonzero(across & (boxes[:, 1] <= bottom) & (boxes[:, 3] >= top))

    def _put(self, item: Annotation) -> None:
        row = self._rows.get(item.id)
        if row is None:
            row = self._row_for(item.id)
        elif self._held[row] is item:
            return
        self._held[row] = item
        self._boxes[row] = _box(item)

    def _row_for(self, known: AnnotationId) -> int:
        if self._free:
            row = self._free.pop()
        else:
            row = len(self._held)
            self._held.append(None)
            if row == len(self._boxes):
                self._boxes = np.concatenate([self._boxes, np.full_like(self._boxes, _NOWHERE)])
        self._rows[known] = row
        return row

    def _leave(self, known: AnnotationId) -> None:
        row = self._rows.pop(known, None)
        if row is not None:
            self._boxes[row] = _NOWHERE
            self._held[row] = None
            self._free.append(row)


class _Shown:
    """Which groups of a set are shown, each asked once."""

    def __init__(self, annotations: AnnotationSet) -> None:
        self._annotations = annotations
        self._by_group: dict[str, bool] = {}

    def has(self, item: Annotation) -> bool:
        shown = self._by_group.get(item.group)
        if shown is None:
            shown = self._by_group[item.group] = self._annotations.shows(item)
        return shown


def _box(item: Annotation) -> Sequence[float]:
    bounds = item.geometry.bounds
    return bounds.x, bounds.y, bounds.right, bounds.bottom
