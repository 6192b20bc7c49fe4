"""Opening, refusing, failing without loss, and a cost that does not grow."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.errors import EnvironmentFault, JournalDamaged, StoreError
from lnm_desktop.store import connection as store_connection
from lnm_desktop.store.journal import Op
from lnm_desktop.store.records import Draft
from lnm_desktop.store.schema import GENESIS, SCHEMA_VERSION, ObjectKind
from lnm_desktop.store.workspace import FILE_NAME, Workspace
from tests.unit.store.builders import (
    CASE,
    IMAGE,
    USER,
    a_busy_workspace,
    a_value,
    a_workspace,
    add,
    an_edit,
    names,
    tamper,
)


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    a_busy_workspace(tmp_path)
    workspace = Workspace.open(tmp_path)
    assert names(workspace) == ["b", "c"]
    assert workspace.head().seq == 10
    workspace.close()


def test_the_settings_that_lose_nothing_are_on(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    asked = ("journal_mode", "synchronous", "foreign_keys", "mmap_size", "busy_timeout")
    found = workspace._run(lambda connection: [connection.pragma(name) for name in asked])
    assert found == ["wal", 2, 1, 0, 5000]
    workspace.close()


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_connection.apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(EnvironmentFault, match=r"3\.51\.2"):
        Workspace.open(tmp_path)


def test_a_second_opener_is_told_who_holds_it(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    with pytest.raises(StoreError, match=f"process {os.getpid()}") as caught:
        Workspace.open(tmp_path)
    assert "read-only" in caught.value.hint
    workspace.close()
    Workspace.open(tmp_path).close()


def test_a_reader_sees_what_the_writer_commits_and_cannot_write(tmp_path: Path) -> None:
    writer = a_workspace(tmp_path)
    reader = Workspace.open(tmp_path, create=False, read_only=True)
    add(writer, "a")
    assert names(reader) == ["a"]
    with pytest.raises(StoreError, match="read-only"):
        add(reader, "b")
    with pytest.raises(apsw.ReadOnlyError):
        reader._connection.execute("DELETE FROM annotations")  # type: ignore[union-attr]
    reader.close()
    writer.close()


@pytest.mark.parametrize("options", [{"create": False}, {"read_only": True}])
def test_a_folder_without_workspace_is_refused_and_left_empty(tmp_path: Path, options: dict[str, bool]) -> None:
    with pytest.raises(StoreError, match="there is no workspace"):
        Workspace.open(tmp_path, **options)
    assert FILE_NAME not in {file.name for file in tmp_path.iterdir()}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no folder"):
        Workspace.open(tmp_path / "no", create=False)


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ws").write_text("a file")
    with pytest.raises(StoreError, match="cannot be made"):
        Workspace.open(tmp_path / "ws")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_workspace_is_refused_by_its_version(tmp_path: Path, read_only: bool) -> None:
    a_busy_workspace(tmp_path)
    tamper(tmp_path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match=f"version {SCHEMA_VERSION + 1}.*version {SCHEMA_VERSION}"):
        Workspace.open(tmp_path, read_only=read_only)


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 400])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(damage)
    with pytest.raises(StoreError) as caught:
        Workspace.open(tmp_path)
    assert caught.value.hint
    assert (tmp_path / FILE_NAME).read_bytes() == damage


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    a_busy_workspace(tmp_path)
    whole = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="damaged"):
        Workspace.open(tmp_path)


def test_a_log_without_its_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / (FILE_NAME + "-wal")).write_bytes(b"log")
    with pytest.raises(StoreError, match="its log is there"):
        Workspace.open(tmp_path)
    assert (tmp_path / (FILE_NAME + "-wal")).read_bytes() == b"log"


def test_a_full_disk_acknowledges_nothing_and_recovers(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    workspace._run(lambda connection: connection.pragma("max_page_count", connection.pragma("page_count")))
    with pytest.raises(StoreError, match="the disk is full") as caught:
        workspace.append(an_edit(Op.ADD, big={"text": "x" * 50_000}), USER)
    assert "nothing was saved" in caught.value.hint
    assert (workspace.head().seq, names(workspace)) == (2, [])
    workspace._run(lambda connection: connection.pragma("max_page_count", 1_000_000))
    add(workspace, "a")
    assert workspace.verify().ok
    workspace.close()


def test_a_foreign_lock_is_reported_and_nothing_saved(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    workspace._run(lambda connection: connection.set_busy_timeout(20))
    other = apsw.Connection(str(tmp_path / FILE_NAME))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program keeps it locked"):
        add(workspace, "a")
    other.execute("ROLLBACK")
    other.close()
    add(workspace, "a")
    workspace.close()


def test_after_a_failed_sync_nothing_is_acknowledged_any_more(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)

    def fail(connection: apsw.Connection) -> None:
        error = apsw.IOError("disk I/O error")
        error.extendedresult = apsw.SQLITE_IOERR_FSYNC
        raise error

    with pytest.raises(StoreError, match="the disk reports an error"):
        workspace._run(fail)
    with pytest.raises(StoreError, match="could not confirm"):
        add(workspace, "a")
    workspace.close()


def test_a_closed_workspace_says_so(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    workspace.close()
    workspace.close()
    with pytest.raises(StoreError, match="is closed"):
        workspace.head()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (an_edit(Op.ADD, a={}), "there already"),
        (an_edit(Op.REPLACE, z={}), "no longer there"),
        (an_edit(Op.REMOVE, a=None, z=None), "no longer there"),
        (an_edit(Op.ADD, n={"text": float("nan")}), "cannot be kept"),
    ],
)
def test_a_refused_edit_changes_nothing(tmp_path: Path, edit: object, words: str) -> None:
    workspace = a_workspace(tmp_path)
    add(workspace, "a")
    with pytest.raises(StoreError, match=words):
        workspace.append(edit, USER)  # type: ignore[arg-type]
    assert (workspace.head().seq, names(workspace)) == (3, ["a"])
    workspace.close()


@pytest.mark.parametrize("anchor", [f"head_seq = 0, head_hash = '{GENESIS}'", "head_seq = 0", "head_hash = 'x'"])
def test_an_anchor_that_is_not_the_last_row_is_refused(tmp_path: Path, anchor: str) -> None:
    a_busy_workspace(tmp_path)
    tamper(tmp_path, f"UPDATE meta SET {anchor}")
    with pytest.raises(JournalDamaged, match="does not end where it should"):
        Workspace.open(tmp_path)


def test_an_unknown_owner_is_refused(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    with pytest.raises(StoreError, match="not in this workspace"):
        workspace.append(an_edit(Op.ADD, a={}), USER)
    with pytest.raises(StoreError, match="contradicts"):
        workspace.append(a_value("age", 1.0), USER)
    assert workspace.head().seq == 0
    workspace.close()


def test_an_edit_without_effect_is_not_journalled(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    assert workspace.append(a_value("age", 50.0), USER) is not None
    assert workspace.append(a_value("age", 50.0), USER) is None
    assert workspace.append(a_value("size", None), USER) is None
    assert workspace.head().seq == 3
    workspace.close()


def test_calls_from_many_threads_take_turns(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    threads = [threading.Thread(target=add, args=(workspace, f"a{n}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(workspace)) == 20
    assert workspace.verify().ok
    workspace.close()


def test_drafts_are_kept_outside_the_journal(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    draft = Draft(Shape.POLYGON, (Point(0.1, 2.5),), "2026-01-01T00:00:00+00:00")
    workspace.save_draft(IMAGE, Draft(Shape.POLYGON, ()))
    workspace.save_draft(IMAGE, draft)
    workspace.close()
    workspace = Workspace.open(tmp_path)
    assert workspace.draft(IMAGE) == draft
    assert workspace.head().seq == 2
    workspace.clear_draft(IMAGE)
    assert workspace.draft(IMAGE) is None
    workspace.close()


EDITS: dict[str, Callable[[Workspace], object]] = {
    "add": lambda workspace: add(workspace, "new"),
    "replace": lambda workspace: workspace.append(an_edit(Op.REPLACE, a0={"text": "x"}), USER),
    "remove": lambda workspace: workspace.append(an_edit(Op.REMOVE, a0=None), USER),
    "clinical": lambda workspace: workspace.append(a_value("age", 5.0), USER),
    "undo": lambda workspace: workspace.undo(CASE, USER),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_cost_of_an_edit_does_not_depend_on_what_is_there(tmp_path: Path, name: str) -> None:
    few, many = (cost_of(tmp_path / str(count), count, EDITS[name]) for count in (5, 2000))
    assert few["rows"] == many["rows"]
    assert many["journal_bytes"] - few["journal_bytes"] < 20
    assert many["steps"] < few["steps"] * 1.2


def cost_of(folder: Path, count: int, edit: Callable[[Workspace], object]) -> dict[str, int]:
    """Rows written, steps of SQLite's virtual machine and bytes journalled by one edit among `count` others."""
    workspace = a_workspace(folder)
    add(workspace, *(f"a{n}" for n in range(count)))
    add(workspace, "last")
    steps: list[int] = []

    def watch(event: dict) -> None:
        steps.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"])

    before = workspace._run(lambda connection: connection.total_changes())
    workspace._run(lambda connection: connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, watch))
    edit(workspace)
    workspace._run(lambda connection: connection.trace_v2(0, None))
    rows = workspace._run(lambda connection: connection.total_changes()) - before
    entry = workspace.entries(CASE)[-1]
    workspace.close()
    return {"rows": rows, "steps": sum(steps), "journal_bytes": len(entry.before) + len(entry.after)}


def test_undo_among_many_rows_reads_only_its_case(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    plan = workspace._run(
        lambda connection: list(
            connection.execute(
                "EXPLAIN QUERY PLAN SELECT max(seq) FROM edits WHERE case_id = ? AND undone_by = 0", ("",)
            )
        )
    )
    assert all("SEARCH" in row[3] for row in plan)
    assert workspace.states(ObjectKind.CASE, "")
    workspace.close()


# Root may write everywhere; without its capabilities it is held to the permissions like any owner.
# Another user would not do: it may be kept out of the temporary folder or of Python's own.
READ_WITHOUT_PRIVILEGES = """
import ctypes, pathlib, sys
from lnm_desktop.errors import StoreError
from lnm_desktop.store.workspace import Workspace
folder = pathlib.Path(sys.argv[1])
LINUX_CAPABILITY_VERSION_3 = 0x20080522
header, no_capability = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None, use_errno=True).capset(header, no_capability) == 0
reader = Workspace.open(folder, create=False, read_only=True)
print(reader.head().seq, reader.verify().ok)
reader.close()
try:
    Workspace.open(folder)
except StoreError as error:
    print(error.hint)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities of Linux")
def test_a_folder_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    a_busy_workspace(folder)
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", READ_WITHOUT_PRIVILEGES, str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["10 True", "Check its permissions, or open it read-only."]
