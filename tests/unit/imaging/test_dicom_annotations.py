"""Annotations of DICOM slides as DICOM, out and in."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.errors import FormatError
from lnm_desktop.imaging.dicom_annotations import check_back, dumps, identifier_of, loads, losses
from tests.fakes.slides import a_picture
from tests.unit.formats.annotation_builders import a_polygon, an_annotation

SLIDES = ("slides/dicom_wsi/highdicom/sm_image.dcm", "slides/dicom_wsi/CMU-1-Small-Region")


def drawn() -> AnnotationSet:
    items = (
        an_annotation("a", a_polygon(1000.1, 900.7, holes=1), group="Tumor", comment="look"),
        an_annotation("b", Geometry(Shape.DOT, (Point(1.25, 2.5),)), group="Mitosis"),
        an_annotation("c", Geometry(Shape.MEASUREMENT, (Point(1, 2), Point(30, 4)))),
        an_annotation("d", rectangle(Region(10, 20, 30, 40)), group="Tumor"),
    )
    return AnnotationSet(items)


@pytest.mark.parametrize("slide", SLIDES)
def test_there_and_back_to_the_bit(shared_data: Path, slide: str) -> None:
    found, referred = loads(dumps(drawn(), shared_data / slide), name="x.dcm")
    seen = {(item.group, item.geometry.points) for item in found}
    assert seen == {(item.group, item.geometry.points) for item in drawn()}
    assert referred == (identifier_of(shared_data / slide),)


def test_patient_and_study_are_those_of_the_slide(shared_data: Path) -> None:
    slide = shared_data / SLIDES[0]
    made, source = pydicom.dcmread(BytesIO(dumps(drawn(), slide))), pydicom.dcmread(slide)
    for key in ("PatientID", "PatientName", "StudyInstanceUID"):
        assert made.get(key) == source.get(key)
    assert made.AnnotationCoordinateType == "2D"
    assert made.SeriesInstanceUID != source.SeriesInstanceUID


def test_an_object_of_another_program_is_read(shared_data: Path) -> None:
    data = (shared_data / "slides/dicom_wsi/highdicom/sm_annotations.dcm").read_bytes()
    found, referred = loads(data, name="x.dcm")
    assert [(item.group, item.geometry.shape) for item in found] == [("nuclei", Shape.DOT)] * 2
    assert len(referred) == 1


def test_what_would_not_hold_everything_is_found_out(shared_data: Path) -> None:
    data = dumps(drawn(), shared_data / SLIDES[0])
    check_back(drawn(), data, "x.dcm")
    with pytest.raises(FormatError, match=r"x\.dcm would not hold what was drawn"):
        check_back(drawn().add(an_annotation("e", a_polygon(5, 6))), data, "x.dcm")


def test_what_a_model_made_is_told_from_what_was_drawn(shared_data: Path) -> None:
    drawn_by = [
        an_annotation("a", a_polygon(), group="Tumor"),
        an_annotation("b", a_polygon(50, 60), group="Tumor", origin="model:run"),
    ]
    made = pydicom.dcmread(BytesIO(dumps(AnnotationSet(drawn_by), shared_data / SLIDES[0])))
    first, second = made.AnnotationGroupSequence
    assert (first.AnnotationGroupGenerationType, second.AnnotationGroupGenerationType) == ("MANUAL", "AUTOMATIC")
    assert "LNM Desktop" in second.AnnotationGroupAlgorithmIdentificationSequence[0].AlgorithmName


def test_holes_and_comments_are_told() -> None:
    told = " ".join(losses(drawn()))
    assert "hole, 1 times" in told
    assert "comment, 1 times" in told


def test_a_slide_that_is_no_dicom_and_other_objects_are_refused(tmp_path: Path, shared_data: Path) -> None:
    with pytest.raises(FormatError, match="is no DICOM slide"):
        dumps(drawn(), a_picture(tmp_path / "slide.png"))
    with pytest.raises(FormatError, match="holds no bulk annotations"):
        loads((shared_data / SLIDES[0]).read_bytes(), name="x.dcm")
    with pytest.raises(FormatError, match=r"x\.dcm cannot be read"):
        loads(b"nothing of the kind", name="x.dcm")
