"""A mask of labels, piece by piece: which group each pixel's middle lies in. The whole is never in memory."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Shape
from lnm_desktop.domain.picture import Picture
from lnm_desktop.imaging.picture_tiles import Box

Labels = NDArray[np.uint8]
AREAS = frozenset((Shape.POLYGON, Shape.RECTANGLE, Shape.SPLINE))


class LabelTiles:
    """Pieces of a mask at the picture's downsample; 0 is where nothing lies, what was drawn later lies on top."""

    def __init__(self, picture: Picture, annotations: AnnotationSet, labels: dict[str, int]) -> None:
        """`labels` gives each group's number, 1 to 255."""
        self.picture = picture
        self._areas = [(item, labels[item.group]) for item in annotations if item.geometry.shape in AREAS]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the whole mask."""
        width, height = self.picture.size
        return height, width

    def read(self, box: Box) -> Labels:
        """One piece, (height, width)."""
        found = np.zeros((box.height, box.width), np.uint8)
        for item, label in self._areas:
            part = self._common(item, box)
            if part is not None:
                top, left = part.top - box.top, part.left - box.left
                there = found[top : top + part.height, left : left + part.width]
                there[covered(item.geometry, self.picture, part)] = label
        return found

    def _common(self, item: Annotation, box: Box) -> Box | None:
        """What of a piece an annotation may cover."""
        bounds, origin, step = item.geometry.bounds, self.picture.region, self.picture.downsample
        left = max(box.left, math.floor((bounds.x - origin.x) / step))
        top = max(box.top, math.floor((bounds.y - origin.y) / step))
        right = min(box.left + box.width, math.ceil((bounds.right - origin.x) / step))
        bottom = min(box.top + box.height, math.ceil((bounds.bottom - origin.y) / step))
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def covered(geometry: Geometry, picture: Picture, box: Box) -> NDArray[np.bool_]:
    """True for the pixels of a piece whose middle lies inside by the even-odd rule, holes left out."""
    crossings = np.zeros((box.height, box.width + 1), np.int32)
    for ring in (geometry.points, *geometry.holes):
        points = np.array([(point.x, point.y) for point in ring], np.float64)
        points = (points - (picture.region.x, picture.region.y)) / picture.downsample - (box.left, box.top)
        _count_crossings(points, crossings)
    return np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1


def _count_crossings(points: NDArray[np.float64], crossings: NDArray[np.int32]) -> None:
    """For each row's middle line, where the ring crosses it: counted at the first pixel whose middle lies beyond."""
    rows, columns = crossings.shape
    ends = np.roll(points, -1, axis=0)
    first = np.clip(np.ceil(np.minimum(points[:, 1], ends[:, 1]) - 0.5), 0, rows).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(points[:, 1], ends[:, 1]) - 0.5), 0, rows).astype(np.int64)
    spans = last - first
    edge = np.repeat(np.arange(len(points)), spans)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(spans) - spans, spans) + first[edge]
    (x, y), (dx, dy) = points[edge].T, (ends - points)[edge].T
    crossed = x + (row + 0.5 - y) / dy * dx
    column = np.clip(np.ceil(crossed - 0.5), 0, columns - 1).astype(np.int64)
    np.add.at(crossings, (row, column), 1)
