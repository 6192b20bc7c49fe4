"""Which of a node's annotations are lesions, what is cut out of them, and how many cells were counted in each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shapely.geometry import Point as ShapelyPoint

from lnm_desktop.app.shapes import is_area, overlap, subtracted, to_shapely
from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.camelyon import is_cut_out_group, is_tumor_group
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.staging import Lesion, measure_lesion

_DOTS = (Shape.DOT, Shape.POINT_SET)
_COUNTED = re.compile(r"\b(\d{1,7}) cells?\b", re.IGNORECASE)


class GroupUse(StrEnum):
    """What a group's annotations are for the stage."""

    LESION = "lesion"
    CUT_OUT = "cut out of lesions"
    NOTHING = "not counted"


@dataclass(frozen=True, slots=True)
class GroupUses:
    """What each group is: as stated, else as CAMELYON uses groups of that name."""

    stated: Mapping[str, GroupUse]

    @classmethod
    def of_lesions(cls, groups: Collection[str]) -> GroupUses:
        """These groups hold the lesions and no other; without any, CAMELYON's do."""
        return cls(dict.fromkeys(groups, GroupUse.LESION))

    def of(self, group: str) -> GroupUse:
        """What a group is."""
        stated = self.stated.get(group)
        if stated is not None:
            return stated
        if GroupUse.LESION not in self.stated.values() and is_tumor_group(group):
            return GroupUse.LESION
        return GroupUse.CUT_OUT if is_cut_out_group(group) else GroupUse.NOTHING


@dataclass(frozen=True, slots=True)
class FoundLesion:
    """A lesion and the annotation that outlines it; `cells` were counted in it, None where nobody has."""

    name: str
    group: str
    lesion: Lesion
    cells: int | None = None


def is_outline(item: Annotation) -> bool:
    """True for what can be measured as a lesion."""
    return is_area(item.geometry)


def find_lesions(
    lesions: Sequence[Annotation], cut_outs: Sequence[Annotation], calibration: Calibration
) -> list[FoundLesion]:
    """The lesions that the outlines among `lesions` show, the longest first; the dots among them are counted cells.

    What lies in a cut-out is no lesion; an outline of which nothing is left is none at all.
    """
    dots = [point for item in lesions if item.geometry.shape in _DOTS for point in item.geometry.points]
    holes = [item.geometry for item in cut_outs if is_outline(item)]
    found = [_measured(item, holes, dots, calibration) for item in lesions if is_outline(item)]
    return sorted((one for one in found if one is not None), key=lambda one: -one.lesion.longest_mm)


def dots_outside(lesions: Sequence[Annotation]) -> int:
    """How many dots lie in none of the outlines."""
    areas = [to_shapely(item.geometry) for item in lesions if is_outline(item)]
    dots = [point for item in lesions if item.geometry.shape in _DOTS for point in item.geometry.points]
    return sum(not any(area.covers(ShapelyPoint(dot.x, dot.y)) for area in areas) for dot in dots)


def _measured(
    item: Annotation, holes: Sequence[Geometry], dots: Sequence[Point], calibration: Calibration
) -> FoundLesion | None:
    cutting = [hole for hole in holes if overlap(item.geometry, hole)]
    pieces = subtracted(item.geometry, cutting) if cutting else (item.geometry,)
    if not pieces:
        return None
    cells = _cells(item, dots)
    return FoundLesion(item.name, item.group, measure_lesion(pieces, calibration, cells), cells)


def _cells(item: Annotation, dots: Sequence[Point]) -> int | None:
    """The count that the lesion's comment tells, as in "250 cells", else the dots inside, else None."""
    told = _COUNTED.search(item.comment)
    if told:
        return int(told[1])
    area = to_shapely(item.geometry) if dots else None
    inside = sum(area.covers(ShapelyPoint(dot.x, dot.y)) for dot in dots) if area is not None else 0
    return inside or None
