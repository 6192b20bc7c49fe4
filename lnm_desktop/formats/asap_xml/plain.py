"""An annotation set in the form that comes back from ASAP XML, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from lnm_desktop.domain.annotation import HUMAN, NO_GROUP, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import AnnotationId, new_id
from lnm_desktop.formats.asap_xml.holes import cut_out_group, lies_inside, looks_like_hole
from lnm_desktop.formats.asap_xml.names import group_names, xml_key, xml_text
from lnm_desktop.formats.loaded import counted

WORTH_TELLING_PX = 0.01


def plain(annotations: AnnotationSet) -> AnnotationSet:
    """The set with names that XML can hold, every used group declared, parents first, stray holes set free.

    Reading what was written gives exactly this set but for ids, authors, times and origins.
    """
    names = group_names(_used_groups(annotations))
    freed = [part for annotation in annotations for part in free_stray_holes(annotation)]
    written = tuple(_plain_annotation(annotation, names) for annotation in freed)
    found = {names[group.name]: _plain_group(group, names) for group in annotations.groups}
    used = {annotation.group for annotation in written} | {group.parent for group in found.values()}
    for name in sorted(used - found.keys() - {NO_GROUP}):
        found[name] = AnnotationGroup(name)
    return AnnotationSet(written, tuple(_parents_first(found)))


def losses(annotations: AnnotationSet) -> tuple[str, ...]:
    """What ASAP XML will not keep of this set, in words; empty where nothing is lost."""
    told = (lost_details, changed_names, _changed_groups, lost_holes, _rounded)
    return tuple(line for tell in told for line in tell(annotations))


def _plain_annotation(annotation: Annotation, names: dict[str, str]) -> Annotation:
    name = xml_text(annotation.name)
    group = names[annotation.group] if annotation.group else NO_GROUP
    written = replace(annotation, name=name, group=group, comment="")
    # The reader would take it for the hole of another annotation.
    return replace(written, name=f"{name}.") if looks_like_hole(written) else written


def _plain_group(group: AnnotationGroup, names: dict[str, str]) -> AnnotationGroup:
    attributes = tuple((xml_key(key), xml_text(value)) for key, value in group.attributes)
    parent = names[group.parent] if group.parent else NO_GROUP
    return replace(group, name=names[group.name], parent=parent, attributes=attributes)


def free_stray_holes(annotation: Annotation) -> Iterator[Annotation]:
    """The annotation with the holes that lie inside it; after it those that do not, as polygons to cut out."""
    geometry = annotation.geometry
    inside = lies_inside(geometry.points, geometry.holes) if geometry.holes else []
    kept = tuple(hole for hole, is_in in zip(geometry.holes, inside, strict=True) if is_in)
    yield replace(annotation, geometry=replace(geometry, holes=kept))
    for hole, is_in in zip(geometry.holes, inside, strict=True):
        if not is_in:
            yield replace(
                annotation,
                id=AnnotationId(new_id()),
                geometry=Geometry(Shape.POLYGON, hole),
                group=cut_out_group(annotation.group),
                name=f"{annotation.name} (cut-out)",
            )


def _used_groups(annotations: AnnotationSet) -> set[str]:
    declared = {name for group in annotations.groups for name in (group.name, group.parent)}
    used = {annotation.group for annotation in annotations}
    cut_out = {cut_out_group(annotation.group) for annotation in annotations if annotation.geometry.holes}
    return (declared | used | cut_out) - {NO_GROUP}


def _parents_first(groups: dict[str, AnnotationGroup]) -> Iterator[AnnotationGroup]:
    """Every group after its parent; in a ring of parents the first one becomes a group without a parent."""
    done: set[str] = set()
    for name in groups:
        chain = _chain(name, groups, done)
        for group in reversed(chain):
            known = group.parent in done or not group.parent
            yield group if known else replace(group, parent=NO_GROUP)
            done.add(group.name)


def _chain(name: str, groups: dict[str, AnnotationGroup], done: set[str]) -> list[AnnotationGroup]:
    chain: list[AnnotationGroup] = []
    seen = set(done)
    while name and name not in seen:
        seen.add(name)
        chain.append(groups[name])
        name = groups[name].parent
    return chain


def lost_details(annotations: AnnotationSet) -> Iterator[str]:
    """The details that formats of other programs have no place for, in words."""
    yield from lost_records(annotations)
    number = sum(bool(annotation.comment) for annotation in annotations)
    if number:
        yield f"The comment of {counted(number, 'annotation')} is not kept."


def lost_records(annotations: AnnotationSet) -> Iterator[str]:
    """Of these details the ones that this program noted by itself."""
    details: dict[str, Callable[[Annotation], bool]] = {
        "author": lambda item: bool(item.author),
        "time of creation": lambda item: bool(item.created),
        "origin (a model's run)": lambda item: item.origin != HUMAN,
    }
    for words, has in details.items():
        number = sum(has(annotation) for annotation in annotations)
        if number:
            yield f"The {words} of {counted(number, 'annotation')} is not kept."
    if len(annotations):
        yield f"The identifiers of {counted(len(annotations), 'annotation')} are not kept."


def changed_names(annotations: AnnotationSet) -> Iterator[str]:
    """Names of annotations and groups that XML cannot hold as they are."""
    names = group_names(_used_groups(annotations))
    for place, annotation in enumerate(annotations):
        written = _plain_annotation(annotation, names).name
        if written != annotation.name:
            yield f"Annotation {place + 1}: its name {annotation.name!r} is written as {written!r}."
    yield from _changed((f"The group {name!r}", name, written) for name, written in sorted(names.items()))


def _changed_groups(annotations: AnnotationSet) -> Iterator[str]:
    written = {group.name: group for group in plain(annotations).groups}
    names = group_names(_used_groups(annotations))
    for group in annotations.groups:
        if group.parent and not written[names[group.name]].parent:
            yield f"The groups above {group.name!r} form a ring: it is written as a group without a parent."
        for key, value in group.attributes:
            words = f"The group {group.name!r}: its attribute {key!r}"
            yield from _changed([(words, f"{key}={value}", f"{xml_key(key)}={xml_text(value)}")])
    declared = {names[group.name] for group in annotations.groups}
    for name in written.keys() - declared:
        yield f"The group {name!r} has no definition: it is written with the default colour."


def lost_holes(annotations: AnnotationSet) -> Iterator[str]:
    """Holes that become annotations of their own."""
    with_holes = [annotation for annotation in annotations if annotation.geometry.holes]
    number = sum(len(annotation.geometry.holes) for annotation in with_holes)
    if number:
        groups = ", ".join(sorted({repr(cut_out_group(annotation.group)) for annotation in with_holes}))
        words = f"{counted(number, 'hole')} will stand as separate polygons of the group {groups}"
        yield f"{words}; only this program joins them again."
    for place, annotation in enumerate(annotations):
        stray = sum(1 for _ in free_stray_holes(annotation)) - 1
        if stray:
            words = f"Annotation {place + 1}: {counted(stray, 'hole')} outside its outline"
            yield f"{words} will become separate polygons."


def _rounded(annotations: AnnotationSet) -> Iterator[str]:
    values = np.array([number for point in _points(annotations) for number in (point.x, point.y)], np.float64)
    with np.errstate(all="ignore"):
        error = np.abs(values - values.astype(np.float32)).max(initial=0.0)
    if error >= WORTH_TELLING_PX:
        yield f"ASAP itself reads 32-bit coordinates and will round them by up to {error:.2g} pixels."


def _points(annotations: AnnotationSet) -> Iterator[Point]:
    for annotation in annotations:
        yield from annotation.geometry.points
        for hole in annotation.geometry.holes:
            yield from hole


def _changed(texts: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for words, text, written in texts:
        if written != text:
            yield f"{words} is written as {written!r}."
