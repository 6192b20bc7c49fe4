"""Annotations to ImageScope XML: a layer for each group, a region for each annotation, its holes after it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from lnm_desktop.domain.annotation import NO_GROUP, Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Ring
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.formats.imagescope.layers import DESCRIPTION, Kind, packed
from lnm_desktop.formats.imagescope.plain import plain
from lnm_desktop.formats.imagescope.shapes import region_of

_HEADERS = {"9999": "Region", "9997": "Length", "9996": "Area", "9998": "Text"}
_Layer = tuple[AnnotationGroup | None, str, list[Annotation]]


def dumps(annotations: AnnotationSet) -> bytes:
    """An ImageScope document; `losses` says what it does not keep.

    Coordinates are the shortest text that gives the same double. Lengths and areas are left to ImageScope,
    which derives them from the vertices.
    """
    buffer = io.BytesIO()
    with etree.xmlfile(buffer, encoding="UTF-8") as document:
        document.write_declaration()
        document.write(etree.Comment(f" {RESEARCH_USE_ONLY} "), pretty_print=True)
        with document.element("Annotations"):
            for number, layer in enumerate(_layers(plain(annotations)), start=1):
                document.write(_layer(number, layer), pretty_print=True)
    return buffer.getvalue()


def _layers(annotations: AnnotationSet) -> Iterator[_Layer]:
    """Every group, also an empty one; annotations without a group in a nameless layer for each colour."""
    members: dict[str, list[Annotation]] = {group.name: [] for group in annotations.groups}
    for annotation in annotations:
        members.setdefault(annotation.group, []).append(annotation)
    for group in annotations.groups:
        yield group, group.color, members[group.name]
    for color, items in groupby(members.get(NO_GROUP, []), key=lambda item: item.color):
        yield None, color, list(items)


def _layer(number: int, layer: _Layer) -> etree._Element:
    group, color, annotations = layer
    name = group.name if group else ""
    element = etree.Element("Annotation", Id=str(number), Name=name, ReadOnly="0", NameReadOnly="0")
    for key, value in (("LineColorReadOnly", "0"), ("Incremental", "0"), ("Type", "4")):
        element.set(key, value)
    element.set("LineColor", str(packed(color)))
    for key, value in (("Visible", "1"), ("Selected", "0"), ("MarkupImagePath", ""), ("MacroName", "")):
        element.set(key, value)
    attributes = etree.SubElement(element, "Attributes")
    for place, (key, value) in enumerate(_attributes(group)):
        etree.SubElement(attributes, "Attribute", Name=key, Id=str(place), Value=value)
    regions = etree.SubElement(element, "Regions")
    headers = etree.SubElement(regions, "RegionAttributeHeaders")
    for identity, words in _HEADERS.items():
        etree.SubElement(headers, "AttributeHeader", Id=identity, Name=words, ColumnWidth="-1")
    _add_regions(regions, annotations)
    etree.SubElement(element, "Plots")
    return element


def _attributes(group: AnnotationGroup | None) -> tuple[tuple[str, str], ...]:
    """ImageScope shows the description of a layer; other programs read its name there."""
    found = group.attributes if group else ()
    has_description = any(key == DESCRIPTION for key, _ in found)
    return found if has_description else ((DESCRIPTION, group.name if group else ""), *found)


def _add_regions(regions: etree._Element, annotations: list[Annotation]) -> None:
    number = 0
    for annotation in annotations:
        number += 1
        outline = number
        kind, ring = region_of(annotation.geometry)
        _add_region(regions, number, kind, ring, Text=annotation.name, NegativeROA="0", InputRegionId="0")
        for hole in annotation.geometry.holes:
            number += 1
            keys = {"Text": "", "NegativeROA": "1", "InputRegionId": str(outline)}
            _add_region(regions, number, Kind.OUTLINE, (*hole, hole[0]), **keys)


def _add_region(regions: etree._Element, number: int, kind: Kind, ring: Ring, **keys: str) -> None:
    region = etree.SubElement(regions, "Region", Id=str(number), Type=kind.value, Zoom="1", Selected="0")
    for key, value in (("ImageLocation", ""), ("ImageFocus", "-1"), *keys.items(), ("Analyze", "1")):
        region.set(key, value)
    region.set("DisplayId", str(number))
    etree.SubElement(region, "Attributes")
    vertices = etree.SubElement(region, "Vertices")
    for point in ring:
        etree.SubElement(vertices, "Vertex", X=repr(float(point.x)), Y=repr(float(point.y)), Z="0")
