"""Every change is committed, told, and kept; what fails changes nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import apsw
import psygnal
import pytest

from lnm_desktop.app.commands import (
    AddAnnotations,
    EditAnnotations,
    RemoveAnnotations,
    ReplaceAnnotation,
    SetClinicalValue,
    SetGroups,
    SetUserMpp,
)
from lnm_desktop.app.session import Change, Session, verify_workspace
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, new_annotation
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import Absent, ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import AnnotationId, CaseId, ImageId, RunId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.domain.prediction import Prediction, Score
from lnm_desktop.errors import ClinicalError, StoreError
from lnm_desktop.store.workspace import FILE_NAME

SCHEMA = ClinicalSchema(
    "test",
    1,
    (
        ClinicalField("age", "Age", FieldKind.NUMBER, minimum=0, maximum=120),
        ClinicalField("grade", "Grade", FieldKind.CHOICE, choices=("1", "2", "unknown")),
        ClinicalField("er", "ER", FieldKind.BOOLEAN),
    ),
)


@pytest.fixture
def session(tmp_path: Path):
    with Session.open(tmp_path / "ws", author="tester", schema=SCHEMA) as opened:
        yield opened


def an_image(session: Session) -> CaseImage:
    case = session.add_case("P-1", synthetic=True)
    return session.add_image(case.id, "synthetic.tif", ImageKind.SLIDE, "Slide", "sha256:0", 0.5)


def a_polygon(x: float = 0.1, **details: str) -> Annotation:
    hole = (Point(x + 1, 1), Point(x + 2, 1), Point(x + 2, 2))
    return new_annotation(
        Geometry(Shape.POLYGON, (Point(x, 0), Point(x + 9, 0), Point(x + 9, 9)), (hole,)), **details
    )


def a_prediction(run: str, *scores: Score) -> Prediction:
    return Prediction(RunId(run), "lnm-tiles", "1.0", scores)


def reopened(session: Session) -> Session:
    session.close()
    return Session.open(session.folder, author="tester", schema=SCHEMA, create=False)


def test_all_that_was_kept_comes_back_equal(session: Session) -> None:
    image = an_image(session)
    drawn = (a_polygon(1 / 3, name="Näme \N{SNOWMAN} \ud800", author="x"), a_polygon(5, origin="model:r1"))
    groups = (AnnotationGroup("Tumor", "#D55E00"), AnnotationGroup("In", parent="Tumor", attributes=(("k", "v"),)))
    session.execute(AddAnnotations(image.id, drawn))
    session.execute(SetGroups(image.id, groups))
    record = session.add_prediction(image.id, a_prediction("r1", Score("p", "P", float("nan"), "", "m")))
    again = reopened(session)
    assert again.images(image.case_id) == (image,)
    assert again.case(image.case_id).synthetic
    assert again.annotations(image.id).annotations == drawn
    assert again.annotations(image.id).groups == groups
    assert repr(again.predictions(image.id)) == repr((record,))
    again.close()


def test_a_path_that_is_no_text_survives(session: Session) -> None:
    case = session.add_case("P")
    image = session.add_image(case.id, "/s/\udcff.tif", ImageKind.SLIDE, "\udcff")
    assert reopened_and_closed(session, image.id).path == "/s/\udcff.tif"


def reopened_and_closed(session: Session, image_id: ImageId) -> CaseImage:
    with reopened(session) as again:
        return again.image(image_id)


@pytest.mark.parametrize(
    ("field_id", "value"),
    [("age", 54.5), ("grade", "unknown"), ("grade", Absent.UNKNOWN), ("er", False), ("age", Absent.NOT_ASKED)],
)
def test_clinical_values_keep_their_type(session: Session, field_id: str, value: object) -> None:
    image = an_image(session)
    session.execute(SetClinicalValue(image.case_id, field_id, value))  # type: ignore[arg-type]
    with reopened(session) as again:
        found = again.clinical(image.case_id).get(field_id)
        assert found == value
        assert type(found) is type(value)


@pytest.mark.parametrize(("field_id", "value"), [("age", 200.0), ("grade", "9"), ("er", 1.0), ("none", 1.0)])
def test_a_value_outside_its_field_is_refused(session: Session, field_id: str, value: float) -> None:
    image = an_image(session)
    with pytest.raises(ClinicalError):
        session.execute(SetClinicalValue(image.case_id, field_id, value))
    assert len(session.history(image.case_id)) == 2


def test_listeners_hear_of_each_commit_on_the_asking_thread(session: Session) -> None:
    heard: list[tuple[Change, str]] = []
    session.changed.connect(lambda change: heard.append((change, threading.current_thread().name)))
    image = an_image(session)
    polygon = a_polygon()
    thread = threading.Thread(target=session.execute, args=(AddAnnotations(image.id, (polygon,)),), name="asker")
    thread.start()
    thread.join()
    session.execute(SetUserMpp(image.id, 0.25))
    session.undo(image.case_id)
    assert [(change.seq, change.what) for change, _ in heard] == [
        (1, "cases"), (2, "images"), (3, "annotations"), (4, "images"), (5, "images"),
    ]  # fmt: skip
    assert (heard[2][1], heard[3][1]) == ("asker", "MainThread")
    assert (heard[2][0].ids, heard[2][0].image_id) == ((polygon.id,), image.id)


def test_the_set_is_new_at_each_change_and_the_old_one_stays(session: Session) -> None:
    image = an_image(session)
    empty = session.annotations(image.id)
    session.execute(AddAnnotations(image.id, (a_polygon(),)))
    assert (len(empty), len(session.annotations(image.id))) == (0, 1)
    assert session.annotations(image.id) is session.annotations(image.id)


def test_a_listener_sees_the_committed_state(session: Session) -> None:
    image = an_image(session)
    seen: list[int] = []
    session.changed.connect(lambda change: seen.append(len(session.annotations(image.id))))
    session.execute(AddAnnotations(image.id, (a_polygon(), a_polygon())))
    assert seen == [2]


def test_a_failing_listener_takes_nothing_back(session: Session) -> None:
    image = an_image(session)

    def fail(change: Change) -> None:
        raise ZeroDivisionError

    session.changed.connect(fail)
    with pytest.raises(psygnal.EmitLoopError):
        session.execute(AddAnnotations(image.id, (a_polygon(),)))
    assert len(session.annotations(image.id)) == 1


def test_a_failed_commit_leaves_memory_and_disk_as_they_were(session: Session) -> None:
    image = an_image(session)
    session.execute(AddAnnotations(image.id, (a_polygon(),)))
    before = session.annotations(image.id)
    heard: list[Change] = []
    session.changed.connect(heard.append)
    session._workspace._run(lambda connection: connection.pragma("max_page_count", 1))
    points = tuple(Point(n / 7, n) for n in range(5000))
    with pytest.raises(StoreError, match="the disk is full"):
        session.execute(AddAnnotations(image.id, (new_annotation(Geometry(Shape.POLYGON, points)),)))
    assert session.annotations(image.id) is before
    assert heard == []
    assert session.can_undo(image.case_id) == "Draw polygon"


def test_a_removal_undone_returns_to_its_place(session: Session) -> None:
    image = an_image(session)
    drawn = tuple(a_polygon(n) for n in range(4))
    session.execute(AddAnnotations(image.id, drawn))
    session.execute(RemoveAnnotations(image.id, (drawn[1].id, drawn[3].id)))
    session.undo(image.case_id)
    assert session.annotations(image.id).annotations == drawn


def test_many_objects_change_in_one_step_that_one_undo_takes_back(session: Session) -> None:
    image = an_image(session)
    first, second, third = drawn = (a_polygon(), a_polygon(20), a_polygon(40))
    session.execute(AddAnnotations(image.id, drawn))
    changed, fresh = a_polygon(70), a_polygon(90, comment="united of two")
    changed = Annotation(second.id, changed.geometry)
    session.execute(EditAnnotations(image.id, "Unite 2 annotations", put=(changed, fresh), removed=(first.id,)))
    assert tuple(session.annotations(image.id)) == (changed, third, fresh)
    session.undo(image.case_id)
    assert tuple(session.annotations(image.id)) == drawn
    session.redo(image.case_id)
    with reopened(session) as again:
        assert tuple(again.annotations(image.id)) == (changed, third, fresh)


def test_what_a_group_is_drawn_like_is_kept(session: Session) -> None:
    image = an_image(session)
    groups = (AnnotationGroup("Tumor", locked=True), AnnotationGroup("Lymph", visible=False, filled=False))
    session.execute(SetGroups(image.id, groups))
    with reopened(session) as again:
        assert again.annotations(image.id).groups == groups


def test_undo_survives_a_restart_and_names_its_step(session: Session) -> None:
    image = an_image(session)
    session.execute(AddAnnotations(image.id, (a_polygon(group="Tumor"),)))
    session.execute(SetClinicalValue(image.case_id, "age", 54.0))
    with reopened(session) as again:
        assert again.can_undo(image.case_id) == "Set Age to 54"
        again.undo(image.case_id)
        again.undo(image.case_id)
        assert again.undo(image.case_id) is None
        assert len(again.annotations(image.id)) == 0
        assert again.can_redo(image.case_id) == "Draw polygon in Tumor"


def test_a_new_edit_clears_redo_but_a_finished_run_does_not(session: Session) -> None:
    image = an_image(session)
    session.execute(AddAnnotations(image.id, (a_polygon(),)))
    session.undo(image.case_id)
    session.add_prediction(image.id, a_prediction("r1"))
    assert session.can_redo(image.case_id) == "Draw polygon"
    session.execute(SetUserMpp(image.id, 0.3))
    assert session.can_redo(image.case_id) is None


def test_cases_have_histories_of_their_own(session: Session) -> None:
    one, two = an_image(session), an_image(session)
    session.execute(SetUserMpp(one.id, 0.3))
    assert session.can_undo(two.case_id) is None
    assert session.undo(two.case_id) is None
    assert session.image(one.id).user_mpp == 0.3


def test_a_change_to_the_same_value_is_no_change(session: Session) -> None:
    image = an_image(session)
    polygon = a_polygon()
    session.execute(AddAnnotations(image.id, (polygon,)))
    heard: list[Change] = []
    session.changed.connect(heard.append)
    change = session.execute(ReplaceAnnotation(image.id, polygon))
    assert (change.seq, change.ids, heard) == (3, (), [])


def test_predictions_come_newest_first_with_their_folder(session: Session) -> None:
    image = an_image(session)
    for run in ("r1", "r2"):
        session.add_prediction(image.id, a_prediction(run, Score("p", "P", 0.5)))
    assert [record.id for record in session.predictions(image.id)] == ["r2", "r1"]
    assert session.folder / session.predictions(image.id)[0].folder == session.prediction_folder(RunId("r2"))


@pytest.mark.parametrize("run", ["", "../x", "a/b", "a\\b", ".."])
def test_a_run_id_cannot_leave_the_workspace(session: Session, run: str) -> None:
    with pytest.raises(ValueError, match="not a run id"):
        session.prediction_folder(RunId(run))


def test_what_is_not_there_is_said(session: Session) -> None:
    for look in (session.image, session.annotations):
        with pytest.raises(StoreError, match="not in this workspace"):
            look(ImageId("none"))
    with pytest.raises(StoreError, match="not in this workspace"):
        session.case(CaseId("none"))
    with pytest.raises(StoreError, match="not in this workspace"):
        session.execute(RemoveAnnotations(ImageId("none"), (AnnotationId("a"),)))


def test_a_draft_survives_a_restart(session: Session) -> None:
    image = an_image(session)
    session.save_draft(image.id, Shape.SPLINE, (Point(1, 2),))
    with reopened(session) as again:
        draft = again.draft(image.id)
        assert draft is not None
        assert (draft.shape, draft.points) == (Shape.SPLINE, (Point(1, 2),))
        again.clear_draft(image.id)
        assert again.draft(image.id) is None


def test_a_reader_reads_and_cannot_change(session: Session) -> None:
    image = an_image(session)
    with Session.open(session.folder, author="other", read_only=True) as reader:
        assert reader.read_only
        assert reader.image(image.id) == image
        with pytest.raises(StoreError, match="read-only"):
            reader.add_case("P-2")


def test_threads_that_edit_at_once_agree_with_the_disk(session: Session) -> None:
    image = an_image(session)
    session.annotations(image.id)
    threads = [
        threading.Thread(target=session.execute, args=(AddAnnotations(image.id, (a_polygon(n),)),)) for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = session.annotations(image.id)
    with reopened(session) as again:
        assert again.annotations(image.id) == held
        assert len(held) == 12


def test_verifying_a_folder_finds_a_forgery(session: Session) -> None:
    an_image(session)
    assert verify_workspace(session.folder).ok
    connection = apsw.Connection(str(session.folder / FILE_NAME))
    connection.execute("UPDATE cases SET body = replace(body, 'P-1', 'P-2')")
    connection.close()
    assert "cases" in verify_workspace(session.folder).problem


def test_an_empty_workspace(session: Session) -> None:
    assert session.cases() == ()
    assert session.last_saved_utc is None
    assert session.verify().ok
