"""SIGKILL in the middle of edits loses nothing that was acknowledged; a session that lies is found out."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.store.workspace import FILE_NAME
from tests.faults import kill_window
from tests.faults.kill_edits import SCHEMA, Editor, digest, judge, kill_many
from tests.faults.kill_window import kill_window_once


def test_kills_lose_no_acknowledged_edit() -> None:
    tally = kill_many(5, seed=11)
    assert (tally.runs, tally.lost, tally.corrupt) == (5, 0, 0)
    assert tally.acknowledged > 5


def test_a_session_that_acknowledges_before_the_commit_is_found_out() -> None:
    assert kill_many(3, seed=5, early=True).lost > 0


def test_a_state_other_than_the_acknowledged_one_counts_as_lost(tmp_path: Path) -> None:
    printed = _edited(tmp_path / "ws", steps=8)
    assert judge(tmp_path / "ws", printed).lost == 0
    last = printed.splitlines()[-1].split()
    wrong = printed.replace(last[2], "0" * 16)
    assert judge(tmp_path / "ws", wrong).lost == 1


@pytest.mark.gl
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_t01_a_killed_window_keeps_what_its_status_bar_called_saved(tmp_path: Path) -> None:
    saved, lost, corrupt = kill_window_once(tmp_path / "run", seed=3)
    assert saved > 0
    assert (lost, corrupt) == (0, 0)


def test_a_row_that_the_window_called_saved_and_is_not_there_is_lost(tmp_path: Path) -> None:
    _edited(tmp_path / "ws", steps=8)
    assert kill_window.judge(tmp_path / "ws", {99: "2026-01-01T00:00:00.000+00:00"}) == (1, 1, 0)
    assert kill_window.saved_in(["saved 3 t\n", "told\n", "saved 4"]) == {3: "t"}, "half a line is no promise"


def test_a_damaged_journal_counts_as_corrupt(tmp_path: Path) -> None:
    printed = _edited(tmp_path / "ws", steps=8)
    connection = apsw.Connection(str(tmp_path / "ws" / FILE_NAME))
    connection.execute("DROP TRIGGER journal_keeps_values")
    connection.execute("UPDATE journal SET user = 'somebody else' WHERE seq = 4")
    connection.close()
    assert judge(tmp_path / "ws", printed).corrupt == 1


def test_the_digest_sees_order_and_values() -> None:
    a, b = (new_annotation(Geometry(Shape.DOT, (Point(x, 0),))) for x in (1, 2))
    states = [((a, b), ()), ((b, a), ()), ((a, b), (("age", 1.0),))]
    assert len({digest(state) for state in states}) == 3


def _commit(work: Callable[[], object]) -> None:
    work()


def _edited(folder: Path, steps: int) -> str:
    """Edits without a kill; what the child would have printed."""
    printed = io.StringIO()
    with Session.open(folder, author="test", schema=SCHEMA) as session, contextlib.redirect_stdout(printed):
        case = session.add_case("SYNTHETIC", synthetic=True)
        image = session.add_image(case.id, "synthetic.tif", ImageKind.SLIDE, "Synthetic")
        editor = Editor(session, image, seed=3)
        for _ in range(steps):
            editor.step(_commit)
    return printed.getvalue()
