"""Holes by CAMELYON's convention: a polygon of its own, in a group that means "cut out".

A hole follows its outline and is named `<name of the outline> (hole 1)`, so that the reader finds it again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.geometry import Geometry, Ring, Shape
from lnm_desktop.domain.ids import AnnotationId, new_id

EXCLUSION = "Exclusion"
# CAMELYON16: `_0` and `_1` are tumour, `_2` is cut out of them; CAMELYON17: `metastases` and `normal`.
_CUT_OUT_GROUPS = {"_0": "_2", "_1": "_2", "metastases": "normal"}
_EXCLUSIONS = frozenset((*_CUT_OUT_GROUPS.values(), EXCLUSION))
_NAME = re.compile(r"(.*) \(hole \d+\)", re.DOTALL)
# Rounding to ASAP's 32-bit coordinates may push a touching hole a little over its outline.
_LEAST_SHARE_INSIDE = 0.98


def cut_out_group(group: str) -> str:
    """The group in which the holes of an outline of that group stand."""
    return _CUT_OUT_GROUPS.get(group, EXCLUSION)


def is_cut_out(group: str) -> bool:
    """True for a group whose areas are taken out of others and are none of their own."""
    return group in _EXCLUSIONS


def looks_like_hole(annotation: Annotation) -> bool:
    """True for a polygon whose outline stands and is named as a hole would be."""
    is_polygon = annotation.geometry.shape is Shape.POLYGON
    return is_polygon and is_cut_out(annotation.group) and _NAME.fullmatch(annotation.name) is not None


def split(annotation: Annotation) -> tuple[Annotation, ...]:
    """The outline and, after it, its holes as annotations of their own."""
    outline = replace(annotation, geometry=replace(annotation.geometry, holes=()))
    group = cut_out_group(annotation.group)
    holes = (
        replace(
            outline,
            id=AnnotationId(new_id()),
            geometry=Geometry(Shape.POLYGON, hole),
            group=group,
            name=f"{annotation.name} (hole {number})",
        )
        for number, hole in enumerate(annotation.geometry.holes, start=1)
    )
    return outline, *holes


def join(annotations: Sequence[Annotation]) -> tuple[Annotation, ...]:
    """The inverse of `split` for a whole file; a hole that lies outside its outline stays what it is."""
    children = _children(annotations)
    gone: set[int] = set()
    joined = list(annotations)
    for parent, places in children.items():
        rings = [annotations[place].geometry.points for place in places]
        inside = lies_inside(annotations[parent].geometry.points, rings)
        holes = tuple(ring for ring, kept in zip(rings, inside, strict=True) if kept)
        gone |= {place for place, kept in zip(places, inside, strict=True) if kept}
        joined[parent] = replace(joined[parent], geometry=replace(joined[parent].geometry, holes=holes))
    return tuple(annotation for place, annotation in enumerate(joined) if place not in gone)


def lies_inside(outline: Ring, rings: Sequence[Ring]) -> list[bool]:
    """For each ring whether (nearly) all of it lies in the outline."""
    with np.errstate(all="ignore"):
        area = _area(outline)
        return [area is not None and _covers(area, ring) for ring in rings]


def _children(annotations: Sequence[Annotation]) -> dict[int, list[int]]:
    """For each outline the places of its holes: the nearest outline before them that has the right name."""
    outlines: dict[tuple[str, str], int] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for place, annotation in enumerate(annotations):
        match = _NAME.fullmatch(annotation.name) if looks_like_hole(annotation) else None
        parent = outlines.get((match.group(1), annotation.group)) if match else None
        if parent is not None:
            children[parent].append(place)
        elif annotation.geometry.shape is Shape.POLYGON:
            outlines[annotation.name, cut_out_group(annotation.group)] = place
    return children


def _covers(area: BaseGeometry, ring: Ring) -> bool:
    hole = _area(ring)
    if hole is None:
        return False
    try:
        if hole.area > 0:
            return bool(area.intersection(hole).area >= _LEAST_SHARE_INSIDE * hole.area)
        return bool(area.covers(hole))
    except GEOSException:
        return False


def _area(ring: Ring) -> BaseGeometry | None:
    """A valid shape of the ring; None where its numbers are beyond computing."""
    try:
        return shapely.make_valid(shapely.Polygon([(point.x, point.y) for point in ring]))
    except (GEOSException, ValueError):
        return None
