"""Annotations to NDPA as NDP.view lays it out: a view for each drawing, holes as drawings of their own."""

from __future__ import annotations

import io

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Ring, Shape
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.formats.asap_xml.holes import split
from lnm_desktop.formats.ndpa.placement import SlidePlacement
from lnm_desktop.formats.ndpa.plain import plain
from lnm_desktop.formats.ndpa.reader import GROUP_MARK
from lnm_desktop.formats.ndpa.shapes import RECTANGLE_NAME


def dumps(annotations: AnnotationSet, *, placement: SlidePlacement) -> bytes:
    """An NDPA document for that slide; `losses` says what it does not keep. Raises FormatError."""
    buffer = io.BytesIO()
    parts = (part for annotation in plain(annotations, placement) for part in split(annotation))
    with etree.xmlfile(buffer, encoding="UTF-8") as document:
        document.write_declaration(standalone=True)
        document.write(etree.Comment(f" {RESEARCH_USE_ONLY} "), pretty_print=True)
        with document.element("annotations"):
            for number, part in enumerate(parts, start=1):
                document.write(_view(number, part, placement), pretty_print=True)
    return buffer.getvalue()


def _view(number: int, annotation: Annotation, placement: SlidePlacement) -> etree._Element:
    view = etree.Element("ndpviewstate", id=str(number))
    _add(view, "title", annotation.name)
    _add(view, "details", f"{GROUP_MARK}{annotation.group}" if annotation.group else "")
    _add(view, "coordformat", "nanometers")
    _add(view, "lens", "1")
    _add_place(view, annotation.geometry.points[:1], placement)
    for name, value in (("z", "0"), ("showtitle", "0"), ("showhistogram", "0"), ("showlineprofile", "0")):
        _add(view, name, value)
    _add_drawing(view, annotation, placement)
    return view


def _add_drawing(view: etree._Element, annotation: Annotation, placement: SlidePlacement) -> None:
    geometry = annotation.geometry
    kind, name = _kind(geometry)
    drawing = etree.SubElement(view, "annotation", type=kind, displayname=name, color=annotation.color)
    if kind == "pin":
        _add_place(drawing, geometry.points, placement)
        _add(drawing, "icon", "pinred")
        _add(drawing, "stricon", "iconpinred")
        return
    _add(drawing, "measuretype", "0")
    if kind == "linearmeasure":
        for number, point in enumerate(geometry.points, start=1):
            _add_place(drawing, (point,), placement, str(number))
        return
    is_closed = geometry.shape is not Shape.MEASUREMENT
    _add(drawing, "closed", "1" if is_closed else "0")
    points = etree.SubElement(drawing, "pointlist")
    for point in _ring(geometry.points) if is_closed else geometry.points:
        _add_place(etree.SubElement(points, "point"), (point,), placement)
    if geometry.shape is Shape.RECTANGLE:
        _add(drawing, "specialtype", "rectangle")


def _kind(geometry: Geometry) -> tuple[str, str]:
    """NDP.view's type, and the name of the tool that draws it."""
    if geometry.shape is Shape.DOT:
        return "pin", "AnnotatePin"
    if geometry.shape is Shape.MEASUREMENT and len(geometry.points) == 2:
        return "linearmeasure", "AnnotateRuler"
    return "freehand", RECTANGLE_NAME if geometry.shape is Shape.RECTANGLE else "AnnotateFreehand"


def _ring(ring: Ring) -> Ring:
    """A reader takes a repeated first point away: one that is meant stands twice."""
    return (*ring, ring[0]) if ring[0] == ring[-1] else ring


def _add_place(parent: etree._Element, points: Ring, placement: SlidePlacement, suffix: str = "") -> None:
    for point in points:
        x, y = placement.to_nm(point)
        _add(parent, f"x{suffix}", str(x))
        _add(parent, f"y{suffix}", str(y))


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text
