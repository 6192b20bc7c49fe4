"""An annotation set in the form that comes back from NDPA, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lnm_desktop.domain.annotation import NO_GROUP, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Ring, Shape
from lnm_desktop.domain.ids import AnnotationId, new_id
from lnm_desktop.formats.asap_xml.flags import lost_flags
from lnm_desktop.formats.asap_xml.plain import changed_names, lost_details, lost_holes
from lnm_desktop.formats.asap_xml.plain import plain as asap_plain
from lnm_desktop.formats.imagescope.shapes import is_upright
from lnm_desktop.formats.loaded import counted
from lnm_desktop.formats.ndpa.placement import SlidePlacement


def plain(annotations: AnnotationSet, placement: SlidePlacement) -> AnnotationSet:
    """The set in whole nanometres, in its shown colours, stray holes and points free, unused groups gone.

    Reading what was written gives exactly this set but for ids, authors, times and origins. Raises FormatError
    for a point that nanometres cannot tell.
    """
    shown = (replace(item, color=annotations.color_of(item)) for item in annotations)
    parts = tuple(part for item in shown for part in _reshaped(item, placement))
    named = asap_plain(AnnotationSet(parts, annotations.groups))
    groups: dict[str, AnnotationGroup] = {}
    for item in named:
        if item.group and item.group not in groups:
            groups[item.group] = AnnotationGroup(item.group, item.color)
    return AnnotationSet(named.annotations, tuple(groups.values()))


def losses(annotations: AnnotationSet) -> tuple[str, ...]:
    """What NDPA will not keep of this set, in words; empty where nothing is lost."""
    told = (lost_details, changed_names, lost_holes, _lost_shapes, _lost_groups, lost_flags, usual_losses)
    return tuple(line for tell in told for line in tell(annotations))


def _reshaped(annotation: Annotation, placement: SlidePlacement) -> Iterator[Annotation]:
    geometry = annotation.geometry
    points = _rounded_ring(geometry.points, placement)
    holes = tuple(_rounded_ring(hole, placement) for hole in geometry.holes)
    if geometry.shape is Shape.POINT_SET:
        for point in points:
            yield replace(annotation, id=AnnotationId(new_id()), geometry=Geometry(Shape.DOT, (point,)))
    else:
        is_other = geometry.shape is Shape.SPLINE or (geometry.shape is Shape.RECTANGLE and not is_upright(points))
        shape = Shape.POLYGON if is_other else geometry.shape
        kept = points[:1] if shape is Shape.DOT else points
        yield replace(annotation, geometry=Geometry(shape, kept, holes))


def _rounded_ring(ring: Ring, placement: SlidePlacement) -> Ring:
    return tuple(placement.to_px(*placement.to_nm(point)) for point in ring)


def _lost_shapes(annotations: AnnotationSet) -> Iterator[str]:
    geometries = [annotation.geometry for annotation in annotations]
    splines = sum(geometry.shape is Shape.SPLINE for geometry in geometries)
    turned = sum(geometry.shape is Shape.RECTANGLE and not is_upright(geometry.points) for geometry in geometries)
    sets = sum(geometry.shape is Shape.POINT_SET for geometry in geometries)
    dots = sum(geometry.shape is Shape.DOT and len(geometry.points) > 1 for geometry in geometries)
    if splines:
        yield f"{counted(splines, 'spline')} will become polygons of their points."
    if turned:
        yield f"{counted(turned, 'rectangle')} not upright will become polygons."
    if sets:
        yield f"{counted(sets, 'set')} of points will become single pins."
    if dots:
        yield f"{counted(dots, 'dot')} of several points will keep the first one only."


def _lost_groups(annotations: AnnotationSet) -> Iterator[str]:
    used = {annotation.group for annotation in annotations}
    for group in annotations.groups:
        if group.name in used and (group.parent != NO_GROUP or group.attributes):
            yield f"The group {group.name!r} is written without its attributes and the group around it."
    number = sum(annotations.color_of(item) != item.color for item in annotations)
    if number:
        yield f"{counted(number, 'annotation')} will have the colour of the group, not their own."


def usual_losses(annotations: AnnotationSet) -> Iterator[str]:
    """What the format does to everything that is written in it."""
    used = {annotation.group for annotation in annotations}
    for group in annotations.groups:
        if group.name not in used:
            yield f"The group {group.name!r} holds nothing and is not written."
    if used - {NO_GROUP}:
        yield "Other programs show groups among the details."
    if len(annotations):
        yield "Coordinates are rounded to whole nanometres."
