"""What happens to a workspace's files and its machine: cut logs, killed migrations, set clocks, no more files."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lnm_desktop.app.session import verify_workspace
from lnm_desktop.errors import LnmError
from lnm_desktop.store import journal
from lnm_desktop.store.workspace import FILE_NAME, Workspace
from tests.unit.store.builders import CASE, USER, a_workspace, add, names, tamper

ROOT = Path(__file__).resolve().parents[2]
VERSION_1 = ROOT / "tests" / "data" / "workspace-v1.db"
CUTS = int(os.environ.get("LNM_CUTS", "60"))
"""600 for the full number."""


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a workspace that was killed with forty edits in its log."""
    folder = tmp_path_factory.mktemp("store") / "ws"
    workspace = a_workspace(folder)
    for number in range(40):
        add(workspace, f"n{number}")
    left = folder.parent / "crashed"
    left.mkdir()
    for file in (FILE_NAME, f"{FILE_NAME}-wal"):
        shutil.copy(folder / file, left / file)
    workspace.close()
    return left


@pytest.mark.parametrize("manner", ["cut", "torn"])
def test_t03_a_cut_or_torn_log_leaves_a_clean_prefix(crashed: Path, tmp_path: Path, manner: str) -> None:
    whole = (crashed / f"{FILE_NAME}-wal").read_bytes()
    chance, lengths = random.Random(3), set()
    for number in range(CUTS):
        folder = tmp_path / f"{manner}{number}"
        shutil.copytree(crashed, folder)
        at = chance.randrange(len(whole))
        log = whole[:at] if manner == "cut" else whole[:at] + chance.randbytes(512) + whole[at + 512 :]
        (folder / f"{FILE_NAME}-wal").write_bytes(log)
        lengths.add(_prefix_of(folder))
        shutil.rmtree(folder)
    assert len(lengths) > 5, "cuts at many places"


def _prefix_of(folder: Path) -> int:
    """How many edits are there: the first ones, without a gap, and sound; -1 where it is refused in words."""
    try:
        workspace = Workspace.open(folder, create=False)
    except LnmError:
        return -1
    try:
        assert workspace.verify().ok
        found = names(workspace)
        assert found == [f"n{number}" for number in range(len(found))]
        return len(found)
    finally:
        workspace.close()


KILLED_MIGRATION = """
import os, signal, sys
from pathlib import Path
import apsw
from lnm_desktop.store import connection, workspace
from lnm_desktop.store.workspace import Workspace

left = int(sys.argv[2])
opened = connection.open_writable

def counting(file):
    made = opened(file)
    def trace(_cursor, _sql, _bindings):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return True
    made.exec_trace = trace
    return made

workspace.open_writable = counting
Workspace.open(Path(sys.argv[1]), create=False).close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_t14_a_migration_killed_at_any_statement_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    killed = 0
    for statement in range(200):
        folder = tmp_path / f"ws{statement}"
        folder.mkdir()
        shutil.copy(VERSION_1, folder / FILE_NAME)
        command = [sys.executable, "-c", KILLED_MIGRATION, str(folder), str(statement)]
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
        report = verify_workspace(folder)
        assert (report.ok, report.rows) == (True, 14)
        Workspace.open(folder, create=False).close()
        assert verify_workspace(folder).ok
        assert list(folder.glob("workspace-version-1*.db")), "the copy of the old one is there"
        if done.returncode == 0:
            break
        killed += 1
    assert killed > 3
    assert done.returncode == 0, "the last one was left alone"


@pytest.mark.parametrize("times", [("2027-01-01", "2026-01-01"), ("2026-01-01", "2036-01-01")], ids=["back", "ahead"])
def test_t16_a_clock_that_is_set_changes_no_order_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: tuple[str, str]
) -> None:
    from lnm_desktop.store import changes

    monkeypatch.setattr(changes, "utc_now", lambda: f"{times[0]}T00:00:00.000+00:00")
    workspace = a_workspace(tmp_path / "ws")
    add(workspace, "first")
    monkeypatch.setattr(changes, "utc_now", lambda: f"{times[1]}T00:00:00.000+00:00")
    entry = add(workspace, "second")
    assert [row.words for row in workspace.entries(CASE)][-2:] == ["add first", "add second"]
    undone = workspace.undo(CASE, USER)
    assert undone is not None and undone.answers == entry.seq
    assert names(workspace) == ["first"]
    workspace.close()
    report = verify_workspace(tmp_path / "ws")
    assert report.ok
    assert report.clock_jumps == (entry.seq,)


def test_t16_an_honest_clock_is_not_suspected(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path / "ws")
    add(workspace, "first")
    workspace.close()
    assert verify_workspace(tmp_path / "ws").clock_jumps == ()
    assert journal.utc_now().endswith("+00:00"), "no summer time"


def test_t17_the_first_bad_row_is_named(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path / "ws")
    for name in "abc":
        add(workspace, name)
    workspace.close()
    tamper(tmp_path / "ws", "UPDATE journal SET user = 'somebody else' WHERE seq = 4")
    report = verify_workspace(tmp_path / "ws")
    assert (report.ok, report.first_bad_seq) == (False, 4)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_t18_without_free_file_handles_it_says_so_and_goes_on_later(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path / "ws")
    workspace.close()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(64, soft), hard))
        while True:
            try:
                held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        with pytest.raises(LnmError) as caught:
            Workspace.open(tmp_path / "ws", create=False)
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.hint
    reopened = Workspace.open(tmp_path / "ws", create=False)
    add(reopened, "later")
    reopened.close()
    assert verify_workspace(tmp_path / "ws").ok
