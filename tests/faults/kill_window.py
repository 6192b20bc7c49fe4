"""Kill the real window at random moments while it edits; what its status bar had called saved must be there.

Each run starts the program on a screen with a synthetic slide. Inside it one thing after the other happens as if by
hand: shapes drawn, moved, erased, deleted, undone. For every change that the window shows as saved it prints the
journal row and its time; then it is killed with SIGKILL, pixel server and all.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import apsw

from lnm_desktop.app.session import verify_workspace
from lnm_desktop.errors import LnmError
from lnm_desktop.store.workspace import FILE_NAME
from tests.faults.slides import an_aperio_slide

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 90.0
LONGEST_RUN_S = 1.5
Saved = dict[int, str]
"""The time of each journal row that was shown as saved, by its number."""


def kill_window_once(folder: Path, seed: int) -> tuple[int, int, int]:
    """One window, one kill: how many changes were shown as saved, how many of them are lost, and 1 if corrupt."""
    folder.mkdir()
    slide = an_aperio_slide(folder / "synthetic.svs")
    window = _start(folder, slide, seed)
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(_lines(window, lines)), daemon=True)
    reader.start()
    try:
        _await_first_save(window, lines, folder)
        time.sleep(random.Random(seed).uniform(0, LONGEST_RUN_S))
    finally:
        os.killpg(window.pid, signal.SIGKILL)
        window.wait()
        reader.join(20)
        if window.stdout is not None:
            window.stdout.close()
    return judge(folder / "workspace", saved_in(lines))


def saved_in(lines: list[str]) -> Saved:
    """The rows that were told in whole lines."""
    rows = [line.split() for line in lines if line.startswith("saved ") and line.endswith("\n")]
    return {int(row[1]): row[2] for row in rows}


def judge(workspace: Path, saved: Saved) -> tuple[int, int, int]:
    """Look for each saved row in the journal, and verify the whole."""
    try:
        report = verify_workspace(workspace)
    except LnmError:
        return len(saved), 0, 1
    with closing(apsw.Connection(str(workspace / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        kept: Saved = dict(connection.execute("SELECT seq, utc FROM journal"))
    lost = sum(kept.get(seq) != utc for seq, utc in saved.items())
    return len(saved), lost, int(not report.ok)


def _start(folder: Path, slide: Path, seed: int) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("program_script.py")
    command = [sys.executable, str(script), "edit", "--workspace", str(folder / "workspace"), str(slide)]
    own = {"LNM_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT), "LNM_TEST_SEED": str(seed)}
    environment = {**os.environ, **own}
    with (folder / "errors").open("wb") as errors:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True, env=environment
        )


def _lines(window: subprocess.Popen[str], lines: list[str]) -> list[str]:
    assert window.stdout is not None
    for line in window.stdout:
        lines.append(line)
    return []


def _await_first_save(window: subprocess.Popen[str], lines: list[str], folder: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not any(line.startswith("saved ") for line in lines):
        if window.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the window made no edit: {(folder / 'errors').read_text()[-2000:]}")
        time.sleep(0.02)
