from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lnm_desktop.app.leftovers import remove_leftovers
from lnm_desktop.formats.files import DRAFT_PREFIX, DRAFT_SUFFIX, write_atomic
from lnm_desktop.imaging.blocks import PREFIX, SHARED_MEMORY, BlockPool, remove_abandoned

# Ends without a chance for its resource tracker, as when a whole session is killed.
LEAVE_A_BLOCK = """
import os, signal
from multiprocessing import resource_tracker
from lnm_desktop.imaging.blocks import BlockPool
pool = BlockPool()
block = pool.take(100)
print(block.name, flush=True)
os.kill(resource_tracker._resource_tracker._pid, signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems remove shared memory by themselves")
def test_abandoned_blocks_go_and_those_in_use_stay() -> None:
    pool = BlockPool()
    used = pool.take(100)
    left = subprocess.run([sys.executable, "-c", LEAVE_A_BLOCK], capture_output=True, text=True, check=False)
    file = SHARED_MEMORY / left.stdout.strip()
    assert file.name.startswith(PREFIX) and file.exists(), left.stderr
    assert remove_abandoned() >= 1
    assert not file.exists() and (SHARED_MEMORY / used.name).exists()
    pool.close()
    assert not (SHARED_MEMORY / used.name).exists()


def a_run(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("x")
    return folder


def test_unfinished_runs_and_drafts_go_and_everything_else_stays(tmp_path: Path) -> None:
    draft = f"{DRAFT_PREFIX}abc{DRAFT_SUFFIX}"
    runs = tmp_path / "predictions"
    cut_short = a_run(runs / "a", "heatmap-tumor.safetensors", "heatmap.png", draft)
    finished = a_run(runs / "b", "prediction.json", "heatmap-tumor.safetensors", "annotations.xml", draft)
    foreign = a_run(runs / "c", "heatmap.png", "notes of a person.txt")
    (tmp_path / draft).write_text("x")
    assert remove_leftovers(tmp_path) >= 1
    assert not cut_short.exists()
    assert {file.name for file in finished.iterdir()} == {
        "prediction.json",
        "heatmap-tumor.safetensors",
        "annotations.xml",
    }
    assert [file.name for file in foreign.iterdir()] == ["notes of a person.txt"]
    assert not (tmp_path / draft).exists()


def test_half_a_backup_goes_and_whole_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    half, whole = (tmp_path / "backups" / name for name in (f"{DRAFT_PREFIX}1{DRAFT_SUFFIX}", "workspace-1.db"))
    for file in (half, whole):
        file.touch()
    remove_leftovers(tmp_path)
    assert (half.exists(), whole.exists()) == (False, True)


def test_a_workspace_without_runs_has_no_leftovers(tmp_path: Path) -> None:
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_next_file_written_to_a_folder_takes_an_old_draft_along(tmp_path: Path) -> None:
    old, fresh, foreign = (
        tmp_path / name for name in (f"{DRAFT_PREFIX}1{DRAFT_SUFFIX}", f"{DRAFT_PREFIX}2{DRAFT_SUFFIX}", ".x.part")
    )
    for file in (old, fresh, foreign):
        file.touch()
    for file in (old, foreign):
        os.utime(file, (time.time() - 7200,) * 2)
    write_atomic(tmp_path / "out.xml", b"data")
    assert [file.exists() for file in (old, fresh, foreign)] == [False, True, True]
