"""Any moment of a case can be compared with any other, and returned to."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.app.commands import AddAnnotations, EditAnnotations, RemoveAnnotations, SetClinicalValue, SetGroups
from lnm_desktop.app.session import Session
from lnm_desktop.app.versions import summary
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.domain.geometry import Region, rectangle
from lnm_desktop.domain.image import ImageKind

SCHEMA = ClinicalSchema("test", 1, (ClinicalField("age", "Age", FieldKind.NUMBER),))


@pytest.fixture
def session(tmp_path: Path):
    with Session.open(tmp_path / "ws", author="tester", schema=SCHEMA) as opened:
        yield opened


@pytest.fixture
def image(session: Session) -> CaseImage:
    case = session.add_case("P-1", synthetic=True)
    return session.add_image(case.id, "synthetic.tif", ImageKind.SLIDE, "Slide")


def a_box(x: float, name: str) -> Annotation:
    return new_annotation(rectangle(Region(x, 0, 10, 10)), name=name)


def a_history(session: Session, image: CaseImage) -> list[tuple[int, AnnotationSet, object]]:
    """Row by row what there was: added, changed, removed, undone, and a branch that was left."""
    first, second = a_box(0, "first"), a_box(20, "second")
    moments = []

    def note(seq: int) -> None:
        moments.append((seq, session.annotations(image.id), session.clinical(image.case_id)))

    note(session.execute(AddAnnotations(image.id, (first, second))).seq)
    note(session.execute(SetClinicalValue(image.case_id, "age", 54.0)).seq)
    note(session.execute(SetGroups(image.id, (AnnotationGroup("Tumor"),))).seq)
    note(session.execute(RemoveAnnotations(image.id, (first.id,))).seq)
    undone = session.undo(image.case_id)
    assert undone is not None
    note(undone.seq)
    note(session.execute(EditAnnotations(image.id, "Unite", put=(a_box(50, "third"),), removed=(second.id,))).seq)
    note(session.execute(SetClinicalValue(image.case_id, "age", 60.0)).seq)
    return moments


def test_every_moment_comes_back_as_it_was(session: Session, image: CaseImage) -> None:
    moments = a_history(session, image)
    for seq, drawn, clinical in [*moments, *reversed(moments)]:
        session.return_to(image.case_id, seq)
        assert session.annotations(image.id) == drawn, f"row {seq}, the order too"
        assert session.clinical(image.case_id) == clinical
    assert session.verify().ok


def test_returning_is_undone_like_any_edit(session: Session, image: CaseImage) -> None:
    moments = a_history(session, image)
    before = session.annotations(image.id), session.clinical(image.case_id)
    rows = session.return_to(image.case_id, moments[0][0])
    assert session.can_undo(image.case_id) == f"Return to row {moments[0][0]}: Add 2 annotations"
    for _ in range(rows):
        session.undo(image.case_id)
    assert (session.annotations(image.id), session.clinical(image.case_id)) == before


def test_returning_to_now_changes_nothing(session: Session, image: CaseImage) -> None:
    moments = a_history(session, image)
    assert session.return_to(image.case_id, moments[-1][0]) == 0


def test_what_differs_is_named(session: Session, image: CaseImage) -> None:
    moments = a_history(session, image)
    found = session.compare(image.case_id, moments[0][0], moments[-1][0])
    assert {(one.what, one.noun, one.name) for one in found} == {
        ("removed", "annotation", "second"),
        ("added", "annotation", "third"),
        ("added", "clinical value", "age"),
        ("added", "groups", image.id),
    }
    assert "1 annotation removed" in summary(found)
    assert summary(()) == "nothing differs"
