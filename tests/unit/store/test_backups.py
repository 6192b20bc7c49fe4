"""A backup is whole and verified, old ones go by rule, and restoring loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lnm_desktop.errors import JournalDamaged, StoreError
from lnm_desktop.store import backups
from lnm_desktop.store.backups import backup_files, make_backup, restore, superfluous
from lnm_desktop.store.connection import open_readable
from lnm_desktop.store.workspace import FILE_NAME, Workspace
from tests.unit.store.builders import a_workspace, add, names, tamper


def a_workspace_with(folder: Path, *named: str) -> Path:
    with_some = a_workspace(folder)
    add(with_some, *named)
    with_some.close()
    return folder / FILE_NAME


def names_in(folder: Path) -> list[str]:
    opened = Workspace.open(folder, read_only=True)
    found = names(opened)
    opened.close()
    return found


def test_a_backup_is_taken_while_others_write(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path / "ws")
    add(workspace, "first")
    made = make_backup(tmp_path / "ws" / FILE_NAME)
    add(workspace, "second")
    workspace.close()
    assert made.is_sound
    assert made.annotations == 1
    assert backups.newest_rows(tmp_path / "ws" / FILE_NAME) == made.rows
    restore(tmp_path / "ws" / FILE_NAME, made.file)
    assert names_in(tmp_path / "ws") == ["first"]


def test_who_only_reads_a_backup_leaves_no_log_beside_it(tmp_path: Path) -> None:
    file = make_backup(a_workspace_with(tmp_path / "ws", "first")).file
    reader = open_readable(file)
    assert reader.execute("PRAGMA journal_mode").get == "delete"
    assert [beside.name for beside in file.parent.iterdir()] == [file.name]
    reader.close()


def test_what_was_there_is_kept_and_can_come_back(tmp_path: Path) -> None:
    database = a_workspace_with(tmp_path / "ws", "first")
    old = make_backup(database)
    database_now = a_second_edit(tmp_path / "ws")
    aside = restore(database_now, old.file)
    assert names_in(tmp_path / "ws") == ["first"]
    assert names_in(aside) == ["first", "second"]


def a_second_edit(folder: Path) -> Path:
    opened = Workspace.open(folder)
    add(opened, "second")
    opened.close()
    return folder / FILE_NAME


def test_a_log_that_is_left_is_not_read_into_the_restored_file(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path / "ws")
    add(workspace, "first")
    old = make_backup(tmp_path / "ws" / FILE_NAME)
    add(workspace, "second")
    copied = tmp_path / "crashed"
    copied.mkdir()
    for file in (tmp_path / "ws").glob(f"{FILE_NAME}*"):
        (copied / file.name).write_bytes(file.read_bytes())
    workspace.close()
    assert (copied / f"{FILE_NAME}-wal").stat().st_size > 0
    aside = restore(copied / FILE_NAME, old.file)
    assert names_in(copied) == ["first"]
    assert (aside / f"{FILE_NAME}-wal").exists()


def test_a_damaged_workspace_is_not_backed_up_and_the_last_sound_one_comes_back(tmp_path: Path) -> None:
    database = a_workspace_with(tmp_path / "ws", "first")
    good = make_backup(database)
    tamper(tmp_path / "ws", "UPDATE annotations SET body = replace(body, 'first', 'other')")
    with pytest.raises(JournalDamaged):
        make_backup(database)
    assert backup_files(database) == [good.file]
    database.write_bytes(b"no database at all")
    restore(database, good.file)
    assert names_in(tmp_path / "ws") == ["first"]


def test_a_damaged_backup_is_told_and_refused(tmp_path: Path) -> None:
    database = a_workspace_with(tmp_path / "ws", "first")
    made = make_backup(database)
    made.file.write_bytes(made.file.read_bytes()[:4096])
    (found,) = backups.backups(database)
    assert not found.is_sound
    assert made.file.name in found.problem
    with pytest.raises(JournalDamaged, match="is damaged"):
        restore(database, made.file)
    assert names_in(tmp_path / "ws") == ["first"]


def test_no_restoring_while_somebody_works_in_it(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path / "ws")
    add(workspace, "first")
    made = make_backup(tmp_path / "ws" / FILE_NAME)
    with pytest.raises(StoreError, match="in use"):
        restore(tmp_path / "ws" / FILE_NAME, made.file)
    workspace.close()


def test_killed_anywhere_in_restoring_it_can_be_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step that touches the folder fails once; afterwards nothing is lost and a second try succeeds."""
    steps = 0

    def fail_at(number: int) -> None:
        def step(_folder: Path) -> None:
            nonlocal steps
            steps += 1
            if steps == number:
                raise OSError(5, "pulled out")

        monkeypatch.setattr(backups, "sync_folder", step)

    for number in (1, 2, 3):
        folder = tmp_path / f"ws{number}"
        database = a_workspace_with(folder, "first")
        made = make_backup(database)
        a_second_edit(folder)
        steps = 0
        fail_at(number)
        with pytest.raises(StoreError, match="cannot be restored"):
            restore(database, made.file)
        assert names_in(folder) in (["first", "second"], ["first"])
        (aside,) = folder.glob("replaced-*")
        assert (aside / FILE_NAME).exists()
        monkeypatch.undo()
        restore(database, made.file)
        assert names_in(folder) == ["first"]


def test_kept_are_ten_then_days_then_weeks() -> None:
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    times = [now - timedelta(hours=3 * step) for step in range(8 * 120)]
    kept = sorted(set(times) - superfluous(times), reverse=True)
    assert kept[:10] == times[:10]
    assert len({time.date() for time in kept if now - time < timedelta(days=7)}) >= 7
    assert len({time.isocalendar()[:2] for time in kept}) == 8
    assert len(kept) <= 10 + 7 + 8
    assert superfluous(times[:10]) == set()
