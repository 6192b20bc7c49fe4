"""What a format will not keep is known before it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Shape
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.annotations import save_annotations
from lnm_desktop.formats.losses import losses, losses_of_work
from tests.unit.formats.annotation_builders import a_polygon, a_ring, an_annotation

NESTED = (AnnotationGroup("Tumor"), AnnotationGroup("Rim", parent="Tumor", locked=True))


def rich() -> AnnotationSet:
    spline = Geometry(Shape.SPLINE, a_ring(points=5))
    drawn = an_annotation("a", a_polygon(holes=2), group="Tumor", comment="look", author="me", color="#112233")
    return AnnotationSet((drawn, an_annotation("b", spline, group="Rim")), NESTED)


def plain_work() -> AnnotationSet:
    item = an_annotation(group="Tumor", author="me", created="now", color=NESTED[0].color)
    return AnnotationSet((item,), NESTED[:1])


@pytest.mark.parametrize("name", ["x.xml", "x.geojson", "x.imagescope.xml"])
def test_what_is_told_before_is_what_is_told_after(tmp_path: Path, name: str) -> None:
    before = losses(rich(), name)
    assert save_annotations(tmp_path / name, rich()) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.xml", ["comment", "2 holes"]),
        ("x.imagescope.xml", ["comment", "locked", "Spline", "do not nest", "own colour"]),
        ("x.ndpa", ["comment", "locked", "spline", "2 holes", "colour of the group", "the group around it"]),
    ],
)
def test_holes_comments_flags_splines_nesting_and_colours_are_told(name: str, words: list[str]) -> None:
    told = losses_of_work(rich(), name)
    assert [word for word in words if not any(word in line for line in told)] == []
    assert not any("author" in line or "identifiers" in line for line in told)


@pytest.mark.parametrize("name", ["x.xml", "x.geojson", "x.imagescope.xml", "x.ndpa"])
def test_nobody_is_asked_about_plain_work(name: str) -> None:
    assert losses_of_work(plain_work(), name) == ()


def test_nobody_is_asked_where_this_program_reads_everything_back() -> None:
    assert losses(rich(), "x.geojson")
    assert losses_of_work(rich(), "x.geojson") == ()


def test_the_chosen_ending_decides_as_it_does_when_written() -> None:
    assert losses(rich(), "x.xml", "imagescope.xml") == losses(rich(), "x.imagescope.xml")


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(FormatError, match="no known ending"):
        losses(rich(), "x.shp")
