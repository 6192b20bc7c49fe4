"""One writer: named while it lives, taken over when it is dead, believed when it is elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lnm_desktop.errors import StoreError
from lnm_desktop.store.lock import HOLDER_NAME, WorkspaceLock, holder

HOLD = """
import sys, time, pathlib
from lnm_desktop.store.lock import WorkspaceLock
lock = WorkspaceLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_killed_holder_is_taken_over_at_once(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(StoreError, match=f"process {child.pid}"):
            WorkspaceLock(tmp_path)
        child.kill()
    found = holder(tmp_path)
    assert found is not None
    assert found.pid == child.pid
    lock = WorkspaceLock(tmp_path)
    lock.release()
    assert holder(tmp_path) is None


def test_a_holder_on_another_host_is_believed(tmp_path: Path) -> None:
    (tmp_path / HOLDER_NAME).write_text(json.dumps({"host": "elsewhere", "pid": 7}))
    with pytest.raises(StoreError, match="process 7 on elsewhere") as caught:
        WorkspaceLock(tmp_path)
    assert HOLDER_NAME in caught.value.hint
    (tmp_path / HOLDER_NAME).unlink()
    WorkspaceLock(tmp_path).release()


@pytest.mark.parametrize("note", ["", "[]", "{", '{"host": "h"}'])
def test_an_unreadable_note_does_not_lock_out(tmp_path: Path, note: str) -> None:
    (tmp_path / HOLDER_NAME).write_text(note)
    WorkspaceLock(tmp_path).release()
