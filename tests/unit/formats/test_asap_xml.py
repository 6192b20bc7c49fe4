"""What ASAP XML keeps, what it does not keep and says so."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.formats import asap_xml
from lnm_desktop.formats.asap_xml.plain import plain
from tests.unit.formats.annotation_builders import (
    NASTY_NAMES,
    a_polygon,
    a_ring,
    an_annotation,
    annotation_sets,
    content,
)

SHAPES = [
    Geometry(Shape.DOT, (Point(1, 2),)),
    Geometry(Shape.POINT_SET, (Point(1, 2), Point(3, 4))),
    Geometry(Shape.MEASUREMENT, (Point(0.1, 0.2), Point(3, 4))),
    Geometry(Shape.SPLINE, a_ring(points=5)),
    rectangle(Region(1.5, 2.5, 10, 20)),
    a_polygon(),
    a_polygon(holes=2),
]


def there_and_back(annotations: AnnotationSet) -> AnnotationSet:
    return asap_xml.loads(asap_xml.dumps(annotations), name="x.xml").annotations


@settings(max_examples=300, deadline=None)
@given(annotation_sets())
def test_what_is_read_is_what_was_promised(annotations: AnnotationSet) -> None:
    back, promised = there_and_back(annotations), plain(annotations)
    assert content(back) == content(promised)
    assert sorted(back.groups, key=repr) == sorted(promised.groups, key=repr)


@settings(max_examples=200, deadline=None)
@given(annotation_sets())
def test_whatever_differs_is_listed_among_the_losses(annotations: AnnotationSet) -> None:
    same = content(there_and_back(annotations)) == content(annotations)
    told = [line for line in asap_xml.losses(annotations) if "identifiers" not in line]
    assert same or told


@pytest.mark.parametrize("geometry", SHAPES, ids=lambda item: f"{item.shape}-{len(item.holes)}")
@pytest.mark.parametrize("group", ["", "_0", "_1", "_2", "Tumor", "Exclusion", "metastases", "normal"])
def test_every_shape_survives_in_every_camelyon_group(geometry: Geometry, group: str) -> None:
    annotations = AnnotationSet((an_annotation(geometry=geometry, group=group, name="x", color="#0a0B0c"),))
    assert content(there_and_back(annotations)) == content(annotations)


@pytest.mark.parametrize(
    ("group", "cut_out"), [("_0", "_2"), ("_1", "_2"), ("metastases", "normal"), ("", "Exclusion")]
)
def test_a_hole_stands_in_the_group_that_cuts_out(group: str, cut_out: str) -> None:
    annotations = AnnotationSet((an_annotation(geometry=a_polygon(holes=1), group=group, name="x"),))
    root = ET.fromstring(asap_xml.dumps(annotations))
    parts = [(item.get("Name"), item.get("PartOfGroup")) for item in root.iter("Annotation")]
    assert parts == [("x", group or "None"), ("x (hole 1)", cut_out)]


def test_the_group_made_for_holes_goes_when_they_are_back() -> None:
    annotations = AnnotationSet((an_annotation(geometry=a_polygon(holes=1), group="_0"),), (AnnotationGroup("_0"),))
    assert [group.name for group in there_and_back(annotations).groups] == ["_0"]


def test_holes_of_two_outlines_of_one_name_go_to_their_own() -> None:
    annotations = AnnotationSet(
        (
            an_annotation("a", a_polygon(0, 0, holes=1), group="Tumor", name="x"),
            an_annotation("b", a_polygon(1000, 0, holes=2), group="Tumor", name="x"),
        )
    )
    assert content(there_and_back(annotations)) == content(annotations)


def test_a_hole_outside_its_outline_becomes_a_polygon_and_is_told() -> None:
    geometry = Geometry(Shape.POLYGON, a_ring(), (a_ring(5000),))
    annotations = AnnotationSet((an_annotation(geometry=geometry, name="x"),))
    outline, stray = there_and_back(annotations)
    assert (outline.geometry.holes, stray.geometry.points) == ((), a_ring(5000))
    assert "Annotation 1: 1 hole outside its outline will become separate polygons." in asap_xml.losses(annotations)


def test_a_drawn_exclusion_stays_an_annotation_of_its_own() -> None:
    annotations = AnnotationSet(
        (
            an_annotation("a", a_polygon(), group="Tumor", name="x"),
            an_annotation("b", a_polygon(radius=10), group="Exclusion", name="y"),
        )
    )
    assert content(there_and_back(annotations)) == content(annotations)


def test_an_edited_hole_that_left_its_outline_stays_an_annotation() -> None:
    annotations = AnnotationSet((an_annotation(geometry=a_polygon(holes=1), name="x"),))
    data = asap_xml.dumps(annotations)
    root = ET.fromstring(data)
    for coordinate in list(root.iter("Annotation"))[1].iter("Coordinate"):
        coordinate.set("X", str(float(coordinate.get("X", "")) + 5000))
    back = asap_xml.loads(ET.tostring(root), name="x.xml").annotations
    assert [len(item.geometry.holes) for item in back] == [0, 0]
    assert [item.group for item in back] == ["", "Exclusion"]


def test_rounding_to_32_bits_as_asap_does_keeps_a_touching_hole() -> None:
    hole = (Point(100000.1, 100000.1), Point(100050.1, 100000.1), Point(100050.1, 100050.1))
    outline = (*hole, Point(100000.1, 100050.1))
    annotations = AnnotationSet((an_annotation(geometry=Geometry(Shape.POLYGON, outline, (hole,)), name="x"),))
    root = ET.fromstring(asap_xml.dumps(annotations))
    for coordinate in root.iter("Coordinate"):
        coordinate.set("X", f"{float(coordinate.get('X', '')) + 0.004:.6g}")
    (back,) = asap_xml.loads(ET.tostring(root), name="x.xml").annotations
    assert len(back.geometry.holes) == 1


def test_points_are_numbered_from_0_without_gaps() -> None:
    root = ET.fromstring(asap_xml.dumps(AnnotationSet((an_annotation(geometry=a_polygon(holes=1)),))))
    for annotation in root.iter("Annotation"):
        orders = [item.get("Order") for item in annotation.iter("Coordinate")]
        assert orders == [str(place) for place in range(len(orders))]


def test_every_used_group_is_declared_once_and_after_its_parent() -> None:
    groups = (AnnotationGroup("c", parent="b"), AnnotationGroup("b", parent="a"))
    annotations = AnnotationSet((an_annotation(group="undeclared"), an_annotation("b", group="c")), groups)
    declared = [item.get("Name") for item in ET.fromstring(asap_xml.dumps(annotations)).iter("Group")]
    assert sorted(filter(None, declared)) == ["a", "b", "c", "undeclared"]
    assert [name for name in declared if name != "undeclared"] == ["a", "b", "c"]
    assert any("'undeclared' has no definition" in line for line in asap_xml.losses(annotations))


def test_groups_that_form_a_ring_are_opened_and_told() -> None:
    groups = (AnnotationGroup("a", parent="b"), AnnotationGroup("b", parent="a"))
    back = there_and_back(AnnotationSet((), groups))
    assert sorted(group.parent for group in back.groups) in (["", "a"], ["", "b"])
    assert any("form a ring" in line for line in asap_xml.losses(AnnotationSet((), groups)))


def test_group_attributes_survive() -> None:
    group = AnnotationGroup("Tumor", "#123456", "", (("grade", 'a "b" <c>'), ("grade", "2"), ("stain.v1", "")))
    assert there_and_back(AnnotationSet((), (group,))).groups == (group,)


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_nasty_names_survive_or_are_told(name: str) -> None:
    annotations = AnnotationSet((an_annotation(name=name, group=name),))
    (back,) = there_and_back(annotations)
    told = " ".join(asap_xml.losses(annotations))
    assert (back.name == name) or repr(name) in told
    assert (back.group == name) or repr(name) in told


def test_a_control_character_becomes_its_picture() -> None:
    (back,) = there_and_back(AnnotationSet((an_annotation(name="a\x01b"),)))
    assert back.name == "a\u2401b"


def test_groups_that_would_collide_stay_apart() -> None:
    annotations = AnnotationSet((an_annotation(group="a\ud800"), an_annotation("b", group="a\ufffd")))
    first, second = there_and_back(annotations)
    assert (first.group, second.group) == ("a\ufffd 2", "a\ufffd")


def test_losses_tell_what_has_no_place_in_the_file() -> None:
    item = an_annotation(geometry=a_polygon(holes=2), author="me", created="now", origin="model:r", group="_0")
    text = "\n".join(asap_xml.losses(AnnotationSet((item,), (AnnotationGroup("_0"),))))
    for words in ("author", "time of creation", "origin", "identifiers", "2 holes", "'_2'"):
        assert words in text


def test_rounding_by_asap_is_told_only_where_it_matters() -> None:
    fine = AnnotationSet((an_annotation(geometry=Geometry(Shape.DOT, (Point(1234.5, 0.1),))),))
    coarse = AnnotationSet((an_annotation(geometry=Geometry(Shape.DOT, (Point(400000.02, 0),))),))
    assert not any("32-bit" in line for line in asap_xml.losses(fine))
    assert any("32-bit" in line for line in asap_xml.losses(coarse))


def test_nothing_is_lost_of_an_empty_set() -> None:
    assert asap_xml.losses(AnnotationSet()) == ()
    assert there_and_back(AnnotationSet()) == AnnotationSet()


def test_an_outline_with_holes_that_is_named_like_a_hole_stays_an_outline() -> None:
    outer = an_annotation("a", a_polygon(0, 0), name="x")
    named = an_annotation("b", a_polygon(0, 0, holes=1), group="Exclusion", name="x (hole 3)")
    annotations = AnnotationSet((outer, named))
    back = there_and_back(annotations)
    assert [len(item.geometry.holes) for item in back] == [0, 1]
    assert content(back) == content(plain(annotations))
