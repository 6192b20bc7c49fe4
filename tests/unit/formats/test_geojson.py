"""GeoJSON keeps everything of this program, and is read as QuPath and others write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import geojson
from lnm_desktop.formats.geojson import shapes
from lnm_desktop.formats.loaded import LoadedAnnotations
from tests.unit.formats.annotation_builders import a_polygon, a_ring, an_annotation, annotation_sets

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
QUPATH = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "0f5d0d3c-6a5a-4a52-9d5e-0d6c9d7a8b1c",
            "geometry": {"type": "Polygon", "coordinates": [SQUARE, [[2, 2], [4, 2], [4, 4], [2, 2]]]},
            "properties": {
                "objectType": "annotation",
                "name": "region",
                "classification": {"name": "Tumor", "color": [200, 0, 0]},
                "isLocked": True,
            },
        }
    ],
}


def load(data: object) -> LoadedAnnotations:
    return geojson.loads(json.dumps(data).encode(), name="a.geojson")


def a_feature(kind: str, coordinates: object, **properties: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@settings(max_examples=300, deadline=None)
@given(annotation_sets())
def test_nothing_is_lost(annotations: AnnotationSet) -> None:
    loaded = geojson.loads(geojson.dumps(annotations), name="a.geojson")
    assert loaded.annotations == annotations
    assert loaded.notes == ()


def test_a_ring_that_repeats_its_first_point_is_kept_so() -> None:
    geometry = Geometry(Shape.POLYGON, (*a_ring(), a_ring()[0]))
    annotations = AnnotationSet((an_annotation(geometry=geometry),))
    assert geojson.loads(geojson.dumps(annotations), name="x").annotations == annotations


def test_the_file_has_what_qupath_reads() -> None:
    item = an_annotation("0123456789abcdef0123456789abcdef", a_polygon(holes=1), group="Tumor", color="#0A0B0C")
    annotations = AnnotationSet((item,), (AnnotationGroup("Tumor", "#C80000"),))
    data = json.loads(geojson.dumps(annotations))
    (feature,) = data["features"]
    rings = feature["geometry"]["coordinates"]
    properties = feature["properties"]
    assert (data["type"], feature["type"], feature["geometry"]["type"]) == ("FeatureCollection", "Feature", "Polygon")
    assert feature["id"] == "01234567-89ab-cdef-0123-456789abcdef"
    assert [ring[0] == ring[-1] for ring in rings] == [True, True]
    assert properties["objectType"] == "annotation"
    assert properties["color"] == [10, 11, 12]
    # 0xFFC80000 as Java's signed int
    assert properties["classification"] == {"name": "Tumor", "color": [200, 0, 0], "colorRGB": -3670016}


def test_a_file_of_qupath() -> None:
    (found,) = load(QUPATH).annotations
    assert found.geometry.points == (Point(0, 0), Point(10, 0), Point(10, 10), Point(0, 10))
    assert found.geometry.holes == ((Point(2, 2), Point(4, 2), Point(4, 4)),)
    assert (found.id, found.name, found.group, found.color) == (
        "0f5d0d3c-6a5a-4a52-9d5e-0d6c9d7a8b1c",
        "region",
        "Tumor",
        "#C80000",
    )
    assert load(QUPATH).annotations.groups == (AnnotationGroup("Tumor", "#C80000"),)


@pytest.mark.parametrize(
    ("classification", "name", "color"),
    [
        ({"name": "Stroma", "colorRGB": -3670016}, "Stroma", "#C80000"),
        ({"names": ["Tumor", "CD8"], "color": [1, 2, 3]}, "Tumor: CD8", "#010203"),
        ({"name": "x", "color": [1, 2]}, "x", "#F4FA58"),
        ("Tumor", "", "#F4FA58"),
        (None, "", "#F4FA58"),
    ],
)
def test_classes_of_several_versions(classification: object, name: str, color: str) -> None:
    (found,) = load(a_feature("Point", [1, 2], classification=classification)).annotations
    assert (found.group, found.color) == (name, color)


def test_a_class_changed_elsewhere_wins_over_the_one_written() -> None:
    data = json.loads(geojson.dumps(AnnotationSet((an_annotation(group="Tumor", color="#0a0b0c"),))))
    data["features"][0]["properties"] |= {"classification": {"name": "Stroma"}, "color": [255, 0, 0]}
    (found,) = load(data).annotations
    assert (found.group, found.color) == ("Stroma", "#FF0000")


@pytest.mark.parametrize(
    ("kind", "coordinates", "shape"),
    [
        ("Point", [1, 2], Shape.DOT),
        ("MultiPoint", [[1, 2], [3, 4]], Shape.POINT_SET),
        ("LineString", [[1, 2], [3, 4]], Shape.MEASUREMENT),
        ("Polygon", [SQUARE], Shape.POLYGON),
    ],
)
def test_kinds_of_geometry(kind: str, coordinates: object, shape: Shape) -> None:
    loaded = load(a_feature(kind, coordinates))
    assert [item.geometry.shape for item in loaded.annotations] == [shape]
    assert loaded.notes == ()


def test_a_feature_a_geometry_and_a_list_are_read_too() -> None:
    feature = a_feature("Point", [1, 2])
    for data in (feature, feature["geometry"], [feature], {"type": "FeatureCollection", "features": [feature]}):
        assert len(load(data).annotations) == 1


def test_a_multi_polygon_is_split_with_a_note() -> None:
    loaded = load(a_feature("MultiPolygon", [[SQUARE], [SQUARE]], name="m"))
    assert len(loaded.annotations) == 2
    assert loaded.notes == ("The feature 1 ('m') was a MultiPolygon: it became 2 annotations.",)


def test_other_kinds_are_split_or_left_out_with_a_note() -> None:
    collection = {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}
    features = [
        {"type": "Feature", "geometry": collection},
        a_feature("MultiLineString", [[[0, 0], [1, 1]], [[2, 2], [3, 3]]]),
        a_feature("Circle", [0, 0]),
        {"type": "Feature", "geometry": None},
        a_feature("Polygon", [[[0, 0], [1, 1], [0, 0]]]),
        a_feature("Polygon", []),
        a_feature("Polygon", [SQUARE, []]),
        a_feature("Point", [1, 2, 3]),
        "nonsense",
    ]
    loaded = load(features)
    assert len(loaded.annotations) == 5
    for place, words in enumerate(
        (
            "GeometryCollection of 1",
            "2 annotations",
            "'Circle'",
            "no geometry",
            "has 2",
            "has 0",
            "hole",
            "third",
            "no geo",
        )
    ):
        assert f"feature {place + 1} " in loaded.notes[place]
        assert words in loaded.notes[place]


def test_repeated_identifiers_get_new_ones_with_a_note() -> None:
    loaded = load([{**a_feature("Point", [1, 2]), "id": "x"}, {**a_feature("Point", [3, 4]), "id": "x"}])
    first, second = loaded.annotations
    assert (first.id, len(second.id)) == ("x", 32)
    assert "identifier of another" in loaded.notes[0]


def test_splines_are_told_among_the_losses() -> None:
    spline = an_annotation(geometry=Geometry(Shape.SPLINE, a_ring()))
    assert geojson.losses(AnnotationSet((spline,))) == ("Other programs show 1 spline as the polygon of its points.",)
    assert geojson.losses(AnnotationSet()) == ()


POINT = '{"type": "Feature", "properties": {"name": "p"}, "geometry": {"type": "Point", "coordinates": %s}}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POINT % "[NaN, 1]", "NaN"),
        (POINT % "[1, -Infinity]", "-Infinity"),
        (POINT % "[1, 1e999]", "1e999"),
        (POINT % f"[1, 1{'0' * 400}]", r"feature 1 \('p'\): a coordinate is not a finite"),
        (POINT % '["1", 2]', r"feature 1 \('p'\)"),
        (POINT % "[true, 2]", r"feature 1 \('p'\)"),
        (POINT % "[1]", r"feature 1 \('p'\)"),
        (POINT % '"x"', r"feature 1 \('p'\)"),
        ('{"type": "Feature", "type": "Feature"}', "'type' occurs twice"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a": 1', "line 1, column 8"),
        ("{}", "not GeoJSON"),
        ('{"type": "FeatureCollection"}', "not GeoJSON"),
        ('"text"', "not GeoJSON"),
        ('{"type": "FeatureCollection", "features": [], "lnm": {"groups": [{}]}}', "group cannot be read"),
    ],
)
def test_damaged_files_are_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(FormatError, match=rf"a\.geojson cannot be read: .*{words}") as caught:
        geojson.loads(text.encode(), name="a.geojson")
    assert caught.value.hint


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(FormatError, match="byte 2 is not text"):
        geojson.loads(b'{"\xff": 1}', name="a.geojson")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(encoding: str) -> None:
    assert len(geojson.loads(json.dumps(QUPATH).encode(encoding), name="x").annotations) == 1


def test_too_many_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_VERTICES", 9)
    with pytest.raises(FormatError, match=r"feature 2 .* more than 9 points"):
        load([a_feature("Polygon", [SQUARE]), a_feature("Polygon", [SQUARE])])


def test_collections_within_collections_have_an_end() -> None:
    geometry: dict[str, Any] = {"type": "Point", "coordinates": [0, 0]}
    for _ in range(10):
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}
    with pytest.raises(FormatError, match="nested more than 8 deep"):
        load({"type": "Feature", "geometry": geometry})
