"""Shape edits keep what the first annotation was, say what they did, and refuse in words."""

from __future__ import annotations

import pytest

from lnm_desktop.app import shape_edits
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.ids import ImageId
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.errors import LnmError

IMAGE = ImageId("i")
MPP = Calibration(0.5, 0.5, CalibrationSource.FILE)


def a_box(x: float = 0, side: float = 10, **details: str) -> Annotation:
    return new_annotation(rectangle(Region(x, 0, side, 10)), **details)


def a_ruler(*places: tuple[float, float]) -> Annotation:
    return new_annotation(Geometry(Shape.MEASUREMENT, tuple(Point(x, y) for x, y in places)))


def test_the_first_takes_the_union() -> None:
    first, second = a_box(group="Tumor", name="big", comment="seen twice"), a_box(5)
    edit = shape_edits.unite(IMAGE, (first, second))
    (made,) = edit.put
    assert (made.id, made.group, made.name, made.comment) == (first.id, "Tumor", "big", "seen twice")
    assert made.geometry.area_px2 == pytest.approx(150)
    assert edit.removed == (second.id,)
    assert edit.words == "Unite 2 annotations"


def test_pieces_apart_become_annotations_of_their_own() -> None:
    first, second = a_box(group="Tumor"), a_box(100, group="Other")
    put = shape_edits.unite(IMAGE, (first, second)).put
    assert [item.group for item in put] == ["Tumor", "Tumor"]
    assert len({item.id for item in put}) == 2


def test_what_is_subtracted_stays() -> None:
    first, second = a_box(), a_box(5)
    edit = shape_edits.subtract(IMAGE, (first, second))
    assert edit.removed == ()
    assert edit.put[0].geometry.area_px2 == pytest.approx(50)


def test_nothing_left_is_refused() -> None:
    with pytest.raises(LnmError, match="Nothing would be left"):
        shape_edits.intersect(IMAGE, (a_box(), a_box(100)))
    with pytest.raises(LnmError, match="Nothing would be left of small"):
        shape_edits.buffer(IMAGE, (a_box(name="small"),), -50.0, MPP)


def test_one_area_cannot_be_united() -> None:
    with pytest.raises(LnmError, match="needs 2 selected areas, 1 are") as caught:
        shape_edits.unite(IMAGE, (a_box(), a_ruler((0, 0), (1, 1))))
    assert "Shift" in caught.value.hint


def test_a_ruler_cuts_and_goes() -> None:
    ruler = a_ruler((5, -5), (5, 15))
    edit = shape_edits.split(IMAGE, (a_box(), ruler))
    assert len(edit.put) == 2
    assert edit.removed == (ruler.id,)
    with pytest.raises(LnmError, match="does not cross"):
        shape_edits.split(IMAGE, (a_box(), a_ruler((50, -5), (50, 15))))
    with pytest.raises(LnmError, match="one ruler"):
        shape_edits.split(IMAGE, (a_box(),))


def test_growing_needs_a_pixel_size() -> None:
    edit = shape_edits.buffer(IMAGE, (a_box(),), 5.0, MPP)
    assert edit.put[0].geometry.bounds.x == pytest.approx(-10)
    assert edit.words == "Buffer by 5 µm"
    with pytest.raises(LnmError, match="pixel size"):
        shape_edits.buffer(IMAGE, (a_box(),), 5.0, Calibration())


def test_holes_are_filled_where_there_are_some() -> None:
    hole = (Point(4, 4), Point(6, 4), Point(6, 6))
    holed = new_annotation(Geometry(Shape.POLYGON, a_box().geometry.points, (hole,)))
    (made,) = shape_edits.fill_holes(IMAGE, (holed, a_box())).put
    assert made.geometry.holes == ()
    with pytest.raises(LnmError, match="has a hole"):
        shape_edits.fill_holes(IMAGE, (a_box(),))


def test_a_copy_is_another_annotation_elsewhere() -> None:
    item = a_box(group="Tumor")
    (copy,) = shape_edits.duplicate(IMAGE, (item,), 3.0).put
    assert copy.id != item.id
    assert copy.group == "Tumor"
    assert copy.geometry.bounds.x == 3.0
    (there,) = shape_edits.mirror(IMAGE, (item,), lambda point: Point(2 * point.x, 2 * point.y)).put
    assert there.geometry.area_px2 == pytest.approx(400)


def test_what_is_locked_stays_as_it_is() -> None:
    item = a_box(group="Tumor")
    drawn = AnnotationSet((item,), (AnnotationGroup("Tumor", locked=True),))
    with pytest.raises(LnmError, match="Tumor is locked"):
        shape_edits.chosen_of(drawn, (item.id,))


def test_a_stroke_extends_the_first_area_and_pieces_apart_are_new() -> None:
    item = a_box(name="Tumor 1")
    edit = shape_edits.extend(IMAGE, (item,), rectangle(Region(5, 0, 10, 10)))
    assert [made.id for made in edit.put] == [item.id]
    assert edit.put[0].geometry.area_px2 == pytest.approx(150)
    assert edit.words == "Add to Tumor 1"
    assert len(shape_edits.extend(IMAGE, (item,), rectangle(Region(50, 0, 10, 10))).put) == 2


def test_erasing_cuts_parts_and_removes_what_is_covered() -> None:
    cut, covered, far = a_box(), a_box(2, side=2), a_box(500)
    edit = shape_edits.erase(IMAGE, (cut, covered, far), rectangle(Region(1, -5, 5, 30)))
    assert edit is not None
    assert edit.removed == (covered.id,)
    assert [item.geometry.area_px2 for item in edit.put] == pytest.approx([40, 10]), "cut in two"
    assert edit.put[0].id == cut.id
    assert shape_edits.erase(IMAGE, (far,), rectangle(Region(0, 0, 5, 5))) is None


def test_only_what_is_in_sight_and_unlocked_is_erased() -> None:
    groups = (AnnotationGroup("locked", locked=True), AnnotationGroup("hidden", visible=False))
    inner = AnnotationGroup("inner", parent="locked")
    items = [a_box(group=name) for name in ("locked", "hidden", "inner", "", "undeclared")]
    drawn = AnnotationSet(items, (*groups, inner))
    assert shape_edits.erasable(drawn) == (items[3].id, items[4].id)
