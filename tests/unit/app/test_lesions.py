"""What counts as a lesion: outlines in groups of lesions, less what is cut out, with the cells counted in them."""

from __future__ import annotations

import pytest

from lnm_desktop.app.lesions import GroupUse, GroupUses, dots_outside, find_lesions
from lnm_desktop.domain.annotation import Annotation, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.domain.staging import Metastasis

HALF_MICRON = Calibration(0.5, 0.5, CalibrationSource.USER)


def square(x: float, side: float, **details: str) -> Annotation:
    return new_annotation(rectangle(Region(x, 0, side, side)), "Tumor", **details)


def dots(*xs: float) -> Annotation:
    return new_annotation(Geometry(Shape.POINT_SET, tuple(Point(x, 1) for x in xs)), "Tumor")


def test_a_cut_out_takes_its_area_and_what_is_cut_away_whole_is_none() -> None:
    found = find_lesions([square(0, 1000), square(5000, 10)], [square(900, 1000), square(4990, 40)], HALF_MICRON)
    (lesion,) = (one.lesion for one in found)
    assert lesion.area_mm2 == pytest.approx(900 * 1000 * 0.25e-6)
    assert lesion.longest_mm == pytest.approx((900**2 + 1000**2) ** 0.5 * 0.5e-3)


def test_a_lesion_cut_in_two_is_still_one() -> None:
    (lesion,) = (one.lesion for one in find_lesions([square(0, 1000)], [stripe()], HALF_MICRON))
    assert lesion.longest_mm == pytest.approx(2**0.5 * 0.5)
    assert lesion.area_mm2 == pytest.approx(900 * 1000 * 0.25e-6)


def stripe() -> Annotation:
    return new_annotation(rectangle(Region(450, -10, 100, 2000)), "Exclusion")


def test_dots_inside_are_its_cells_and_those_outside_are_told() -> None:
    drawn = [square(0, 200), dots(*range(201)), dots(5000)]
    (found,) = find_lesions(drawn, [], HALF_MICRON)
    assert (found.cells, found.lesion.kind) == (201, Metastasis.MICRO)
    assert dots_outside(drawn) == 1
    (few,) = find_lesions([square(0, 200), dots(1, 2)], [], HALF_MICRON)
    assert (few.cells, few.lesion.kind) == (2, Metastasis.ITC)
    assert "2 cells are not more than 200" in few.lesion.reason


@pytest.mark.parametrize(
    ("comment", "cells"), [("about 250 cells", 250), ("1 cell", 1), ("slide 250", None), ("", None)]
)
def test_a_comment_may_tell_the_count(comment: str, cells: int | None) -> None:
    (found,) = find_lesions([square(0, 200, comment=comment)], [], HALF_MICRON)
    assert found.cells == cells


def test_groups_are_what_is_stated_else_what_their_name_says() -> None:
    assert [GroupUses({}).of(name) for name in ("Tumor", "_2", "Stroma")] == list(GroupUse)
    stated = GroupUses({"Stroma": GroupUse.LESION})
    assert [stated.of(name) for name in ("Stroma", "Tumor", "normal")] == [
        GroupUse.LESION,
        GroupUse.NOTHING,
        GroupUse.CUT_OUT,
    ]
