"""GeoJSON to annotations: this program's own files without loss, QuPath's and others' with notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lnm_desktop.domain.annotation import (
    DEFAULT_COLOR,
    HUMAN,
    NO_GROUP,
    Annotation,
    AnnotationGroup,
    AnnotationSet,
)
from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.ids import AnnotationId, new_id
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import strict_json
from lnm_desktop.formats.geojson.shapes import Shapes, reshaped
from lnm_desktop.formats.geojson.writer import OWN
from lnm_desktop.formats.geometry_json import group_from_dict
from lnm_desktop.formats.loaded import LoadedAnnotations, shortened

_GEOMETRIES = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)


def loads(data: bytes, *, name: str) -> LoadedAnnotations:
    """The annotations of a FeatureCollection, a Feature, a geometry or a list of features.

    Raises FormatError for damaged text, NaN, repeated keys, and coordinates that are not finite numbers, naming
    the feature.
    """
    return loads_object(strict_json.loads(data, name=name), name=name)


def loads_object(data: object, *, name: str) -> LoadedAnnotations:
    """The same from JSON that is read already."""
    reading = _Reading(name)
    for place, feature in enumerate(_features(data, name)):
        reading.add(place, feature)
    return reading.result(_mapping(data).get(OWN))


class _Reading:
    """One file on its way; gathers annotations, groups and notes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shapes = Shapes()
        self._annotations: dict[str, Annotation] = {}
        self._groups: dict[str, AnnotationGroup] = {}
        self._notes: list[str] = []

    def add(self, place: int, feature: object) -> None:
        """One feature, which may become several annotations or none."""
        properties = _mapping(_mapping(feature).get("properties"))
        words = f"feature {place + 1} ({_text(properties, 'name')!r})"
        own = _mapping(properties.get(OWN))
        geometries = self._geometries(words, feature)
        # QuPath joins a class and its sub-classes by a colon.
        group, group_color = _classification(properties.get("classification"))
        if group and group not in self._groups:
            self._groups[group] = AnnotationGroup(group, group_color or AnnotationGroup(group).color)
        for geometry in geometries:
            annotation = Annotation(
                self._identity(words, _text(own, "id") or _text(_mapping(feature), "id"), len(geometries)),
                reshaped(geometry, own.get("shape")),
                group,
                _text(properties, "name"),
                _color(properties, own) or group_color or DEFAULT_COLOR,
                _text(own, "author"),
                _text(own, "created"),
                _text(own, "origin", HUMAN),
                _text(own, "comment"),
            )
            self._annotations[annotation.id] = annotation

    def result(self, own: object) -> LoadedAnnotations:
        """All annotations; the groups as this program declared them, else one for each class."""
        groups = tuple(self._groups.values())
        declared = _mapping(own).get("groups")
        if isinstance(declared, list):
            groups = self._declared(declared)
        annotations = AnnotationSet(tuple(self._annotations.values()), groups)
        return LoadedAnnotations(annotations, shortened(self._notes))

    def _declared(self, declared: list[Any]) -> tuple[AnnotationGroup, ...]:
        try:
            groups = {group.name: group for group in (group_from_dict(item) for item in declared)}
        except FormatError as error:
            raise _damaged(self._name, error.message) from error
        if len(groups) != len(declared):
            self._notes.append("A group is declared twice; the last was kept.")
        return tuple(groups.values())

    def _geometries(self, words: str, feature: object) -> list[Geometry]:
        notes: list[str] = []
        try:
            found = self._shapes.read(_mapping(feature).get("geometry"), notes.append)
        except ValueError as error:
            raise _damaged(self._name, f"{words}: {error}") from error
        self._notes += (f"The {words} {note}." for note in dict.fromkeys(notes))
        return found

    def _identity(self, words: str, identity: str, parts: int) -> AnnotationId:
        """The file's identifier where it has one that is free."""
        if identity in self._annotations and parts == 1:
            self._notes.append(f"The {words} has the identifier of another one and got a new one.")
        taken = not identity or identity in self._annotations or parts > 1
        return AnnotationId(new_id() if taken else identity)


def _features(data: object, name: str) -> list[Any]:
    if isinstance(data, list):
        return data
    kind = _mapping(data).get("type")
    if kind == "Feature":
        return [data]
    if kind in _GEOMETRIES:
        return [{"type": "Feature", "geometry": data}]
    features = _mapping(data).get("features")
    if kind != "FeatureCollection" or not isinstance(features, list):
        raise _damaged(name, "it is not GeoJSON")
    return features


def _classification(data: object) -> tuple[str, str]:
    """Name and `#RRGGBB` of QuPath's class; empty where there is none."""
    fields = _mapping(data)
    names = fields.get("names")
    name = ": ".join(str(part) for part in names) if isinstance(names, list) else _text(fields, "name", NO_GROUP)
    return name, _hex(fields.get("color")) or _packed_hex(fields.get("colorRGB"))


def _color(properties: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """The colour that QuPath sees; in this program's own spelling where it is the same."""
    color = _hex(properties.get("color")) or _packed_hex(properties.get("colorRGB"))
    spelt = _text(own, "color")
    return spelt if spelt.upper() == color else color


def _hex(data: object) -> str:
    match data:
        case [int(red), int(green), int(blue)] if all(0 <= part <= 255 for part in (red, green, blue)):
            return f"#{red:02X}{green:02X}{blue:02X}"
    return ""


def _packed_hex(data: object) -> str:
    return f"#{data & 0xFFFFFF:06X}" if isinstance(data, int) and not isinstance(data, bool) else ""


def _mapping(data: object) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else {}


def _text(data: Mapping[str, Any], key: str, default: str = "") -> str:
    value = data.get(key)
    return value if isinstance(value, str) else default


def _damaged(name: str, reason: str) -> FormatError:
    return FormatError(f"{name} cannot be read: {reason}", hint="Export it again from the program that made it.")
