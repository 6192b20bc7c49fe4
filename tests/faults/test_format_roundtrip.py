"""Random geometries and names through every format that is written: as promised, and told where not kept."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

import pytest
import shapely.geometry
from hypothesis import given, settings

from lnm_desktop.app.measurements import columns, rows
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Ring, Shape, Size
from lnm_desktop.domain.image import Calibration
from lnm_desktop.formats import asap_xml, csv_table, geojson, imagescope, ndpa
from lnm_desktop.formats.asap_xml.plain import plain as asap_plain
from lnm_desktop.formats.imagescope.plain import plain as imagescope_plain
from lnm_desktop.formats.ndpa.placement import SlidePlacement
from lnm_desktop.formats.ndpa.plain import plain as ndpa_plain
from tests.unit.formats.annotation_builders import NASTY_NAMES, a_polygon, an_annotation, annotation_sets

pytestmark = pytest.mark.timeout(600)
EXAMPLES = int(os.environ.get("LNM_EXAMPLES", "300"))
"""`LNM_EXAMPLES=2000` takes about four minutes."""
PLACE = SlidePlacement(Size(2000, 1000), 0.25, 0.5, 10_000.0, -20_000.0)
many = settings(max_examples=EXAMPLES, deadline=None)


@dataclass(frozen=True)
class Form:
    """A format's two directions, what it promises to give back and what it tells of the rest."""

    dumps: Callable[[AnnotationSet], bytes]
    loads: Callable[[bytes], AnnotationSet]
    promised: Callable[[AnnotationSet], AnnotationSet]
    losses: Callable[[AnnotationSet], tuple[str, ...]]

    def back(self, annotations: AnnotationSet) -> AnnotationSet:
        """Written and read."""
        return self.loads(self.dumps(annotations))


ASAP = Form(asap_xml.dumps, lambda data: asap_xml.loads(data, name="x").annotations, asap_plain, asap_xml.losses)
GEOJSON = Form(
    geojson.dumps, lambda data: geojson.loads(data, name="x").annotations, lambda items: items, geojson.losses
)
IMAGESCOPE = Form(
    imagescope.dumps,
    lambda data: imagescope.loads(data, name="x").annotations,
    imagescope_plain,
    imagescope.losses,
)
NDPA = Form(
    lambda items: ndpa.dumps(items, placement=PLACE),
    lambda data: ndpa.loads(data, name="x", placement=PLACE).annotations,
    lambda items: ndpa_plain(items, PLACE),
    ndpa.losses,
)


def kept(annotations: AnnotationSet) -> tuple[list[object], set[object]]:
    """All that a format may keep: everything but ids, authors, times and origins."""
    items = [(item.geometry, item.group, item.name, item.color, item.comment) for item in annotations]
    return [*items], set(annotations.groups)


def check(form: Form, annotations: AnnotationSet) -> None:
    """As promised; a difference is told by more than the lost identifiers. A colour may change its case."""
    back = form.back(annotations)
    assert kept(back) == kept(form.promised(annotations))
    told = [line for line in form.losses(annotations) if "identifiers" not in line]
    assert told or _upper(back) == _upper(annotations)


def _upper(annotations: AnnotationSet) -> list[str]:
    return [str(item).upper() for item in kept(annotations)[0]]


@many
@given(annotation_sets())
def test_a06_asap_xml(annotations: AnnotationSet) -> None:
    check(ASAP, annotations)
    once = ASAP.back(annotations)
    assert kept(ASAP.back(once)) == kept(once)


@many
@given(annotation_sets())
def test_a06_geojson(annotations: AnnotationSet) -> None:
    check(GEOJSON, annotations)
    assert GEOJSON.back(annotations) == annotations


@many
@given(annotation_sets())
def test_a06_imagescope(annotations: AnnotationSet) -> None:
    check(IMAGESCOPE, annotations)


@many
@given(annotation_sets())
def test_a06_ndpa(annotations: AnnotationSet) -> None:
    check(NDPA, _near(annotations))


def _near(annotations: AnnotationSet) -> AnnotationSet:
    """Every coordinate within what a scanner could have seen: others are refused."""

    def ring(points: Ring) -> Ring:
        return tuple(Point(point.x % 1e6, point.y % 1e6) for point in points)

    near = (
        Geometry(item.geometry.shape, ring(item.geometry.points), tuple(map(ring, item.geometry.holes)))
        for item in annotations
    )
    moved = [replace(item, geometry=geometry) for item, geometry in zip(annotations, near, strict=True)]
    return AnnotationSet(moved, annotations.groups)


@many
@given(annotation_sets())
def test_a06_measurements(annotations: AnnotationSet) -> None:
    """The table's texts as another reader of CSV sees them, guarded against formulas."""
    near = _near(annotations)
    lines = list(rows("SYNTHETIC", near, Calibration()))
    text = csv_table.dumps(columns(Calibration()), lines).decode("utf-8-sig")
    heads, *seen = csv.reader(io.StringIO(text, newline=""))
    assert len(seen) == len(near)
    for line, item in zip(seen, near, strict=True):
        found = dict(zip(heads, line, strict=True))
        assert csv_table.unguarded(found["name"]) == _in_utf_8(item.name)
        assert csv_table.unguarded(found["comment"]) == _in_utf_8(item.comment)
        assert not found["name"].startswith(("=", "+", "-", "@"))


def _in_utf_8(text: str) -> str:
    """Half a character, which UTF-8 cannot hold, as its escape."""
    return "".join(f"\\u{ord(sign):04x}" if 0xD800 <= ord(sign) < 0xE000 else sign for sign in text)


# What follows reads the files by other programs' code, or by the standard library alone.


@settings(max_examples=300, deadline=None)
@given(annotation_sets())
def test_a05_asap_xml_by_the_standard_library(annotations: AnnotationSet) -> None:
    """As ASAP reads: known types, declared groups after their parents, Order an index, no coordinate changed."""
    root = ET.fromstring(asap_xml.dumps(annotations))
    assert [child.tag for child in root] == ["Annotations", "AnnotationGroups"]
    declared = ["None"]
    for group in root.iterfind("AnnotationGroups/Group"):
        assert group.get("PartOfGroup") in declared
        declared.append(group.get("Name", ""))
    rings: list[Ring] = []
    for item in root.iterfind("Annotations/Annotation"):
        assert item.get("Type") in {"Dot", "Polygon", "Spline", "PointSet", "Measurement", "Rectangle"}
        assert item.get("PartOfGroup") in declared
        points = list(item.iterfind("Coordinates/Coordinate"))
        assert [point.get("Order") for point in points] == [str(number) for number in range(len(points))]
        rings.append(tuple(Point(float(point.get("X", "")), float(point.get("Y", ""))) for point in points))
    assert len(set(declared)) == len(declared)
    drawn = [ring for item in annotations for ring in (item.geometry.points, *item.geometry.holes)]
    assert sorted(map(repr, rings)) == sorted(map(repr, drawn))


@settings(max_examples=300, deadline=None)
@given(annotation_sets())
def test_a05_geojson_by_shapely(annotations: AnnotationSet) -> None:
    """Each feature's geometry by `shapely.geometry.shape`: same points, same holes, closed rings."""
    features = json.loads(geojson.dumps(annotations))["features"]
    for feature, item in zip(features, annotations, strict=True):
        found = shapely.geometry.shape(feature["geometry"])
        if isinstance(found, shapely.Polygon):
            assert item.geometry.shape in (Shape.POLYGON, Shape.RECTANGLE, Shape.SPLINE)
            seen = [list(ring.coords) for ring in (found.exterior, *found.interiors)]
            assert all(ring[0] == ring[-1] for ring in seen)
            seen = [ring[:-1] for ring in seen]
        elif isinstance(found, shapely.MultiPoint):
            seen = [[(point.x, point.y) for point in found.geoms]]
        else:
            seen = [list(found.coords)]
        drawn = (item.geometry.points, *item.geometry.holes)
        assert seen == [[(point.x, point.y) for point in ring] for ring in drawn]


@pytest.mark.parametrize("form", [ASAP, GEOJSON, IMAGESCOPE, NDPA], ids=["asap", "geojson", "imagescope", "ndpa"])
@pytest.mark.parametrize("name", NASTY_NAMES)
def test_a06_a_nasty_name_is_kept_or_told(form: Form, name: str) -> None:
    annotations = AnnotationSet((an_annotation(geometry=a_polygon(holes=1), name=name, comment=name),))
    first = next(iter(form.back(annotations)))
    told = " ".join(form.losses(annotations))
    assert first.name == name or repr(name) in told
    assert first.comment == name or "comment" in told


@pytest.mark.parametrize("points", [0, 1, 2])
def test_a05_a_hole_of_fewer_than_three_points_is_refused_when_it_is_made(points: int) -> None:
    with pytest.raises(ValueError, match="a hole needs 3 points"):
        Geometry(Shape.POLYGON, a_polygon().points, (a_polygon().points[:points],))
