"""Aperio ImageScope XML: files laid out as that program does (written by hand here), round trips, hostile ones."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import imagescope
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from lnm_desktop.formats.imagescope import collector
from lnm_desktop.formats.imagescope.plain import plain
from lnm_desktop.formats.loaded import LoadedAnnotations
from tests.unit.formats.annotation_builders import a_polygon, a_ring, an_annotation, annotation_sets, content

SQUARE = ((0, 0), (100, 0), (100, 100), (0, 100))
SMALL = ((10, 10), (20, 10), (20, 20), (10, 20))
KEYS = 'Zoom="0.05" Selected="0" ImageLocation="" ImageFocus="-1" Length="400.0" Area="10000.0" '
KEYS += 'LengthMicrons="100.0" AreaMicrons="625.0" Analyze="1"'


def region(
    points: object = SQUARE, kind: int = 0, negative: int = 0, number: int = 1, text: str = "", more: str = ""
) -> str:
    vertices = "".join(f'<Vertex X="{x}" Y="{y}" Z="0"/>' for x, y in points)  # type: ignore[attr-defined]
    keys = f'Id="{number}" Type="{kind}" {KEYS} Text="{text}" NegativeROA="{negative}" DisplayId="{number}" '
    keys += more or 'InputRegionId="0"'
    return f"<Region {keys}><Attributes/><Vertices>{vertices}</Vertices></Region>"


def layer(regions: str = region(), keys: str = 'Name="" LineColor="65280"', description: str = "Tumor") -> str:
    attributes = f'<Attributes><Attribute Name="Description" Id="0" Value="{description}"/></Attributes>'
    headers = '<RegionAttributeHeaders><AttributeHeader Id="9999" Name="Region" ColumnWidth="-1"/>'
    body = f"{attributes}<Regions>{headers}</RegionAttributeHeaders>{regions}</Regions><Plots/>"
    return f'<Annotation Id="1" ReadOnly="0" Type="4" Visible="1" {keys}>{body}</Annotation>'


def document(*layers: str) -> str:
    return f'<?xml version="1.0"?><Annotations MicronsPerPixel="0.25">{"".join(layers or (layer(),))}</Annotations>'


def load(text: str | bytes) -> LoadedAnnotations:
    return imagescope.loads(text if isinstance(text, bytes) else text.encode(), name="a.xml")


def there_and_back(annotations: AnnotationSet) -> AnnotationSet:
    return imagescope.loads(imagescope.dumps(annotations), name="x.xml").annotations


def corners(geometry: Geometry) -> tuple[tuple[float, float], ...]:
    return tuple((point.x, point.y) for point in geometry.points)


@settings(max_examples=300, deadline=None)
@given(annotation_sets())
def test_what_is_read_is_what_was_promised(annotations: AnnotationSet) -> None:
    back, promised = there_and_back(annotations), plain(annotations)
    assert content(back) == content(promised)
    assert back.groups == promised.groups


@settings(max_examples=200, deadline=None)
@given(annotation_sets())
def test_whatever_differs_is_listed_among_the_losses(annotations: AnnotationSet) -> None:
    def upper(items: AnnotationSet) -> list[object]:
        return [(item.geometry, item.group, item.name, item.color.upper()) for item in items]

    told = [line for line in imagescope.losses(annotations) if "identifiers" not in line and "time of" not in line]
    back = there_and_back(annotations)
    declared = {group.name for group in annotations.groups}
    assert told or (upper(back) == upper(annotations) and {group.name for group in back.groups} == declared)


def test_a_plain_file_gives_its_layer_and_no_notes() -> None:
    loaded = load(document(layer(region(text="first"))))
    (found,) = loaded.annotations
    assert (found.group, found.name, found.color, corners(found.geometry)) == ("Tumor", "first", "#00FF00", SQUARE)
    assert loaded.annotations.groups == (AnnotationGroup("Tumor", "#00FF00"),)
    assert loaded.notes == ()


@pytest.mark.parametrize(
    ("number", "color"), [(255, "#FF0000"), (16711680, "#0000FF"), (65535, "#FFFF00"), (0, "#000000")]
)
def test_colours_are_packed_with_blue_first(number: int, color: str) -> None:
    (found,) = load(document(layer(keys=f'LineColor="{number}"'))).annotations
    assert found.color == color


def test_a_name_goes_before_the_description_which_is_kept() -> None:
    loaded = load(document(layer(keys='Name="Node" LineColor="255"', description="second read")))
    assert loaded.annotations.groups == (
        AnnotationGroup("Node", "#FF0000", attributes=(("Description", "second read"),)),
    )
    assert there_and_back(loaded.annotations).groups == loaded.annotations.groups


def test_a_layer_without_any_name_gives_no_group() -> None:
    loaded = load(document(layer(description="")))
    assert [item.group for item in loaded.annotations] == [""]
    assert loaded.annotations.groups == ()


def test_an_outline_is_opened_where_its_first_vertex_is_repeated() -> None:
    (found,) = load(document(layer(region((*SQUARE, SQUARE[0]))))).annotations
    assert corners(found.geometry) == SQUARE


def test_kinds_of_regions() -> None:
    two = ((1, 2), (11, 6))
    regions = region(SQUARE, 1) + region(two, 1) + region(two, 2) + region(two, 3) + region(two, 4)
    regions += region(two[:1], 5) + region(two, 5) + region(SQUARE, 9)
    loaded = load(document(layer(regions)))
    shapes = [item.geometry.shape.value for item in loaded.annotations]
    assert shapes == [
        "Rectangle", "Rectangle", "Polygon", "Measurement", "Measurement", "Dot", "PointSet", "Polygon",
    ]  # fmt: skip
    ellipse = list(loaded.annotations)[2].geometry
    assert ellipse.bounds == Region(1, 2, 10, 4)
    assert ellipse.area_px2 == pytest.approx(3.14159 * 5 * 2, rel=0.01)
    told = " ".join(loaded.notes)
    for words in ("was an ellipse", "was an arrow", "unknown type '9'"):
        assert words in told


def test_a_region_that_takes_away_is_the_hole_of_the_outline_around_it() -> None:
    far = tuple((x + 1000, y) for x, y in SQUARE)
    regions = region(far) + region(((-50, -50), (500, -50), (500, 500), (-50, 500))) + region(SQUARE)
    (first, large, small) = load(document(layer(regions + region(SMALL, negative=1)))).annotations
    assert [len(item.geometry.holes) for item in (first, large, small)] == [0, 0, 1]


def test_the_outline_that_a_hole_names_goes_before_the_smallest() -> None:
    large = region(((-50, -50), (500, -50), (500, 500), (-50, 500)), number=1)
    hole = region(SMALL, negative=1, number=3, more='InputRegionId="1"')
    (first, second) = load(document(layer(large + region(number=2) + hole))).annotations
    assert [len(item.geometry.holes) for item in (first, second)] == [1, 0]


def test_a_rectangle_with_a_hole_becomes_a_polygon() -> None:
    (found,) = load(document(layer(region(kind=1) + region(SMALL, 1, negative=1)))).annotations
    assert (found.geometry.shape, len(found.geometry.holes)) == (Shape.POLYGON, 1)


def test_a_hole_in_no_outline_becomes_an_exclusion_and_is_told() -> None:
    loaded = load(document(layer(region(SMALL, negative=1))))
    assert [item.group for item in loaded.annotations] == ["Exclusion"]
    assert "cut out" in loaded.notes[0]


def test_layers_of_one_name_become_one_group() -> None:
    loaded = load(document(layer(), layer(keys='LineColor="255"')))
    assert [group.color for group in loaded.annotations.groups] == ["#00FF00"]
    assert [item.color for item in loaded.annotations] == ["#00FF00", "#FF0000"]
    assert "Two layers are named 'Tumor'" in loaded.notes[0]


def test_what_is_left_out_or_not_known_is_noted() -> None:
    lone = '<Vertex X="1" Y="2"/><Region/><Strange/>'
    loaded = load(document(lone, layer(region(SQUARE[:2]) + region(()), keys='LineColor="red"')))
    told = " ".join(loaded.notes)
    assert len(loaded.annotations) == 0
    for words in ("<Vertex> outside", "<Region> outside", "<Strange>", "this one has 2", "'red'"):
        assert words in told


def test_the_value_of_a_column_names_a_region_without_a_text() -> None:
    named = region().replace("<Attributes/>", '<Attributes><Attribute Id="1" Name="9998" Value="ITC"/></Attributes>')
    (found,) = load(document(layer(named))).annotations
    assert found.name == "ITC"


def test_decimal_commas() -> None:
    (found,) = load(document(layer(region((("1,5", "2"), (3, 4), (5, 9)))))).annotations
    assert found.geometry.points[0] == Point(1.5, 2)


SHAPES = [
    Geometry(Shape.DOT, (Point(1, 2),)),
    Geometry(Shape.POINT_SET, (Point(1, 2), Point(3, 4))),
    Geometry(Shape.MEASUREMENT, (Point(0.1, 0.2), Point(3, 4))),
    rectangle(Region(1.5, 2.5, 10, 20)),
    a_polygon(),
    a_polygon(holes=2),
]


@pytest.mark.parametrize("geometry", SHAPES, ids=lambda item: f"{item.shape}-{len(item.holes)}")
@pytest.mark.parametrize("group", ["", "Tumor", "Exclusion", "None"])
def test_every_shape_survives_the_file(tmp_path: Path, geometry: Geometry, group: str) -> None:
    declared = (AnnotationGroup(group, "#0A0B0C"),) if group else ()
    annotations = AnnotationSet((an_annotation(geometry=geometry, group=group, name="x", color="#0A0B0C"),), declared)
    notes = save_annotations(tmp_path / "x.imagescope.xml", annotations)
    back = load_annotations(tmp_path / "x.imagescope.xml").annotations
    assert content(back) == content(annotations)
    assert back.groups == declared
    assert [note for note in notes if "identifiers" not in note] == []


def test_the_file_is_laid_out_as_imagescope_does(tmp_path: Path) -> None:
    annotations = AnnotationSet((an_annotation(geometry=a_polygon(holes=1), group="Tumor", name="x"),))
    save_annotations(tmp_path / "x.imagescope.xml", annotations)
    root = ET.parse(tmp_path / "x.imagescope.xml").getroot()
    assert root.tag == "Annotations"
    outline, hole = root.findall("Annotation/Regions/Region")
    assert [part.get("NegativeROA") for part in (outline, hole)] == ["0", "1"]
    assert (outline.get("Text"), hole.get("InputRegionId")) == ("x", outline.get("Id"))
    first, *_, last = outline.findall("Vertices/Vertex")
    assert first.attrib == last.attrib


def test_the_double_ending_chooses_the_format_and_content_tells_it(tmp_path: Path) -> None:
    annotations = AnnotationSet((an_annotation(group="Tumor"),))
    save_annotations(tmp_path / "a.xml", annotations)
    save_annotations(tmp_path / "b.ImageScope.XML", annotations)
    assert b"ASAP_Annotations" in (tmp_path / "a.xml").read_bytes()
    assert b"<Regions>" in (tmp_path / "b.ImageScope.XML").read_bytes()
    (tmp_path / "b.ImageScope.XML").rename(tmp_path / "c.xml")
    assert [item.group for item in load_annotations(tmp_path / "c.xml").annotations] == ["Tumor"]


def test_losses_tell_what_has_no_place_in_the_file() -> None:
    items = (
        an_annotation("a", Geometry(Shape.SPLINE, a_ring()), group="In", color="#010203", author="me"),
        an_annotation("b", Geometry(Shape.MEASUREMENT, a_ring(points=3)), origin="model:r"),
        an_annotation("c", Geometry(Shape.POLYGON, a_ring(), (a_ring(5000),)), group="In", name="a\x01"),
    )
    text = "\n".join(imagescope.losses(AnnotationSet(items, (AnnotationGroup("In", parent="Out"),))))
    for words in ("author", "origin", "1 Spline will become Polygon", "two ends", "own colour", "do not nest"):
        assert words in text
    for words in ("sorted by group", "1 hole outside", "'a\\x01'"):
        assert words in text


def test_nothing_is_lost_of_an_empty_set() -> None:
    assert imagescope.losses(AnnotationSet()) == ()
    assert there_and_back(AnnotationSet()) == AnnotationSet()


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
DAMAGED = {
    "truncated": (document()[:-30], "line 1, column"),
    "control character": (document().replace("Tumor", "\x01"), "line 1, column"),
    "billion laughs": (document().replace("<Annotations", LAUGHS + "<Annotations", 1), "DTD"),
    "external entity": (document().replace("<Annot", '<!DOCTYPE l SYSTEM "file:///etc/passwd"><Annot', 1), "DTD"),
    "undefined entity": (document().replace("Tumor", "&x;"), "undefined entity"),
    "unknown encoding": (document().replace('"1.0"', '"1.0" encoding="x-y-z"'), "encoding"),
    "deep": ("<Annotations><Regions>" * 100_000, "nested more than 64"),
    "long": (document().replace("Tumor", "x" * 200_000), "longer than 100,000"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_and_hostile_files_are_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    text, words = DAMAGED[case]
    with pytest.raises(FormatError, match=rf"a\.xml cannot be read: .*({words})"):
        load(text)
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(FormatError, match=r"a\.xml cannot be read"):
        load_annotations(tmp_path / "a.xml")


@pytest.mark.parametrize("bad", ["nan", "inf", "1e999", "", "x", "1_0", "--1"])
def test_a_coordinate_that_is_no_number_is_refused_with_its_region(bad: str) -> None:
    with pytest.raises(FormatError, match=r"a\.xml: a coordinate of region 1 of layer 1 \('me'\) is not a finite"):
        load(document(layer(region(((bad, 0), (1, 1), (2, 0)), text="me"))))


def test_a_vertex_without_a_coordinate_is_refused() -> None:
    with pytest.raises(FormatError, match=r"a\.xml: a coordinate of region 1"):
        load(document().replace('X="100"', "", 1))


def test_limits_on_points_regions_and_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MAX_ANNOTATIONS", 1)
    for text in (document(layer(region() * 2)), document(layer(), layer())):
        with pytest.raises(FormatError, match=r"a\.xml cannot be read: it has more than 1 "):
            load(text)
    monkeypatch.setattr(collector, "MAX_VERTICES", 3)
    with pytest.raises(FormatError, match="more than 3 points"):
        load(document())
