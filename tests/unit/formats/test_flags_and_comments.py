"""Comments of annotations and flags of groups: kept where a format has a place, told where it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.formats import asap_xml, csv_table
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from lnm_desktop.formats.geometry_json import geometry_from_dict
from lnm_desktop.store.encoding import annotation_from
from tests.unit.formats.annotation_builders import an_annotation

GROUPS = (
    AnnotationGroup("Tumor", locked=True, filled=False),
    AnnotationGroup("Stroma", parent="Tumor", visible=False, attributes=(("grade", "2"),)),
)


def commented() -> AnnotationSet:
    return AnnotationSet((an_annotation(group="Tumor", comment="look again"), an_annotation("b")), GROUPS)


def test_geojson_keeps_everything(tmp_path: Path) -> None:
    save_annotations(tmp_path / "x.geojson", commented())
    assert load_annotations(tmp_path / "x.geojson").annotations == commented()


def test_asap_xml_keeps_the_flags_among_the_attributes_and_tells_of_comments(tmp_path: Path) -> None:
    told = save_annotations(tmp_path / "x.xml", commented())
    back = load_annotations(tmp_path / "x.xml").annotations
    assert set(back.groups) == set(GROUPS)
    assert "The comment of 1 annotation is not kept." in told
    assert not any("locked" in line for line in told)


def test_imagescope_tells_of_both(tmp_path: Path) -> None:
    told = save_annotations(tmp_path / "x.imagescope.xml", commented())
    assert "The comment of 1 annotation is not kept." in told
    assert "The marks locked, hidden or not filled of 2 groups are not kept." in told


@pytest.mark.parametrize("key", ["lnm-locked", "lnm-holes", "LNM-x"])
def test_an_attribute_that_looks_like_one_of_ours_stays_an_attribute(key: str) -> None:
    annotations = AnnotationSet((), (AnnotationGroup("Tumor", attributes=((key, "1"),)),))
    (group,) = asap_xml.loads(asap_xml.dumps(annotations), name="x.xml").annotations.groups
    assert (group.locked, group.attributes) == (False, ((f"_{key}", "1"),))
    assert any(repr(key) in line for line in asap_xml.losses(annotations))


def test_holes_of_two_points_kept_by_earlier_versions_are_passed_over() -> None:
    body = {"shape": "Polygon", "points": [[0, 0], [9, 0], [9, 9]], "holes": [[[1, 1], [2, 2]]]}
    assert geometry_from_dict(body).holes == ()
    texts = dict.fromkeys(("group", "name", "author", "created", "origin"), "")
    assert annotation_from("a", {**body, **texts, "color": "#000000"}).geometry.holes == ()


def test_half_a_character_is_escaped_in_a_table() -> None:
    assert csv_table.dumps(("a",), [("x\ud800",)]).decode("utf-8-sig") == "a\r\nx\\ud800\r\n"
