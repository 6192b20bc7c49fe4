"""NDPA to annotations, tolerant of what other programs write; whatever it mends or leaves out it says."""

from __future__ import annotations

from collections.abc import Mapping

from lnm_desktop.domain.annotation import DEFAULT_COLOR, NO_GROUP, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.ids import AnnotationId, new_id
from lnm_desktop.formats.asap_xml.holes import join
from lnm_desktop.formats.asap_xml.names import rgb_color
from lnm_desktop.formats.loaded import LoadedAnnotations, shortened
from lnm_desktop.formats.ndpa.collector import RawDocument, RawView, collect
from lnm_desktop.formats.ndpa.placement import SlidePlacement
from lnm_desktop.formats.ndpa.shapes import Shapes
from lnm_desktop.formats.numbers import finite_number

GROUP_MARK = "Group: "
_UNIT = "nanometers"
_BECOMES = {"circle": "was a circle: it became a polygon", "pointer": "was an arrow: it became a measurement"}


def loads(data: bytes, *, name: str, placement: SlidePlacement) -> LoadedAnnotations:
    """The annotations of an NDPA document on that slide, with notes on what was left out or mended.

    Raises FormatError for a damaged document, one beyond the limits, or a coordinate that is not a finite number,
    naming the annotation.
    """
    return _Reading(collect(data, name=name), name, placement).result()


class _Reading:
    """One document on its way; gathers notes."""

    def __init__(self, document: RawDocument, name: str, placement: SlidePlacement) -> None:
        self._document = document
        self._name = name
        self._placement = placement
        self._notes: list[str] = []

    def result(self) -> LoadedAnnotations:
        """The whole document."""
        found = [self._annotation(place, view) for place, view in enumerate(self._document.views)]
        annotations = join([annotation for annotation in found if annotation is not None])
        groups: dict[str, AnnotationGroup] = {}
        for item in annotations:
            if item.group and item.group not in groups:
                groups[item.group] = AnnotationGroup(item.group, item.color)
        notes = shortened([*self._document.notes, *self._notes])
        return LoadedAnnotations(AnnotationSet(annotations, tuple(groups.values())), notes)

    def _annotation(self, place: int, view: RawView) -> Annotation | None:
        words = f"annotation {place + 1} ({view.texts.get('title', '')!r})"
        if view.keys is None:
            self._notes.append(f"The {words} is a view without a drawing and was left out.")
            return None
        unit = view.texts.get("coordformat", _UNIT).strip()
        if unit != _UNIT:
            self._notes.append(f"The {words} is given in {unit!r}, not in nanometres, and was left out.")
            return None
        geometry = self._geometry(words, view, view.keys)
        if geometry is None:
            return None
        group, name = _group_and_name(view.texts)
        return Annotation(AnnotationId(new_id()), geometry, group, name, self._color(words, view.keys))

    def _geometry(self, words: str, view: RawView, keys: Mapping[str, str]) -> Geometry | None:
        kind = keys.get("type", "").strip().casefold()
        shapes = Shapes(self._placement, lambda text: self._number(words, text))
        try:
            geometry = shapes.read(view)
        except ValueError as error:
            self._notes.append(f"The {words} was left out: {error}.")
            return None
        if geometry is None:
            self._notes.append(f"The {words} has the unknown type {kind!r} and was left out.")
        elif kind in _BECOMES:
            self._notes.append(f"The {words} {_BECOMES[kind]}.")
        return geometry

    def _color(self, words: str, keys: Mapping[str, str]) -> str:
        text = keys.get("color")
        color = DEFAULT_COLOR if text is None else rgb_color(text)
        if color is None:
            self._notes.append(f"The {words}: its colour {text!r} is unknown; it is shown in {DEFAULT_COLOR}.")
        return color or DEFAULT_COLOR

    def _number(self, words: str, text: str | None) -> float:
        return finite_number(text, f"{self._name}: a coordinate of {words}")


def _group_and_name(texts: Mapping[str, str]) -> tuple[str, str]:
    """The group that this program wrote among the details; other details follow the title, as a comment would."""
    title, details = texts.get("title", ""), texts.get("details", "")
    if details.startswith(GROUP_MARK):
        return details.removeprefix(GROUP_MARK), title
    if not details.strip():
        return NO_GROUP, title
    return NO_GROUP, f"{title}: {details.strip()}" if title else details.strip()
