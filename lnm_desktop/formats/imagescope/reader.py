"""ImageScope XML to annotations, tolerant of what other programs write; whatever it mends or leaves out it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lnm_desktop.domain.annotation import DEFAULT_COLOR, NO_GROUP, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.ids import AnnotationId, new_id
from lnm_desktop.formats.imagescope.collector import RawDocument, RawLayer, RawRegion, collect
from lnm_desktop.formats.imagescope.holes import Part, join
from lnm_desktop.formats.imagescope.layers import DESCRIPTION, Kind, unpacked
from lnm_desktop.formats.imagescope.shapes import ELLIPSE_POINTS, geometry_of
from lnm_desktop.formats.loaded import LoadedAnnotations, counted, shortened
from lnm_desktop.formats.numbers import finite_number

_BECOMES = {
    Kind.ELLIPSE: f"was an ellipse: it became a polygon of {ELLIPSE_POINTS} points",
    Kind.ARROW: "was an arrow: it became a measurement",
}


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer's name, its colour and, where it has a name, its other attributes."""

    name: str
    color: str
    attributes: tuple[tuple[str, str], ...]


def loads(data: bytes, *, name: str) -> LoadedAnnotations:
    """The annotations of an ImageScope document with notes on what was left out or mended.

    Layers are groups; a layer without a name holds annotations without a group. Raises FormatError for a damaged
    document, one beyond the limits, or a coordinate that is not a finite number, naming the region.
    """
    return _Reading(collect(data, name=name), name).result()


class _Reading:
    """One document on its way; gathers groups and notes."""

    def __init__(self, document: RawDocument, name: str) -> None:
        self._document = document
        self._name = name
        self._notes: list[str] = []
        self._groups: dict[str, AnnotationGroup] = {}

    def result(self) -> LoadedAnnotations:
        """The whole document."""
        found: list[Annotation] = []
        for place, raw in enumerate(self._document.layers):
            layer = self._layer(place, raw)
            self._declare(layer)
            joined, stray = join(list(self._parts(place, layer, raw.regions)))
            found += joined
            if stray:
                words = f"{counted(stray, 'region')} to take away of layer {place + 1}"
                self._notes.append(f"In no outline lies what {words} covers: it became polygons to cut out.")
        for annotation in found:
            if annotation.group and annotation.group not in self._groups:
                self._groups[annotation.group] = AnnotationGroup(annotation.group)
        annotations = AnnotationSet(tuple(found), tuple(self._groups.values()))
        return LoadedAnnotations(annotations, shortened([*self._document.notes, *self._notes]))

    def _layer(self, place: int, raw: RawLayer) -> _Layer:
        described = [value for key, value in raw.attributes if key == DESCRIPTION and value]
        name = raw.keys.get("Name", "") or next(iter(described), NO_GROUP)
        text = raw.keys.get("LineColor")
        color = DEFAULT_COLOR if text is None else unpacked(text)
        if color is None:
            self._notes.append(f"Layer {place + 1}: its colour {text!r} is unknown; it is shown in {DEFAULT_COLOR}.")
        shown = ((DESCRIPTION, name), (DESCRIPTION, ""))
        attributes = tuple(pair for pair in raw.attributes if pair not in shown)
        return _Layer(name, color or DEFAULT_COLOR, attributes)

    def _declare(self, layer: _Layer) -> None:
        known = self._groups.get(layer.name)
        if not layer.name:
            return
        if known is None:
            self._groups[layer.name] = AnnotationGroup(layer.name, layer.color, NO_GROUP, layer.attributes)
        elif known.color != layer.color or known.attributes != layer.attributes:
            self._notes.append(f"Two layers are named {layer.name!r}; they became one group, as the first one is.")

    def _parts(self, place: int, layer: _Layer, regions: list[RawRegion]) -> Iterator[Part]:
        for number, raw in enumerate(regions, start=1):
            words = f"region {number} of layer {place + 1} ({raw.keys.get('Text', '')!r})"
            annotation = self._annotation(words, layer, raw)
            if annotation is not None:
                negative = raw.keys.get("NegativeROA", "0").strip() == "1"
                yield Part(annotation, raw.keys.get("Id", ""), raw.keys.get("InputRegionId", ""), negative)

    def _annotation(self, words: str, layer: _Layer, raw: RawRegion) -> Annotation | None:
        ring = tuple(Point(self._number(words, x), self._number(words, y)) for x, y in raw.points)
        kind = self._kind(words, raw.keys.get("Type", Kind.OUTLINE).strip())
        try:
            geometry = geometry_of(kind, ring)
        except ValueError as error:
            self._notes.append(f"The {words} was left out: {error}.")
            return None
        if kind in _BECOMES:
            self._notes.append(f"The {words} {_BECOMES[kind]}.")
        return Annotation(AnnotationId(new_id()), geometry, layer.name, self._text(words, raw), layer.color)

    def _kind(self, words: str, text: str) -> Kind:
        if text in list(Kind):
            return Kind(text)
        self._notes.append(f"The {words} is of the unknown type {text!r} and was read as an outline.")
        return Kind.OUTLINE

    def _text(self, words: str, raw: RawRegion) -> str:
        """The region's text, else the first value of its columns."""
        values = [value for value in raw.values if value]
        text = raw.keys.get("Text", "") or next(iter(values), "")
        left = [value for value in values if value != text]
        if left:
            self._notes.append(f"The {words}: {counted(len(left), 'value')} of its columns was left out.")
        return text

    def _number(self, words: str, text: str | None) -> float:
        return finite_number(text, f"{self._name}: a coordinate of {words}")
