"""Shapes, annotations and groups survive JSON exactly."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.geometry_json import (
    annotation_from_dict,
    annotation_to_dict,
    geometry_from_dict,
    geometry_to_dict,
    group_from_dict,
    group_to_dict,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
points = st.builds(Point, numbers, numbers)
rings = st.lists(points, min_size=4, max_size=12).map(tuple)
polygons = st.builds(Geometry, st.just(Shape.POLYGON), rings, st.lists(rings, max_size=2).map(tuple))
others = st.builds(Geometry, st.sampled_from(list(Shape)), rings)


@given(st.one_of(polygons, others))
def test_a_geometry_returns_from_json_text_bit_for_bit(geometry: Geometry) -> None:
    text = json.dumps(geometry_to_dict(geometry), allow_nan=False)
    assert geometry_from_dict(json.loads(text)) == geometry


@given(others, st.text(), st.text(), st.text())
def test_an_annotation_returns_from_json_text(geometry: Geometry, group: str, name: str, author: str) -> None:
    annotation = Annotation(AnnotationId("a1"), geometry, group, name, "#0a0B0c", author, "2026", "model:r1")
    assert annotation_from_dict(json.loads(json.dumps(annotation_to_dict(annotation)))) == annotation


def test_absent_details_of_an_annotation_get_their_defaults() -> None:
    annotation = new_annotation(Geometry(Shape.DOT, (Point(1, 2),)))
    data = {key: annotation_to_dict(annotation)[key] for key in ("id", "geometry", "created")}
    assert annotation_from_dict(data) == annotation


@given(st.text(min_size=1), st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple))
def test_a_group_returns_from_json_text(name: str, parent: str, attributes: tuple[tuple[str, str], ...]) -> None:
    group = AnnotationGroup(name, "#010203", parent, attributes)
    assert group_from_dict(json.loads(json.dumps(group_to_dict(group)))) == group


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"shape": "Circle", "points": [[0, 0]]},
        {"shape": "Dot", "points": [[math.nan, 0]]},
        {"shape": "Dot", "points": [[10**400, 0]]},
        {"shape": "Dot", "points": [["1", 0]]},
        {"shape": "Dot", "points": [[True, 0]]},
        {"shape": "Dot", "points": [[1, 2, 3]]},
        {"shape": "Dot", "points": "ab"},
        {"shape": "Polygon", "points": [[0, 0], [1, 1]]},
        {"shape": "Polygon", "points": [[0, 0], [1, 1], [0, 1]], "holes": 5},
    ],
)
def test_a_foreign_shape_is_refused_in_words(data: dict[str, object]) -> None:
    with pytest.raises(FormatError, match="a stored shape cannot be read: "):
        geometry_from_dict(data)


@pytest.mark.parametrize("change", [{"id": 5}, {"color": "red"}, {"geometry": None}, {"name": None}])
def test_a_foreign_annotation_is_refused_in_words(change: dict[str, object]) -> None:
    data = annotation_to_dict(new_annotation(Geometry(Shape.DOT, (Point(1, 2),)))) | change
    with pytest.raises(FormatError, match=r"a stored (annotation|shape) cannot be read: "):
        annotation_from_dict(data)


@pytest.mark.parametrize("change", [{"name": ""}, {"color": "red"}, {"attributes": [["a"]]}, {"attributes": 3}])
def test_a_foreign_group_is_refused_in_words(change: dict[str, object]) -> None:
    with pytest.raises(FormatError, match="a stored group cannot be read: "):
        group_from_dict(group_to_dict(AnnotationGroup("Tumor")) | change)
