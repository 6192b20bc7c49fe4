"""Objects that overlapping tiles have found twice become one: non-maximum suppression."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

Boxes = NDArray[np.float64]
LEAST_OVERLAP = 0.5


def kept_boxes(boxes: Boxes, scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which of the boxes (n, 4) of x, y, width, height stay, highest score first.

    A box goes where a higher one covers it: intersection over union of at least one half.
    """
    left, top, right, bottom = boxes[:, 0], boxes[:, 1], boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    shapes = shapely.box(left, top, right, bottom)
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, two = one[one < two], two[one < two]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[two]))
    union = shapely.area(shapes)[one] + shapely.area(shapes)[two] - shared
    same = shared >= LEAST_OVERLAP * np.maximum(union, np.finfo(np.float64).tiny)
    return _highest(np.stack([one[same], two[same]], axis=1), scores)


def kept_points(points: Boxes, scores: NDArray[np.float64], distance: float) -> NDArray[np.intp]:
    """Which of the points (n, 2) stay, highest score first: a point goes where a higher one is that near."""
    return _highest(KDTree(points).query_pairs(distance, output_type="ndarray"), scores)


def _highest(pairs: NDArray[np.intp], scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places of those that no higher one which stays rivals; of equals the first stays."""
    order = np.argsort(-scores, kind="stable")
    rivals: dict[int, list[int]] = {}
    for one, two in pairs.tolist():
        rivals.setdefault(one, []).append(two)
        rivals.setdefault(two, []).append(one)
    gone = np.zeros(len(scores), np.bool_)
    stays = []
    for place in order.tolist():
        if not gone[place]:
            stays.append(place)
            gone[rivals.get(place, [])] = True
    return np.array(stays, np.intp)
