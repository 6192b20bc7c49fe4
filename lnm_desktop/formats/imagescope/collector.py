"""XML text to ImageScope's raw records, with every size limited before it can do harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lnm_desktop.formats.safe_xml import (
    MAX_ANNOTATIONS,
    MAX_VERTICES,
    LeftOut,
    check_element,
    feed,
    told,
    without_lead,
)

# What is derived from the rest of the file, or says how a screen once looked.
_PASSED_OVER = frozenset(("Annotations", "Regions", "Vertices", "Attributes", "RegionAttributeHeaders")) | {
    "AttributeHeader",
    "Plots",
}


@dataclass
class RawRegion:
    """A region as the file has it: texts by key, the values of its columns, (X, Y) of each vertex."""

    keys: Mapping[str, str]
    values: list[str] = field(default_factory=list)
    points: list[tuple[str | None, str | None]] = field(default_factory=list)


@dataclass
class RawLayer:
    """A layer as the file has it; `attributes` are (Name, Value)."""

    keys: Mapping[str, str]
    attributes: list[tuple[str, str]] = field(default_factory=list)
    regions: list[RawRegion] = field(default_factory=list)


@dataclass
class RawDocument:
    """All of a file; `notes` say what was met and not understood."""

    layers: list[RawLayer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Collector:
    """Receives the parser's events; unknown elements are noted and passed over."""

    def __init__(self) -> None:
        self.document = RawDocument()
        self._depth = self._regions = self._vertices = 0
        self._layer: RawLayer | None = None
        self._region: RawRegion | None = None
        self._left_out = LeftOut("was left out")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        check_element(self._depth, attributes)
        name = tag.rpartition("}")[2]
        if name == "Vertex":
            self._add_point(attributes)
        elif name == "Region":
            self._add_region(attributes)
        elif name == "Annotation":
            self._add_layer(attributes)
        elif name == "Attribute":
            self._add_attribute(attributes)
        elif name not in _PASSED_OVER:
            self._left_out.count(f"The element <{name}>")

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        name = tag.rpartition("}")[2]
        if name == "Annotation":
            self._layer = None
        elif name == "Region":
            self._region = None

    def close(self) -> RawDocument:
        """The document is complete."""
        self.document.notes += self._left_out.notes()
        return self.document

    def _add_layer(self, attributes: dict[str, str]) -> None:
        if len(self.document.layers) == MAX_ANNOTATIONS:
            raise ValueError(f"it has more than {MAX_ANNOTATIONS:,} layers")
        self._layer = RawLayer(attributes)
        self.document.layers.append(self._layer)

    def _add_region(self, attributes: dict[str, str]) -> None:
        self._regions += 1
        if self._regions > MAX_ANNOTATIONS:
            raise ValueError(f"it has more than {MAX_ANNOTATIONS:,} regions")
        if self._layer is None:
            self._left_out.count("A <Region> outside a layer")
            return
        self._region = RawRegion(attributes)
        self._layer.regions.append(self._region)

    def _add_attribute(self, attributes: dict[str, str]) -> None:
        value = attributes.get("Value", "")
        if self._region is not None:
            self._region.values.append(value)
        elif self._layer is not None:
            self._layer.attributes.append((attributes.get("Name", ""), value))

    def _add_point(self, attributes: dict[str, str]) -> None:
        if self._region is None:
            self._left_out.count("A <Vertex> outside a region")
            return
        self._vertices += 1
        if self._vertices > MAX_VERTICES:
            raise ValueError(f"it has more than {MAX_VERTICES:,} points")
        self._region.points.append((attributes.get("X"), attributes.get("Y")))


def collect(data: bytes, *, name: str) -> RawDocument:
    """The raw records. Raises FormatError naming the file and the place of the fault."""
    collector = Collector()
    with told(name):
        feed(without_lead(data), collector)
        return collector.close()
