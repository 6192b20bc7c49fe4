"""Each command says in words what it does."""

from __future__ import annotations

import pytest

from lnm_desktop.app.commands import (
    AddAnnotations,
    AddCase,
    AddImage,
    AddPrediction,
    Command,
    EditAnnotations,
    RemoveAnnotations,
    ReplaceAnnotation,
    SetClinicalValue,
    SetGroups,
    SetUserMpp,
)
from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import Absent
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import AnnotationId, CaseId, ImageId, RunId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.store.records import PredictionRecord

IMAGE = ImageId("i")
CASE = CaseId("c")


def a_polygon(group: str = "", name: str = "a") -> Annotation:
    points = (Point(0, 0), Point(9, 0), Point(9, 9))
    return Annotation(AnnotationId(name), Geometry(Shape.POLYGON, points), group)


def a_point_set() -> Annotation:
    return Annotation(AnnotationId("p"), Geometry(Shape.POINT_SET, (Point(1, 1),)), "Lymphocytes")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (AddAnnotations(IMAGE, (a_polygon("Tumor"),)), "Draw polygon in Tumor"),
        (AddAnnotations(IMAGE, (a_polygon(),)), "Draw polygon"),
        (AddAnnotations(IMAGE, (a_point_set(),)), "Draw point set in Lymphocytes"),
        (AddAnnotations(IMAGE, (a_polygon(), a_point_set())), "Add 2 annotations"),
        (ReplaceAnnotation(IMAGE, a_polygon("Tumor")), "Change polygon in Tumor"),
        (RemoveAnnotations(IMAGE, (AnnotationId("a"),)), "Remove annotation"),
        (RemoveAnnotations(IMAGE, (AnnotationId("a"), AnnotationId("b"))), "Remove 2 annotations"),
        (SetGroups(IMAGE, ()), "Change groups"),
        (SetClinicalValue(CASE, "age", 54.0), "Set age to 54"),
        (SetClinicalValue(CASE, "er", True, "Oestrogen receptor"), "Set Oestrogen receptor to yes"),
        (SetClinicalValue(CASE, "er", Absent.UNKNOWN), "Set er to unknown"),
        (SetClinicalValue(CASE, "er", Absent.NOT_ASKED), "Clear er"),
        (AddCase(Case(CASE, "P-017", "")), "Add case P-017"),
        (AddImage(CaseImage(IMAGE, CASE, ImageKind.SERIES, "x", "CT 1")), "Add series CT 1"),
        (SetUserMpp(IMAGE, 0.25), "Set pixel size to 0.25 µm"),
        (SetUserMpp(IMAGE, 0.0), "Clear pixel size"),
        (AddPrediction(IMAGE, PredictionRecord(RunId("r"), IMAGE, "tiles", "1.2", "predictions/r")), "Run tiles 1.2"),
    ],
)
def test_words(command: Command, words: str) -> None:
    assert command.words == words
    assert command.edit().words == words


@pytest.mark.parametrize("mpp", [-0.1, float("nan"), float("inf")])
def test_a_pixel_size_is_a_positive_length(mpp: float) -> None:
    with pytest.raises(ValueError, match="pixel size"):
        SetUserMpp(IMAGE, mpp)


def test_commands_about_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to add"):
        AddAnnotations(IMAGE, ())
    with pytest.raises(ValueError, match="nothing to remove"):
        RemoveAnnotations(IMAGE, ())
    with pytest.raises(ValueError, match="nothing to change"):
        EditAnnotations(IMAGE, "Unite")


def test_one_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="share one id"):
        AddAnnotations(IMAGE, (a_polygon(), a_polygon())).edit()
    with pytest.raises(ValueError, match="named twice"):
        EditAnnotations(IMAGE, "Unite", put=(a_polygon(name="a7"),), removed=(AnnotationId("a7"),))


def test_an_edit_holds_only_what_it_touches() -> None:
    assert list(ReplaceAnnotation(IMAGE, a_polygon(name="a7")).edit().after) == ["a7"]
    assert RemoveAnnotations(IMAGE, (AnnotationId("b"),)).edit().after == {"b": None}
