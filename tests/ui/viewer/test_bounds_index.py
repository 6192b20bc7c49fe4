"""Where annotations lie: the index agrees with asking each one, through any changes. No canvas."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.ui.viewer.bounds_index import BoundsIndex

boxes = st.tuples(*(st.integers(0, 400) for _ in range(2)), *(st.integers(1, 80) for _ in range(2)))


def touching(annotations: AnnotationSet, region: Region) -> set[str]:
    found = set()
    for item in annotations:
        box = item.geometry.bounds
        apart = box.x > region.right or box.right < region.x or box.y > region.bottom or box.bottom < region.y
        found |= set() if apart else {item.id}
    return found


@given(st.lists(boxes, min_size=1, max_size=40), st.lists(st.tuples(st.integers(0, 200), boxes), max_size=30), boxes)
def test_the_index_agrees_with_asking_each(first, changes, asked) -> None:
    annotations = AnnotationSet([new_annotation(rectangle(Region(*box))) for box in first])
    index = BoundsIndex()
    index.show(annotations)
    for number, box in changes:
        annotations, changed = _changed(annotations, number, box)
        index.apply(annotations, changed)
    region = Region(*asked)
    assert {item.id for item in index.within(region)[0]} == touching(annotations, region)
    assert len(index) == len(annotations)
    point = Point(asked[0], asked[1])
    near = index.near(point, 5)
    assert near == annotations.in_order(near), "the topmost is last"
    again = BoundsIndex()
    again.show(annotations)
    assert {item.id for item in again.all()} == {item.id for item in index.all()}


def _changed(annotations, number, box):
    kind, items = number % 3, annotations.annotations
    geometry = rectangle(Region(*box))
    if kind == 0 or not items:
        made = new_annotation(geometry)
        return annotations.add(made), [made.id]
    chosen = items[number % len(items)]
    if kind == 1:
        return annotations.remove(chosen.id), [chosen.id]
    return annotations.replace(replace(chosen, geometry=geometry)), [chosen.id]


def test_what_is_hidden_is_not_found_until_it_is_shown_again() -> None:
    hidden = AnnotationGroup("Tumor", visible=False)
    item = new_annotation(Geometry(Shape.DOT, (Point(5, 5),)), "Tumor")
    index = BoundsIndex()
    index.show(AnnotationSet([item], [hidden]))
    assert index.near(Point(5, 5), 1) == []
    index.show(AnnotationSet([item], [replace(hidden, visible=True)]))
    assert index.near(Point(5, 5), 1) == [item]


def test_a_smaller_set_shown_leaves_nothing_of_the_last() -> None:
    index = BoundsIndex()
    index.show(AnnotationSet([new_annotation(Geometry(Shape.DOT, (Point(n, n),))) for n in range(600)]))
    left = new_annotation(Geometry(Shape.DOT, (Point(3, 3),)))
    index.show(AnnotationSet([left]))
    assert (len(index), index.near(Point(3, 3), 400)) == (1, [left])
