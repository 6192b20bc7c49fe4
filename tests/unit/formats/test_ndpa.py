"""Hamamatsu NDPA: files laid out as NDP.view does (written by hand here), round trips, slides that place nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Region, Ring, Shape, Size, rectangle
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageInfo, ImageKind
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import ndpa
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from lnm_desktop.formats.loaded import LoadedAnnotations
from lnm_desktop.formats.ndpa import collector
from lnm_desktop.formats.ndpa.placement import OFFSETS
from lnm_desktop.formats.ndpa.plain import plain
from tests.unit.formats.annotation_builders import a_polygon, a_ring, an_annotation, annotation_sets, content

# 1 pixel is 250 nm along x and 500 nm along y; the middle of level 0 is (1000, 500).
PLACEMENT = ndpa.SlidePlacement(Size(2000, 1000), 0.25, 0.5, 10_000.0, -20_000.0)
SLIDE = ImageInfo(
    ImageKind.SLIDE,
    "hamamatsu",
    Size(2000, 1000),
    (),
    Calibration(0.25, 0.5, CalibrationSource.FILE),
    properties=dict(zip(OFFSETS, ("10000", "-20000"), strict=True)),
)


def view(
    drawing: str, title: str = "one", details: str = "", unit: str = "nanometers", kind: str = "freehand"
) -> str:
    head = f"<title>{title}</title><details>{details}</details><coordformat>{unit}</coordformat><lens>4.63</lens>"
    head += "<x>1334342</x><y>2423208</y><z>0</z><showtitle>0</showtitle><showhistogram>0</showhistogram>"
    keys = f'type="{kind}" displayname="AnnotateFreehand" color="#00ff7f"'
    shape = f"<annotation {keys}>{drawing}</annotation>"
    return f'<ndpviewstate id="1">{head}<showlineprofile>0</showlineprofile>{shape}</ndpviewstate>'


def outline(points: object = ((10_000, -20_000), (260_000, -20_000), (10_000, 480_000)), closed: int = 1) -> str:
    rows = "".join(f"<point>\n<x>{x}</x>\n<y>{y}</y>\n</point>" for x, y in points)  # type: ignore[attr-defined]
    return f"<measuretype>0</measuretype><closed>{closed}</closed><pointlist>{rows}</pointlist>"


def document(*views: str) -> str:
    lines = "\n".join(views or (view(outline()),))
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<annotations>{lines}</annotations>'


def load(text: str) -> LoadedAnnotations:
    return ndpa.loads(text.encode(), name="a.ndpa", placement=PLACEMENT)


def there_and_back(annotations: AnnotationSet) -> AnnotationSet:
    data = ndpa.dumps(annotations, placement=PLACEMENT)
    return ndpa.loads(data, name="a.ndpa", placement=PLACEMENT).annotations


def _near(annotations: AnnotationSet) -> AnnotationSet:
    """The set with every coordinate within what a scanner could have seen."""

    def ring(points: Ring) -> Ring:
        return tuple(Point(point.x % 1e6, point.y % 1e6) for point in points)

    moved = (
        replace(item, geometry=Geometry(g.shape, ring(g.points), tuple(ring(hole) for hole in g.holes)))
        for item in annotations
        for g in [item.geometry]
    )
    return AnnotationSet(tuple(moved), annotations.groups)


@settings(max_examples=300, deadline=None)
@given(annotation_sets())
def test_what_is_read_is_what_was_promised(annotations: AnnotationSet) -> None:
    near = _near(annotations)
    back, promised = there_and_back(near), plain(near, PLACEMENT)
    assert content(back) == content(promised)
    assert back.groups == promised.groups


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_point_comes_back_within_a_nanometre(x: float, y: float) -> None:
    (found,) = there_and_back(AnnotationSet((an_annotation(geometry=Geometry(Shape.DOT, (Point(x, y),))),)))
    assert found.geometry.points[0].x == pytest.approx(x, abs=0.51 / 250)
    assert found.geometry.points[0].y == pytest.approx(y, abs=0.51 / 500)


def test_nanometres_from_the_middle_of_the_glass_become_pixels() -> None:
    loaded = load(document())
    (found,) = loaded.annotations
    assert found.geometry.points == (Point(1000, 500), Point(2000, 500), Point(1000, 1500))
    assert (found.name, found.group, found.color) == ("one", "", "#00ff7f")
    assert loaded.notes == ()


def test_kinds_of_drawings() -> None:
    ends = "<x1>10000</x1><y1>-20000</y1><x2>20000</x2><y2>-10000</y2>"
    place = "<x>10000</x><y>-20000</y>"
    square = ((0, 0), (1000, 0), (1000, 1000), (0, 1000))
    loaded = load(
        document(
            view(place + "<radius>250000</radius>", kind="circle"),
            view(place + "<icon>pinred</icon>", kind="pin"),
            view(ends, kind="pointer"),
            view(ends, kind="linearmeasure"),
            view(ends, kind="rectangle"),
            view(outline(square) + "<specialtype>rectangle</specialtype>"),
            view(outline((*square, square[0]))),
            view(outline(square[:2], closed=0)),
            view(place, kind="star"),
        )
    )
    shapes = [item.geometry.shape.value for item in loaded.annotations]
    assert shapes[:4] == ["Polygon", "Dot", "Measurement", "Measurement"]
    assert shapes[4:] == ["Rectangle", "Rectangle", "Polygon", "Measurement"]
    circle = next(iter(loaded.annotations)).geometry.bounds
    assert (circle.x, circle.y, circle.width, circle.height) == pytest.approx((0, 0, 2000, 1000))
    told = " ".join(loaded.notes)
    for words in ("was a circle", "was an arrow", "unknown type 'star'"):
        assert words in told


def test_details_follow_the_title_and_other_units_are_left_out() -> None:
    loaded = load(
        document(view(outline(), details="see me"), view(outline(), unit="pixels"), view(outline(((1, 2),))))
    )
    assert [item.name for item in loaded.annotations] == ["one: see me"]
    assert "in 'pixels', not in nanometres" in loaded.notes[0]
    assert "needs 3 points" in loaded.notes[1]


def test_a_view_without_a_drawing_and_strange_elements_are_noted() -> None:
    told = " ".join(load(document("<ndpviewstate/>", "<odd/>", view(outline() + "<blink/>"))).notes)
    for words in ("without a drawing", "<odd>", "<blink>"):
        assert words in told


SHAPES = [
    Geometry(Shape.DOT, (Point(1, 2),)),
    Geometry(Shape.MEASUREMENT, (Point(0.5, 0.5), Point(3, 4))),
    Geometry(Shape.MEASUREMENT, (Point(0.5, 0.5), Point(3, 4), Point(7, 7))),
    rectangle(Region(1.5, 2.5, 10, 20)),
    Geometry(Shape.POLYGON, (Point(0, 0), Point(100, 0), Point(0, 100)), ((Point(1, 1), Point(5, 1), Point(1, 5)),)),
]


@pytest.mark.parametrize("geometry", SHAPES, ids=lambda item: f"{item.shape}-{len(item.points)}")
@pytest.mark.parametrize("group", ["", "Tumor", "_0", "Exclusion"])
def test_shapes_on_whole_nanometres_survive_the_file(tmp_path: Path, geometry: Geometry, group: str) -> None:
    declared = (AnnotationGroup(group, "#0A0B0C"),) if group else ()
    annotations = AnnotationSet((an_annotation(geometry=geometry, group=group, name="x", color="#0A0B0C"),), declared)
    save_annotations(tmp_path / "x.ndpi.ndpa", annotations, SLIDE)
    back = load_annotations(tmp_path / "x.ndpi.ndpa", SLIDE).annotations
    assert content(back) == content(annotations)
    assert back.groups == declared


def test_the_file_is_laid_out_as_ndp_view_does() -> None:
    annotations = AnnotationSet((an_annotation(geometry=a_polygon(holes=1), group="Tumor", name="x"),))
    root = ET.fromstring(ndpa.dumps(annotations, placement=PLACEMENT))
    assert root.tag == "annotations"
    assert [item.findtext("title") for item in root] == ["x", "x (hole 1)"]
    first = root[0]
    assert (first.findtext("details"), first.findtext("coordformat")) == ("Group: Tumor", "nanometers")
    assert len(first.findall("annotation/pointlist/point")) == 8
    assert all((item.text or "").lstrip("-").isdecimal() for item in root.iter("x"))


def test_losses_tell_what_has_no_place_in_the_file() -> None:
    items = (
        an_annotation("a", Geometry(Shape.SPLINE, a_ring()), group="In", color="#010203", author="me"),
        an_annotation("b", Geometry(Shape.POINT_SET, a_ring())),
        an_annotation("c", a_polygon(holes=1), name="a\x01"),
    )
    groups = (AnnotationGroup("In", parent="Out"), AnnotationGroup("Empty"))
    text = "\n".join(ndpa.losses(AnnotationSet(items, groups)))
    for words in ("author", "1 spline", "1 set of points", "1 hole", "'a\\x01'", "'Empty' holds nothing"):
        assert words in text
    for words in ("colour of the group", "without its attributes", "among the details", "whole nanometres"):
        assert words in text


def test_without_a_slide_the_remedy_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.ndpi.ndpa").write_text(document())
    with pytest.raises(FormatError, match=r"x\.ndpi\.ndpa .* slide is not at hand") as caught:
        load_annotations(tmp_path / "x.ndpi.ndpa")
    assert "--slide" in caught.value.hint
    with pytest.raises(FormatError, match=r"y\.ndpa .* slide is not at hand"):
        save_annotations(tmp_path / "y.ndpa", AnnotationSet())
    assert not (tmp_path / "y.ndpa").exists()


@pytest.mark.parametrize(
    ("slide", "words"),
    [
        (replace(SLIDE, properties={}), "place on the glass"),
        (replace(SLIDE, properties={OFFSETS[0]: "1", OFFSETS[1]: "inf"}), "place on the glass"),
        (replace(SLIDE, calibration=Calibration()), "pixel size"),
    ],
)
def test_a_slide_that_cannot_place_it_is_refused(tmp_path: Path, slide: ImageInfo, words: str) -> None:
    (tmp_path / "x.ndpa").write_text(document())
    with pytest.raises(FormatError, match=rf"x\.ndpa cannot be placed on the slide: .*{words}"):
        load_annotations(tmp_path / "x.ndpa", slide)


def test_a_point_beyond_all_numbers_is_not_written(tmp_path: Path) -> None:
    far = AnnotationSet((an_annotation(geometry=Geometry(Shape.DOT, (Point(1e308, 0),))),))
    with pytest.raises(FormatError, match="too far away"):
        save_annotations(tmp_path / "x.ndpa", far, SLIDE)


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
DAMAGED = {
    "truncated": (document()[:-30], "line"),
    "billion laughs": (document().replace("<annotations", LAUGHS + "<annotations", 1), "DTD"),
    "external entity": (document().replace("<annot", '<!DOCTYPE l SYSTEM "file:///etc/passwd"><annot', 1), "DTD"),
    "undefined entity": (document().replace(">one<", ">&x;<"), "undefined entity"),
    "deep": ("<annotations><ndpviewstate>" * 100_000, "nested more than 64"),
    "long text": (document().replace(">one<", f">{'x' * 200_000}<"), "longer than 100,000"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_and_hostile_files_are_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    text, words = DAMAGED[case]
    with pytest.raises(FormatError, match=rf"a\.ndpa cannot be read: .*({words})"):
        load(text)
    (tmp_path / "a.ndpa").write_text(text)
    with pytest.raises(FormatError, match=r"a\.ndpa cannot be read"):
        load_annotations(tmp_path / "a.ndpa", SLIDE)


@pytest.mark.parametrize("bad", ["nan", "inf", "1e999", "", "x", "1_0"])
def test_a_coordinate_that_is_no_number_is_refused_with_its_annotation(bad: str) -> None:
    with pytest.raises(FormatError, match=r"a\.ndpa: a coordinate of annotation 1 \('one'\) is not a finite"):
        load(document(view(outline(((bad, 0), (1, 1), (2, 0))))))


@pytest.mark.parametrize("kind", ["pin", "circle", "linearmeasure", "rectangle", "pointer"])
def test_a_drawing_without_its_numbers_is_refused(kind: str) -> None:
    with pytest.raises(FormatError, match=r"a\.ndpa: a coordinate of annotation 1"):
        load(document(view("", kind=kind)))


def test_limits_on_points_and_annotations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MAX_ANNOTATIONS", 1)
    with pytest.raises(FormatError, match="more than 1 annotations"):
        load(document(view(outline()), view(outline())))
    monkeypatch.setattr(collector, "MAX_VERTICES", 2)
    with pytest.raises(FormatError, match="more than 2 points"):
        load(document())
