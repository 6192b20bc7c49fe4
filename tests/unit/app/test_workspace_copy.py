"""A workspace is copied whole and verified, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lnm_desktop.app import workspace_copy
from lnm_desktop.app.session import PREDICTIONS, Session
from lnm_desktop.app.workspace_copy import copy_workspace
from lnm_desktop.errors import JournalDamaged, StoreError
from tests.unit.store.builders import tamper


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    with Session.open(tmp_path / "ws", author="tester") as session:
        session.add_case("P-1", synthetic=True)
    run = tmp_path / "ws" / PREDICTIONS / ("a" * 32)
    run.mkdir(parents=True)
    (run / "prediction.json").write_text("{}")
    return tmp_path / "ws"


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_the_copy_has_everything_while_somebody_works(workspace: Path, tmp_path: Path) -> None:
    with Session.open(workspace, author="tester") as session:
        session.add_case("P-2")
        made = copy_workspace(workspace, tmp_path / "copy")
        session.add_case("P-3")
    assert (made.rows, made.runs) == (2, 1)
    with Session.open(tmp_path / "copy", author="tester") as copied:
        assert [case.pseudonym for case in copied.cases()] == ["P-1", "P-2"]
        assert copied.verify().ok
    assert (tmp_path / "copy" / PREDICTIONS / ("a" * 32) / "prediction.json").read_text() == "{}"
    assert names(tmp_path) == {"ws", "copy"}


def test_nothing_is_overwritten(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(StoreError, match="is there already"):
        copy_workspace(workspace, tmp_path / "copy")
    with pytest.raises(StoreError, match="no workspace"):
        copy_workspace(tmp_path / "copy", tmp_path / "other")


def test_a_failure_in_the_middle_leaves_nothing(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_of: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workspace_copy.shutil, "copytree", failing)
    with pytest.raises(StoreError, match="No space left"):
        copy_workspace(workspace, tmp_path / "copy")
    assert names(tmp_path) == {"ws"}


def test_a_damaged_workspace_is_not_copied(workspace: Path, tmp_path: Path) -> None:
    tamper(workspace, "UPDATE journal SET user = 'somebody else' WHERE seq = 1")
    with pytest.raises(JournalDamaged):
        copy_workspace(workspace, tmp_path / "copy")
    assert names(tmp_path) == {"ws"}


def test_the_original_can_go_then(workspace: Path, tmp_path: Path) -> None:
    copy_workspace(workspace, tmp_path / "copy")
    shutil.rmtree(workspace)
    with Session.open(tmp_path / "copy", author="tester") as copied:
        copied.add_case("P-9")
