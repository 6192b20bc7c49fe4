"""An annotation set in the form that comes back from ImageScope XML, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lnm_desktop.domain.annotation import NO_GROUP, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Shape
from lnm_desktop.formats.asap_xml.flags import lost_flags
from lnm_desktop.formats.asap_xml.names import group_names, xml_text
from lnm_desktop.formats.asap_xml.plain import free_stray_holes, lost_details
from lnm_desktop.formats.imagescope.layers import DESCRIPTION
from lnm_desktop.formats.imagescope.shapes import geometry_of, region_of
from lnm_desktop.formats.loaded import counted


def plain(annotations: AnnotationSet) -> AnnotationSet:
    """The set layer by layer: every used group declared, each annotation in its layer's colour, stray holes set free.

    Reading what was written gives exactly this set but for ids, authors, times and origins.
    """
    freed = [part for annotation in annotations for part in free_stray_holes(annotation)]
    names = group_names(_used_groups(freed, annotations.groups), reserved=NO_GROUP)
    groups = {names[group.name]: _plain_group(group, names) for group in annotations.groups}
    written = [_plain_annotation(annotation, names) for annotation in freed]
    for annotation in written:
        if annotation.group not in (NO_GROUP, *groups):
            groups[annotation.group] = AnnotationGroup(annotation.group, annotation.color)
    layers = {name: place for place, name in enumerate((*groups, NO_GROUP))}
    colored = [_in_color(annotation, groups.get(annotation.group)) for annotation in written]
    loose = {color: place for place, color in enumerate(dict.fromkeys(item.color for item in colored))}
    colored.sort(key=lambda item: (layers[item.group], loose[item.color]))
    return AnnotationSet(tuple(colored), tuple(groups.values()))


def losses(annotations: AnnotationSet) -> tuple[str, ...]:
    """What ImageScope XML will not keep of this set, in words; empty where nothing is lost."""
    told = (
        lost_details,
        _lost_names,
        _lost_of_groups,
        lost_flags,
        _lost_colors,
        _lost_shapes,
        _lost_order,
        _lost_holes,
    )
    return tuple(line for tell in told for line in tell(annotations))


def _plain_annotation(annotation: Annotation, names: dict[str, str]) -> Annotation:
    kind, ring = region_of(annotation.geometry)
    geometry = geometry_of(kind, ring)
    if annotation.geometry.holes:
        geometry = Geometry(Shape.POLYGON, geometry.points, annotation.geometry.holes)
    group = names[annotation.group] if annotation.group else NO_GROUP
    return replace(
        annotation,
        geometry=geometry,
        name=xml_text(annotation.name),
        group=group,
        color=annotation.color.upper(),
        comment="",
    )


def _plain_group(group: AnnotationGroup, names: dict[str, str]) -> AnnotationGroup:
    name = names[group.name]
    pairs = ((xml_text(key), xml_text(value)) for key, value in group.attributes)
    kept = tuple(pair for pair in pairs if pair not in ((DESCRIPTION, name), (DESCRIPTION, "")))
    return AnnotationGroup(name, group.color.upper(), NO_GROUP, kept)


def _in_color(annotation: Annotation, group: AnnotationGroup | None) -> Annotation:
    return replace(annotation, color=group.color) if group else annotation


def _used_groups(annotations: Iterable[Annotation], groups: Iterable[AnnotationGroup]) -> list[str]:
    used = [annotation.group for annotation in annotations if annotation.group]
    return list(dict.fromkeys([*(group.name for group in groups), *used]))


def _lost_names(annotations: AnnotationSet) -> Iterator[str]:
    for place, annotation in enumerate(annotations):
        written = xml_text(annotation.name)
        if written != annotation.name:
            yield f"Annotation {place + 1}: its name {annotation.name!r} is written as {written!r}."
    for name, written in group_names(_used_groups(annotations, annotations.groups), reserved=NO_GROUP).items():
        if written != name:
            yield f"The group {name!r} is written as {written!r}."


def _lost_of_groups(annotations: AnnotationSet) -> Iterator[str]:
    for group in annotations.groups:
        if group.parent:
            yield f"The group {group.name!r} is written as a layer beside {group.parent!r}: layers do not nest."
        pairs = tuple((xml_text(key), xml_text(value)) for key, value in group.attributes)
        if _plain_group(group, {group.name: group.name}).attributes != group.attributes or pairs != group.attributes:
            yield f"Some attributes of the group {group.name!r} are changed or left out."
    declared = {group.name for group in annotations.groups} | {NO_GROUP}
    for name in dict.fromkeys(item.group for item in annotations if item.group not in declared):
        yield f"The group {name!r} has no definition: it is written in the colour of its first annotation."


def _lost_colors(annotations: AnnotationSet) -> Iterator[str]:
    kept = {annotation.id: annotation.color for annotation in plain(annotations)}
    number = sum(kept[item.id] != item.color.upper() for item in annotations)
    if number:
        yield f"The own colour of {counted(number, 'annotation')} is not kept: a layer has one colour."


def _lost_shapes(annotations: AnnotationSet) -> Iterator[str]:
    for shape in Shape:
        items = [item.geometry for item in annotations if item.geometry.shape is shape]
        became = [geometry_of(*region_of(geometry)).shape for geometry in items]
        number = sum(other is not shape for other in became)
        if number:
            new = next(other for other in became if other is not shape)
            yield f"{counted(number, shape.value)} will become {new.value}: there is no such region."
    long = sum(item.geometry.shape is Shape.MEASUREMENT and len(item.geometry.points) > 2 for item in annotations)
    if long:
        yield f"ImageScope's rulers have two ends: it may not show {counted(long, 'measurement')} of more points."


def _lost_order(annotations: AnnotationSet) -> Iterator[str]:
    known = {annotation.id for annotation in annotations}
    if [item.id for item in plain(annotations) if item.id in known] != [item.id for item in annotations]:
        yield "The annotations are sorted by group: the order of drawing between groups is not kept."


def _lost_holes(annotations: AnnotationSet) -> Iterator[str]:
    for place, annotation in enumerate(annotations):
        stray = sum(1 for _ in free_stray_holes(annotation)) - 1
        if stray:
            yield f"Annotation {place + 1}: {counted(stray, 'hole')} outside its outline will become polygons."
