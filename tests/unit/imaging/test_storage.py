from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lnm_desktop.imaging import storage
from lnm_desktop.imaging.storage import Storage


class Stalling:
    """Stands in for the system's call: waits until it is let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.asked = 0

    def __call__(self, _path: Path) -> None:
        self.asked += 1
        self.gate.wait(60)


@pytest.fixture
def stalling(monkeypatch: pytest.MonkeyPatch) -> Stalling:
    made = Stalling()
    monkeypatch.setattr(storage, "_touch", made)
    return made


def test_what_answers_is_not_silent(tmp_path: Path) -> None:
    told: list[Path] = []
    for path in (tmp_path / "there", tmp_path / "gone", tmp_path):
        (tmp_path / "there").touch()
        asked = Storage(told.append)
        assert asked.answers(path) and not asked.is_silent(path)
    assert told == []


def test_a_pipe_is_no_reason_to_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Storage().answers(tmp_path / "pipe")


def test_one_question_at_a_time_and_its_answer_is_told(tmp_path: Path, stalling: Stalling) -> None:
    told, back = [], threading.Event()
    asked = Storage(lambda path: (told.append(path), back.set()), patience_s=0.05)
    assert not any(asked.answers(tmp_path) for _ in range(5))
    assert asked.is_silent(tmp_path) and not asked.is_silent(tmp_path / "other")
    assert stalling.asked == 1
    stalling.gate.set()
    assert back.wait(20)
    assert told == [tmp_path] and not asked.is_silent(tmp_path)
    assert asked.answers(tmp_path)
    assert stalling.asked == 2


def test_an_answer_in_time_is_told_to_nobody(tmp_path: Path, stalling: Stalling) -> None:
    told: list[Path] = []
    asked = Storage(told.append, patience_s=60)
    threading.Timer(0.05, stalling.gate.set).start()
    assert asked.answers(tmp_path)
    assert told == []
