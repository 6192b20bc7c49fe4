"""Annotations out of the workspace and between formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.app.export import convert, export_annotations
from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageInfo, ImageKind
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.annotations import load_annotations
from tests.unit.formats.annotation_builders import a_polygon, an_annotation, content


def a_set() -> AnnotationSet:
    items = (an_annotation("a", a_polygon(holes=1), group="_0", author="me"), an_annotation("b"))
    return AnnotationSet(items, (AnnotationGroup("_0"),))


def test_a_report_tells_file_number_and_losses(tmp_path: Path) -> None:
    report = export_annotations(a_set(), tmp_path / "x.xml")
    assert (report.path, report.count) == (tmp_path / "x.xml", 2)
    assert any("author" in note for note in report.notes)
    assert any("1 hole " in note for note in report.notes)
    assert export_annotations(a_set(), tmp_path / "x.geojson").notes == ()


def test_a_way_through_every_format_ends_where_it_began(tmp_path: Path) -> None:
    export_annotations(a_set(), tmp_path / "1.geojson")
    convert(tmp_path / "1.geojson", tmp_path / "2.xml")
    convert(tmp_path / "2.xml", tmp_path / "3.json")
    back = load_annotations(tmp_path / "3.json").annotations
    assert content(back) == content(a_set())
    assert back.groups == a_set().groups


def test_notes_of_reading_come_before_those_of_writing(tmp_path: Path) -> None:
    text = '<Annotations><Annotation Type="Ellipse"/><Annotation Type="Dot"><Coordinates>'
    text += '<Coordinate Order="0" X="1" Y="2"/></Coordinates></Annotation></Annotations>'
    (tmp_path / "x.xml").write_text(text)
    report = convert(tmp_path / "x.xml", tmp_path / "y.xml")
    assert report.count == 1
    assert "unknown type 'Ellipse'" in report.notes[0]
    assert "identifiers" in report.notes[-1]


class Slide:
    """A Hamamatsu slide as far as a placement needs one."""

    info = ImageInfo(
        ImageKind.SLIDE,
        "hamamatsu",
        Size(2000, 1000),
        (),
        Calibration(0.25, 0.25, CalibrationSource.FILE),
        properties={f"hamamatsu.{axis}OffsetFromSlideCentre": "5000" for axis in "XY"},
    )

    def __enter__(self) -> Slide:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_closed = True


def test_ndpa_is_placed_by_the_slide_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slide = Slide()
    monkeypatch.setattr("lnm_desktop.app.export.open_image", lambda path: {"s.ndpi": slide}[path.name])
    export_annotations(a_set(), tmp_path / "1.geojson")
    report = convert(tmp_path / "1.geojson", tmp_path / "2.ndpa", Path("s.ndpi"))
    assert any("whole nanometres" in note for note in report.notes)
    assert slide.is_closed
    convert(tmp_path / "2.ndpa", tmp_path / "3.imagescope.xml", Path("s.ndpi"))
    first, second = load_annotations(tmp_path / "3.imagescope.xml").annotations
    assert (first.group, second.group, len(first.geometry.holes)) == ("_0", "", 1)
    before = next(iter(a_set())).geometry.points
    near = zip(first.geometry.points, before, strict=True)
    assert all(abs(a.x - b.x) < 0.003 and abs(a.y - b.y) < 0.003 for a, b in near)
    with pytest.raises(FormatError, match="not at hand"):
        convert(tmp_path / "2.ndpa", tmp_path / "4.xml")
    assert not (tmp_path / "4.xml").exists()


def test_a_source_that_cannot_be_read_leaves_the_target_alone(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<Annotations>")
    (tmp_path / "y.xml").write_text("precious")
    with pytest.raises(FormatError, match=r"x\.xml cannot be read"):
        convert(tmp_path / "x.xml", tmp_path / "y.xml")
    assert (tmp_path / "y.xml").read_text() == "precious"
