"""Annotations to ASAP XML as strictly as ASAP reads it."""

from __future__ import annotations

import io

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.formats.asap_xml.flags import HOLES_MARK, marks_of
from lnm_desktop.formats.asap_xml.holes import cut_out_group, split
from lnm_desktop.formats.asap_xml.names import NONE
from lnm_desktop.formats.asap_xml.plain import plain


def dumps(annotations: AnnotationSet) -> bytes:
    """An ASAP document; `losses` says what it does not keep.

    ASAP rejects a file in which an annotation names an undeclared group, and uses `Order` as an array index:
    so every group is declared and points are numbered from 0 without gaps. Coordinates are the shortest text
    that gives the same double.
    """
    written = plain(annotations)
    buffer = io.BytesIO()
    with etree.xmlfile(buffer, encoding="UTF-8") as document:
        document.write_declaration()
        document.write(etree.Comment(f" {RESEARCH_USE_ONLY} "), pretty_print=True)
        with document.element("ASAP_Annotations"):
            with document.element("Annotations"):
                for annotation in written:
                    for part in split(annotation):
                        document.write(_annotation(part), pretty_print=True)
            with document.element("AnnotationGroups"):
                for group in (*written.groups, *_hole_groups(written)):
                    document.write(_group(group), pretty_print=True)
    return buffer.getvalue()


def _annotation(annotation: Annotation) -> etree._Element:
    element = etree.Element(
        "Annotation",
        Name=annotation.name,
        Type=annotation.geometry.shape.value,
        PartOfGroup=annotation.group or NONE,
        Color=annotation.color,
    )
    coordinates = etree.SubElement(element, "Coordinates")
    for order, point in enumerate(annotation.geometry.points):
        x, y = float(point.x), float(point.y)
        etree.SubElement(coordinates, "Coordinate", Order=str(order), X=repr(x), Y=repr(y))
    return element


def _group(group: AnnotationGroup) -> etree._Element:
    element = etree.Element("Group", Name=group.name, PartOfGroup=group.parent or NONE, Color=group.color)
    attributes = etree.SubElement(element, "Attributes")
    for key, value in (*group.attributes, *marks_of(group)):
        etree.SubElement(attributes, "Attribute").set(key, value)
    return element


def _hole_groups(annotations: AnnotationSet) -> list[AnnotationGroup]:
    """The groups that exist for holes only, marked so that the reader can take them away again."""
    needed = {cut_out_group(annotation.group) for annotation in annotations if annotation.geometry.holes}
    declared = {group.name for group in annotations.groups}
    return [AnnotationGroup(name, attributes=(HOLES_MARK,)) for name in sorted(needed - declared)]
