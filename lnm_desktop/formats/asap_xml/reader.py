"""ASAP XML to annotations, tolerant of the dialects in the wild; whatever it mends or leaves out it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from lnm_desktop.domain.annotation import DEFAULT_COLOR, NO_GROUP, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import MINIMUM_POINTS, Geometry, Point, Ring, Shape
from lnm_desktop.domain.ids import AnnotationId, new_id
from lnm_desktop.formats.asap_xml.collector import RawAnnotation, RawDocument, RawGroup, collect
from lnm_desktop.formats.asap_xml.flags import HOLES_MARK, flagged, unmarked
from lnm_desktop.formats.asap_xml.holes import join
from lnm_desktop.formats.asap_xml.names import NONE, rgb_color
from lnm_desktop.formats.loaded import LoadedAnnotations, counted, shortened
from lnm_desktop.formats.numbers import finite_number

_SHAPES = {shape.value.casefold(): shape for shape in Shape}
_DEFAULT_GROUP_COLOR = AnnotationGroup("default").color


def loads(data: bytes, *, name: str) -> LoadedAnnotations:
    """The annotations of an ASAP document with notes on what was left out or mended.

    Raises FormatError for a damaged document, one beyond the limits, or a coordinate that is not a finite
    number, naming the annotation.
    """
    return _Reading(collect(data, name=name), name).result()


class _Reading:
    """One document on its way; gathers notes."""

    def __init__(self, document: RawDocument, name: str) -> None:
        self._document = document
        self._name = name
        self._notes: list[str] = []
        self._renumbered: list[int] = []

    def result(self) -> LoadedAnnotations:
        """The whole document."""
        found = [self._annotation(place, raw) for place, raw in enumerate(self._document.annotations)]
        annotations = join([annotation for annotation in found if annotation is not None])
        groups = _without_hole_groups(self._groups(), annotations)
        self._note_undeclared(annotations, groups)
        if self._renumbered:
            words = counted(len(self._renumbered), "annotation")
            self._notes.append(
                f"The points of {words} are not numbered 0, 1, 2 …; the order of the numbers was kept."
            )
        notes = shortened([*self._document.notes, *self._notes])
        return LoadedAnnotations(AnnotationSet(annotations, groups), notes)

    def _annotation(self, place: int, raw: RawAnnotation) -> Annotation | None:
        words = f"annotation {place + 1} ({raw.keys.get('Name', '')!r})"
        shape = _SHAPES.get(raw.keys.get("Type", "").strip().casefold())
        points = self._points(place, words, raw)
        if shape is None:
            self._notes.append(f"The {words} has the unknown type {raw.keys.get('Type', '')!r} and was left out.")
            return None
        if len(points) < MINIMUM_POINTS[shape]:
            had = counted(len(points), "point")
            self._notes.append(
                f"The {words} was left out: a {shape} needs {MINIMUM_POINTS[shape]} points, it has {had}."
            )
            return None
        return Annotation(
            AnnotationId(new_id()),
            Geometry(shape, points),
            _group_name(raw.keys.get("PartOfGroup")),
            raw.keys.get("Name", ""),
            self._color(words, raw.keys.get("Color"), DEFAULT_COLOR),
        )

    def _points(self, place: int, words: str, raw: RawAnnotation) -> Ring:
        number = self._number
        points = [Point(number(words, x), number(words, y)) for _, x, y in raw.points]
        orders = [_whole(order) for order, _, _ in raw.points]
        if orders == list(range(len(points))):
            return tuple(points)
        known = [order for order in orders if order is not None]
        if len(set(known)) < len(points):
            self._notes.append(
                f"The {words}: its points have no or repeated numbers; the order in the file was kept."
            )
            return tuple(points)
        self._renumbered.append(place)
        return tuple(points[index] for index in sorted(range(len(points)), key=known.__getitem__))

    def _number(self, words: str, text: str | None) -> float:
        return finite_number(text, f"{self._name}: a coordinate of {words}")

    def _groups(self) -> tuple[AnnotationGroup, ...]:
        groups: dict[str, AnnotationGroup] = {}
        for raw in self._document.groups:
            name = raw.keys.get("Name", "")
            if name in groups or _group_name(name) == NO_GROUP:
                reason = "is declared twice; the first was kept" if name in groups else "has no usable name"
                self._notes.append(f"A group {name!r} {reason}.")
            else:
                groups[name] = self._group(name, raw)
        return tuple(self._without_rings(groups))

    def _group(self, name: str, raw: RawGroup) -> AnnotationGroup:
        color = self._color(f"group {name!r}", raw.keys.get("Color"), _DEFAULT_GROUP_COLOR)
        parent = _group_name(raw.keys.get("PartOfGroup"))
        return flagged(AnnotationGroup(name, color, parent, tuple(raw.attributes)))

    def _without_rings(self, groups: dict[str, AnnotationGroup]) -> Iterable[AnnotationGroup]:
        """A group that is its own ancestor loses its parent; an undeclared parent is kept and noted."""
        free = dict(groups)
        for name, group in groups.items():
            if _is_own_ancestor(name, free):
                self._notes.append(f"The group {name!r} lies within itself; it was taken out of {group.parent!r}.")
                free[name] = replace(group, parent=NO_GROUP)
        return free.values()

    def _note_undeclared(self, annotations: tuple[Annotation, ...], groups: tuple[AnnotationGroup, ...]) -> None:
        declared = {group.name for group in groups} | {NO_GROUP}
        users = Counter(annotation.group for annotation in annotations if annotation.group not in declared)
        for name, number in users.items():
            self._notes.append(f"The group {name!r} of {counted(number, 'annotation')} is not declared in the file.")
        for group in groups:
            if group.parent not in declared:
                self._notes.append(f"The group {group.parent!r} around {group.name!r} is not declared in the file.")

    def _color(self, words: str, text: str | None, default: str) -> str:
        if text is None:
            return default
        color = rgb_color(text)
        if color is None:
            self._notes.append(f"The {words}: its colour {text!r} is unknown; it is shown in {default}.")
        return color or default


def _without_hole_groups(
    groups: tuple[AnnotationGroup, ...], annotations: tuple[Annotation, ...]
) -> tuple[AnnotationGroup, ...]:
    """Without the groups that a writer added for holes, now that these are back in their outlines."""
    used = {annotation.group for annotation in annotations} | {group.parent for group in groups}
    return tuple(unmarked(group) for group in groups if HOLES_MARK not in group.attributes or group.name in used)


def _is_own_ancestor(name: str, groups: dict[str, AnnotationGroup]) -> bool:
    seen: set[str] = set()
    parent = groups[name].parent
    while parent in groups and parent not in seen:
        if parent == name:
            return True
        seen.add(parent)
        parent = groups[parent].parent
    return False


def _group_name(text: str | None) -> str:
    return NO_GROUP if text in (None, "", NONE) else str(text)


def _whole(text: str | None) -> int | None:
    try:
        return int(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
