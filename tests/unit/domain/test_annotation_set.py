"""The set of annotations behaves as a plain list would, whatever it shares with the sets it came from."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import AnnotationId

STEPS = st.lists(st.tuples(st.sampled_from(["add", "replace", "remove"]), st.integers(0, 9), st.sampled_from("ab")))


def a_dot(key: str, group: str = "") -> Annotation:
    return Annotation(AnnotationId(key), Geometry(Shape.DOT, (Point(1, 2),)), group)


@given(STEPS)
def test_it_is_a_list_that_is_changed_by_id(steps: list[tuple[str, int, str]]) -> None:
    listed: list[Annotation] = []
    drawn = AnnotationSet()
    for step, number, group in steps:
        item = a_dot(str(number), group)
        place = next((n for n, other in enumerate(listed) if other.id == item.id), None)
        if step == "add" and place is None:
            listed.append(item)
            drawn = drawn.add(item)
        elif step == "replace" and place is not None:
            listed[place] = item
            drawn = drawn.replace(item)
        elif step == "remove" and place is not None:
            listed.pop(place)
            drawn = drawn.remove(item.id)
    assert list(drawn) == listed
    assert len(drawn) == len(listed)
    assert dict(drawn.group_sizes) == Counter(item.group for item in listed)
    assert drawn == AnnotationSet(tuple(listed))
    assert hash(drawn) == hash(AnnotationSet(tuple(listed)))


def test_the_old_set_stays_as_it_was() -> None:
    old = AnnotationSet((a_dot("1"), a_dot("2")))
    new = old.remove(AnnotationId("1")).add(a_dot("3"))
    assert [item.id for item in old] == ["1", "2"]
    assert [item.id for item in new] == ["2", "3"]


def test_what_is_put_back_at_its_place_stands_where_it_stood() -> None:
    old = AnnotationSet((a_dot("1"), a_dot("2"), a_dot("3")))
    without = old.remove(AnnotationId("2"))
    assert without.changed({AnnotationId("2"): (1, a_dot("2"))}) == old


def test_new_groups_leave_the_annotations() -> None:
    drawn = AnnotationSet((a_dot("1", "Tumor"),)).with_groups((AnnotationGroup("Tumor"),))
    assert drawn.color_of(drawn.get(AnnotationId("1"))) == AnnotationGroup("Tumor").color
    assert drawn != AnnotationSet((a_dot("1", "Tumor"),))


def test_ids_and_names_are_used_once() -> None:
    drawn = AnnotationSet((a_dot("1"),))
    with pytest.raises(ValueError, match="share one id"):
        drawn.add(a_dot("1"))
    with pytest.raises(ValueError, match="share one id"):
        drawn.add(a_dot("2"), a_dot("2"))
    with pytest.raises(ValueError, match="share one name"):
        drawn.with_groups((AnnotationGroup("a"), AnnotationGroup("a", "#000000")))


def test_what_is_not_there_is_said() -> None:
    drawn = AnnotationSet((a_dot("1"),))
    with pytest.raises(KeyError):
        drawn.get(AnnotationId("2"))
    with pytest.raises(KeyError):
        drawn.remove(AnnotationId("2"))
    with pytest.raises(KeyError):
        drawn.replace(replace(a_dot("1"), id=AnnotationId("2")))
