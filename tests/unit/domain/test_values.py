"""Annotation sets, calibrations and clinical values: what they hold and what they refuse."""

from __future__ import annotations

import math

import pytest

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.clinical import Absent, ClinicalField, ClinicalRecord, ClinicalSchema, FieldKind
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.domain.image import Calibration, CalibrationSource, RegionRequest
from lnm_desktop.errors import ClinicalError

AGE = ClinicalField("age", "Age", FieldKind.NUMBER, minimum=18, maximum=120)


def a_dot(identity: str, name: str = "") -> Annotation:
    return Annotation(AnnotationId(identity), Geometry(Shape.DOT, (Point(1, 1),)), name=name)


def test_a_set_is_changed_by_making_a_new_one() -> None:
    first = AnnotationSet((a_dot("a"), a_dot("b")))
    changed = first.add(a_dot("c")).replace(a_dot("a", "new")).remove(AnnotationId("b"))
    assert [(item.id, item.name) for item in changed] == [("a", "new"), ("c", "")]
    assert [item.id for item in first] == ["a", "b"]


def test_an_id_stands_once_and_an_unknown_one_is_refused() -> None:
    dots = AnnotationSet((a_dot("a"),))
    with pytest.raises(ValueError, match="share one id"):
        dots.add(a_dot("a"))
    for change in (lambda: dots.remove(AnnotationId("x")), lambda: dots.replace(a_dot("x"))):
        with pytest.raises(KeyError):
            change()


def test_a_calibration_is_known_or_not() -> None:
    assert Calibration(0.25, 1.0, CalibrationSource.FILE).mpp == 0.5
    assert math.isnan(Calibration().mpp)
    for x, y, source in ((0.25, 0, CalibrationSource.FILE), (0.2, 0.2, CalibrationSource.UNKNOWN)):
        with pytest.raises(ValueError, match="either unknown or"):
            Calibration(x, y, source)


def test_unknown_is_an_answer_and_not_asked_is_none() -> None:
    schema = ClinicalSchema("s", 1, (AGE,))
    record = ClinicalRecord()
    assert (record.get("age"), record.answered(schema)) == (Absent.NOT_ASKED, 0)
    unknown = record.set(AGE, Absent.UNKNOWN)
    assert (unknown.get("age"), unknown.answered(schema)) == (Absent.UNKNOWN, 1)
    assert unknown.set(AGE, Absent.NOT_ASKED) == record


@pytest.mark.parametrize("value", [17.0, math.nan, True, "40"])
def test_a_value_outside_its_field_is_refused(value: float | bool | str) -> None:
    with pytest.raises(ClinicalError, match="Age"):
        ClinicalRecord().set(AGE, value)


@pytest.mark.parametrize(
    ("width", "height", "downsample", "output"),
    [(100, 40, 1, (100, 40)), (100, 41, 4, (25, 10)), (3, 1000, 16, (1, 62)), (0.1, 0.1, 1, (1, 1))],
)
def test_an_answer_has_the_size_of_the_region_at_its_scale(
    width: float, height: float, downsample: float, output: tuple[int, int]
) -> None:
    assert RegionRequest(Region(5, 5, width, height), downsample).output == output
