"""Regions that take away (`NegativeROA`) back into the outlines that they lie in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import shapely

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.geometry import Geometry, Region, Ring, Shape
from lnm_desktop.formats.asap_xml.holes import cut_out_group, lies_inside

# Enough for outlines within outlines, few enough for a file made to take long.
_MOST_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A region read: its number in the layer, the number of the region it names, whether it takes away."""

    annotation: Annotation
    identity: str
    inside: str
    is_negative: bool


def join(parts: list[Part]) -> tuple[list[Annotation], int]:
    """One layer's annotations with their holes, and how many holes lie in no outline and became areas to cut out."""
    positives = [place for place, part in enumerate(parts) if _is_outline(part)]
    negatives = [place for place, part in enumerate(parts) if part.is_negative]
    holes: dict[int, list[Ring]] = {}
    stray: set[int] = set()
    finder = _Finder(parts, positives) if negatives and positives else None
    for place in negatives:
        parent = finder.parent_of(parts[place]) if finder else None
        if parent is None:
            stray.add(place)
        else:
            holes.setdefault(parent, []).append(parts[place].annotation.geometry.points)
    gone = set(negatives) - stray
    found = [
        _with_holes(part.annotation, holes.get(place, []), place in stray)
        for place, part in enumerate(parts)
        if place not in gone
    ]
    return found, len(stray)


class _Finder:
    """Finds the outline around a hole: the one that it names, else the smallest that holds it."""

    def __init__(self, parts: list[Part], positives: list[int]) -> None:
        self._parts = parts
        self._positives = positives
        self._by_identity = {parts[place].identity: place for place in reversed(positives)}
        self._boxes = [parts[place].annotation.geometry.bounds for place in positives]
        self._tree = shapely.STRtree([_box(box) for box in self._boxes])

    def parent_of(self, hole: Part) -> int | None:
        ring = hole.annotation.geometry.points
        named = self._by_identity.get(hole.inside) if hole.inside not in ("", "0") else None
        if named is not None and self._lies_in(named, ring):
            return named
        box = _box(hole.annotation.geometry.bounds)
        near = sorted(self._tree.query(box), key=lambda index: self._boxes[index].width * self._boxes[index].height)
        places = (self._positives[index] for index in near[:_MOST_CANDIDATES])
        return next((place for place in places if self._lies_in(place, ring)), None)

    def _lies_in(self, place: int, ring: Ring) -> bool:
        return lies_inside(self._parts[place].annotation.geometry.points, [ring])[0]


def _is_outline(part: Part) -> bool:
    return not part.is_negative and part.annotation.geometry.shape in (Shape.POLYGON, Shape.RECTANGLE)


def _with_holes(annotation: Annotation, holes: list[Ring], is_stray: bool) -> Annotation:
    if is_stray:
        return replace(annotation, group=cut_out_group(annotation.group))
    if not holes:
        return annotation
    return replace(annotation, geometry=Geometry(Shape.POLYGON, annotation.geometry.points, tuple(holes)))


def _box(region: Region) -> shapely.Polygon:
    return shapely.box(region.x, region.y, region.right, region.bottom)
