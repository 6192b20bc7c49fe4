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
    negatives = [place for place, part in enumerate(parts) if part.is_negative]
    parents = _parents(parts, negatives) if negatives else {}
    holes: dict[int, list[Ring]] = {}
    for place in negatives:
        if place in parents:
            holes.setdefault(parents[place], []).append(parts[place].annotation.geometry.points)
    stray = set(negatives) - parents.keys()
    found = [
        _with_holes(part.annotation, holes.get(place, []), place in stray)
        for place, part in enumerate(parts)
        if place not in parents
    ]
    return found, len(stray)


def _parents(parts: list[Part], negatives: list[int]) -> dict[int, int]:
    """For each hole the outline around it, where there is one: the one that it names, else the smallest."""
    candidates = _candidates(parts, negatives)
    parents: dict[int, int] = {}
    # Rank by rank: each outline is made a shape once for all the holes that ask for it.
    for rank in range(_MOST_CANDIDATES + 1):
        asking: dict[int, list[int]] = {}
        for place in negatives:
            if place not in parents and rank < len(candidates[place]):
                asking.setdefault(candidates[place][rank], []).append(place)
        for outline, places in asking.items():
            rings = [parts[place].annotation.geometry.points for place in places]
            inside = lies_inside(parts[outline].annotation.geometry.points, rings)
            parents.update((place, outline) for place, is_in in zip(places, inside, strict=True) if is_in)
    return parents


def _candidates(parts: list[Part], negatives: list[int]) -> dict[int, list[int]]:
    """For each hole the outlines that it may lie in, likeliest first."""
    positives = [place for place, part in enumerate(parts) if _is_outline(part)]
    named = {parts[place].identity: [place] for place in reversed(positives)}
    boxes = [parts[place].annotation.geometry.bounds for place in positives]
    tree = shapely.STRtree([_box(box) for box in boxes])
    found: dict[int, list[int]] = {}
    for place in negatives:
        part = parts[place]
        near = sorted(
            tree.query(_box(part.annotation.geometry.bounds)),
            key=lambda index: boxes[index].width * boxes[index].height,
        )
        first = named.get(part.inside, []) if part.inside not in ("", "0") else []
        found[place] = [*first, *(positives[index] for index in near[:_MOST_CANDIDATES])]
    return found


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
