"""XML text to ASAP's raw records, with every size limited before it can do harm."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from lnm_desktop.formats.safe_xml import (
    MAX_ANNOTATIONS,
    MAX_VERTICES,
    LeftOut,
    check_element,
    feed,
    told,
    without_lead,
)

_JUNK_AFTER_ROOT = 9
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_KNOWN = frozenset(
    ("ASAP_Annotations", "Annotations", "Annotation", "Coordinates", "Coordinate", "AnnotationGroups", "Group")
) | {"Attributes", "Attribute"}
_ANNOTATION_KEYS = frozenset(("Name", "Type", "PartOfGroup", "Color"))
_GROUP_KEYS = frozenset(("Name", "PartOfGroup", "Color"))


@dataclass
class RawAnnotation:
    """An annotation as the file has it: texts by key, (Order, X, Y) of each point."""

    keys: Mapping[str, str]
    points: list[tuple[str | None, str | None, str | None]] = field(default_factory=list)


@dataclass
class RawGroup:
    """A group as the file has it."""

    keys: Mapping[str, str]
    attributes: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class RawDocument:
    """All of a file; `notes` say what was met and not understood."""

    annotations: list[RawAnnotation] = field(default_factory=list)
    groups: list[RawGroup] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Collector:
    """Receives the parser's events; unknown elements are noted and passed over."""

    def __init__(self) -> None:
        self.document = RawDocument()
        self.tags: set[str] = set()
        self._depth = 0
        self._vertices = 0
        self._annotation: RawAnnotation | None = None
        self._group: RawGroup | None = None
        self._left_out = LeftOut("is not known to ASAP and was left out")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._check(attributes)
        if tag == "Coordinate":
            self._add_point(attributes)
            return
        name = tag.rpartition("}")[2]
        self.tags.add(name)
        if name == "Coordinate":
            self._add_point(attributes)
        elif name == "Annotation":
            self._add_annotation(attributes)
        elif name == "Group":
            self._group = RawGroup(attributes)
            self.document.groups.append(self._group)
            self._note_keys(name, attributes.keys() - _GROUP_KEYS)
        elif name == "Attribute" and self._group is not None:
            self._group.attributes += attributes.items()
        else:
            self._note_element(name, attributes)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        name = tag.rpartition("}")[2]
        if name == "Annotation":
            self._annotation = None
        elif name == "Group":
            self._group = None

    def close(self) -> RawDocument:
        """The document is complete."""
        self.document.notes += self._left_out.notes()
        return self.document

    def _check(self, attributes: dict[str, str]) -> None:
        self._depth += 1
        check_element(self._depth, attributes)

    def _add_annotation(self, attributes: dict[str, str]) -> None:
        if len(self.document.annotations) == MAX_ANNOTATIONS:
            raise ValueError(f"it has more than {MAX_ANNOTATIONS:,} annotations")
        self._annotation = RawAnnotation(attributes)
        self.document.annotations.append(self._annotation)
        self._note_keys("Annotation", attributes.keys() - _ANNOTATION_KEYS)

    def _add_point(self, attributes: dict[str, str]) -> None:
        if self._annotation is None:
            self._left_out.count("a <Coordinate> outside an annotation")
            return
        self._vertices += 1
        if self._vertices > MAX_VERTICES:
            raise ValueError(f"it has more than {MAX_VERTICES:,} points")
        self._annotation.points.append((attributes.get("Order"), attributes.get("X"), attributes.get("Y")))

    def _note_element(self, name: str, attributes: dict[str, str]) -> None:
        if name not in _KNOWN or name == "Attribute":
            self._left_out.count(f"The element <{name}>")
        else:
            self._note_keys(name, attributes.keys())

    def _note_keys(self, element: str, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            self._left_out.count(f"The attribute {key!r} of <{element}>")


def collect(data: bytes, *, name: str) -> RawDocument:
    """The raw records. Raises FormatError naming the file and the place of the fault."""
    with told(name):
        data = without_lead(data)
        try:
            return _parsed(data)
        except ParseError as error:
            if error.code != _JUNK_AFTER_ROOT:
                raise
        # ASAP reads a document without a root; XML parsers do not: give it one.
        text = _DECLARATION.sub("", data.decode("utf-8-sig"), count=1)
        document = _parsed(f"<ASAP_Annotations>{text}</ASAP_Annotations>".encode())
        document.notes.insert(0, "The file has no root element.")
        return document


def _parsed(data: bytes) -> RawDocument:
    collector = Collector()
    feed(data, collector)
    _check_kind(collector.tags)
    return collector.close()


def _check_kind(tags: set[str]) -> None:
    if tags & {"Region", "Regions", "Vertex", "Vertices"}:
        raise ValueError("it is an ImageScope file, not one of ASAP")
    if not tags & {"ASAP_Annotations", "Annotations", "AnnotationGroups", "Annotation"}:
        raise ValueError("it is not an ASAP annotation file")
