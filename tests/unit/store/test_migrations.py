"""A workspace that version 1 wrote, kept as a file, is opened by this version without loss."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest

from lnm_desktop.app.session import Session, verify_workspace
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.errors import StoreError
from lnm_desktop.store import migrations
from lnm_desktop.store.schema import SCHEMA_VERSION, ObjectKind, create_schema
from lnm_desktop.store.workspace import FILE_NAME, Workspace

VERSION_1 = Path(__file__).parents[2] / "data" / "workspace-v1.db"
HEAD_1 = "7977344b6615b86424abaaaa99364c8f428eea1700a9fa6f0497c6d43c3cc2cc"
COPY = "workspace-version-1.db"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a workspace of version 1: fourteen journal rows of every kind, and a draft."""
    folder = tmp_path / "ws"
    folder.mkdir()
    shutil.copy(VERSION_1, folder / FILE_NAME)
    return folder


def schema_of(file: Path) -> set[tuple[object, ...]]:
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    found = set(connection.execute("SELECT name, sql FROM sqlite_schema"))
    connection.close()
    return found


def version_of(file: Path) -> int:
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    version = connection.pragma("user_version")
    connection.close()
    return version


def test_the_kept_workspace_is_of_version_1(old: Path) -> None:
    assert version_of(old / FILE_NAME) == 1


def test_everything_is_there_afterwards(old: Path) -> None:
    with Session.open(old, author="tester", create=False) as session:
        (case,) = session.cases()
        slide, scan = session.images(case.id)
        assert (case.pseudonym, slide.label, scan.label) == ("P-1", "Slide 1", "Scan (MR)")
        assert (slide.user_mpp, scan.user_mpp, slide.fingerprint) == (0.5, 500.0, "")
        assert [item.name for item in session.annotations(slide.id)] == ["Tumor 1", "Tumor 2"]
        assert session.clinical(case.id) == ClinicalRecord({"age": 54.0})
        assert [run.id for run in session.predictions(slide.id)] == ["run1"]
        draft = session.draft(slide.id)
        assert draft is not None
        assert (draft.shape, draft.points) == (Shape.POLYGON, (Point(1, 2), Point(3, 4)))
        assert session.bookmarks(slide.id) == ()
        assert session.verify().ok, session.verify().problem
        assert session.verify().head_hash == HEAD_1
        assert session.undo(case.id) is not None


def test_the_tables_are_those_of_a_new_workspace(old: Path) -> None:
    Workspace.open(old).close()
    fresh = apsw.Connection(":memory:")
    create_schema(fresh)
    assert schema_of(old / FILE_NAME) == set(fresh.execute("SELECT name, sql FROM sqlite_schema"))
    assert version_of(old / FILE_NAME) == SCHEMA_VERSION


def test_a_copy_of_the_old_one_stays_and_is_whole(old: Path) -> None:
    Workspace.open(old).close()
    assert version_of(old / COPY) == 1
    again = old.parent / "again"
    again.mkdir()
    shutil.copy(old / COPY, again / FILE_NAME)
    assert verify_workspace(again).head_hash == HEAD_1
    assert not (old / "workspace.copy").exists()


def test_rows_that_are_only_in_the_log_are_copied_too(old: Path) -> None:
    writer = apsw.Connection(str(old / FILE_NAME))
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("INSERT INTO drafts VALUES ('late', '{}', '')")
    Workspace.open(old).close()
    copy = apsw.Connection(str(old / COPY))
    assert copy.execute("SELECT count(*) FROM drafts WHERE image_id = 'late'").get == 1
    copy.close()
    writer.close()


def test_it_is_done_once(old: Path) -> None:
    Workspace.open(old).close()
    Workspace.open(old).close()
    assert len(list(old.glob("workspace-version-*"))) == 1


def test_an_earlier_copy_is_never_written_over(old: Path) -> None:
    (old / COPY).write_text("kept by hand")
    Workspace.open(old).close()
    assert (old / COPY).read_text() == "kept by hand"
    assert version_of(old / "workspace-version-1-1.db") == 1


def test_a_step_that_fails_leaves_the_old_one_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: apsw.Connection) -> None:
        connection.execute("CREATE TABLE half (done)")
        raise apsw.FullError("injected")

    before = (schema_of(old / FILE_NAME), version_of(old / FILE_NAME))
    monkeypatch.setitem(migrations.STEPS, 1, fail)
    with pytest.raises(StoreError, match="disk is full"):
        Workspace.open(old)
    assert (schema_of(old / FILE_NAME), version_of(old / FILE_NAME)) == before
    monkeypatch.undo()
    Workspace.open(old).close()
    assert version_of(old / FILE_NAME) == SCHEMA_VERSION


def test_nothing_is_changed_where_no_copy_can_be_made(old: Path) -> None:
    (old / "workspace.copy").mkdir()
    with pytest.raises(StoreError, match="cannot be copied"):
        Workspace.open(old)
    assert version_of(old / FILE_NAME) == 1


def test_a_reader_sees_the_old_one_and_leaves_it_as_it_is(old: Path) -> None:
    before = (old / FILE_NAME).read_bytes()
    workspace = Workspace.open(old, create=False, read_only=True)
    assert workspace.head().hash == HEAD_1
    (case_id,) = workspace.states(ObjectKind.CASE, "")
    (slide, _scan) = workspace.states(ObjectKind.IMAGE, case_id)
    assert workspace.states(ObjectKind.BOOKMARK, slide) == {}
    assert workspace.verify().ok, workspace.verify().problem
    workspace.close()
    assert (old / FILE_NAME).read_bytes() == before
    assert not (old / COPY).exists()


def test_a_forged_old_one_is_found_out(old: Path) -> None:
    connection = apsw.Connection(str(old / FILE_NAME))
    connection.execute("DROP TRIGGER journal_keeps_values")
    connection.execute("UPDATE journal SET words = 'forged' WHERE seq = 3")
    connection.close()
    report = verify_workspace(old)
    assert (report.ok, report.first_bad_seq) == (False, 3)


def test_a_version_before_the_first_is_refused(old: Path) -> None:
    connection = apsw.Connection(str(old / FILE_NAME))
    connection.pragma("user_version", 0)
    connection.close()
    with pytest.raises(StoreError, match="version 0 is unknown"):
        Workspace.open(old)
