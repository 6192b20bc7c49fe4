"""Work beside the window comes back to its thread; what nobody caught is told and the window lives on."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from lnm_desktop.errors import ImageDamaged, LnmError
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.crash import CrashHook
from lnm_desktop.ui.notices import Notice, Notices, Offer, Severity, notice_of
from lnm_desktop.ui.widgets.message_bar import MessageBar


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def test_result_arrives_on_the_windows_thread(background: Background, qtbot: QtBot) -> None:
    seen: list[object] = []
    background.run(threading.get_ident, lambda worker: seen.extend((worker, threading.get_ident())), seen.append)
    assert not background.idle
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen[0] != threading.get_ident()
    assert seen[1] == threading.get_ident()
    assert background.idle


def test_expected_and_unforeseen_errors_arrive(background: Background, qtbot: QtBot) -> None:
    errors: list[LnmError] = []

    def damaged() -> None:
        raise ImageDamaged("x.svs is truncated", hint="Copy it again.")

    def defect() -> None:
        raise ZeroDivisionError("oops")

    for work in (damaged, defect):
        background.run(work, lambda _none: None, errors.append)
    qtbot.waitUntil(lambda: len(errors) == 2)
    by_kind = {type(error): error for error in errors}
    assert by_kind[ImageDamaged].message == "x.svs is truncated"
    assert "ZeroDivisionError: oops" in by_kind[LnmError].message
    assert "test_bridge_and_crash.py" in by_kind[LnmError].facts["trace"]


def test_after_closing_nothing_arrives(qtbot: QtBot) -> None:
    background, seen = Background(), []
    background.run(lambda: 1, seen.append, seen.append)
    background.close()
    background.post(lambda: seen.append("late"))
    qtbot.wait(50)
    assert seen == []
    assert background.run(lambda: 1, seen.append, seen.append) is None


def test_uncaught_errors_are_told_and_logged_without_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, qtbot: QtBot
) -> None:
    told: list[LnmError] = []
    hook = CrashHook(tmp_path, told.append)
    before = sys.excepthook
    hook.install()
    try:
        with caplog.at_level(logging.ERROR):
            sys.excepthook(ValueError, ValueError("patient name"), None)
            thread = threading.Thread(target=lambda: 1 / 0)
            thread.start()
            thread.join()
    finally:
        hook.uninstall()
    assert sys.excepthook is before
    assert ["ValueError" in told[0].message, "ZeroDivisionError" in told[1].message] == [True, True]
    assert all("patient name" not in record.getMessage() for record in caplog.records)
    assert (tmp_path / "window-faults.log").exists()


def test_the_same_defect_is_told_once_until_it_has_paused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[LnmError] = []
    clock = [0.0]
    monkeypatch.setattr("lnm_desktop.ui.crash.time.monotonic", lambda: clock[0])
    hook = CrashHook(tmp_path, told.append)
    hook.install()
    try:
        for clock[0] in (0.0, 5.0, 14.0, 30.0):
            sys.excepthook(ValueError, ValueError("x"), None)
        sys.excepthook(KeyError, KeyError("x"), None)
    finally:
        hook.uninstall()
    assert [type(error) for error in told] == [LnmError] * 3


def test_what_hangs_does_not_keep_the_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lnm_desktop.ui.bridge.CLOSE_S", 0.05)
    background, gate = Background(), threading.Event()
    background.run(gate.wait, lambda _: None, lambda _: None)
    background.close()
    assert background.is_stuck
    gate.set()
    qtbot.waitUntil(lambda: not background.is_stuck)


def test_an_expected_error_keeps_its_words(tmp_path: Path) -> None:
    told: list[LnmError] = []
    hook = CrashHook(tmp_path, told.append)
    hook.install()
    try:
        error = ImageDamaged("x.svs is truncated")
        sys.excepthook(ImageDamaged, error, None)
    finally:
        hook.uninstall()
    assert told == [error]


def test_bar_says_what_which_file_and_what_to_do(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.show_notice(notice_of(ImageDamaged("x.svs is truncated", hint="Copy it again.", offset=12)))
    assert (bar.message.text(), bar.hint.text()) == ("x.svs is truncated", "Copy it again.")
    assert bar.details.isHidden()
    bar.more.click()
    assert not bar.details.isHidden()
    assert "ImageDamaged" in bar.details.toPlainText()
    assert "offset: 12" in bar.details.toPlainText()
    bar.dismiss.click()
    assert bar.isHidden()


def test_bar_offers(qtbot: QtBot) -> None:
    bar, done = MessageBar(), []
    qtbot.addWidget(bar)
    bar.show_notice(Notice("A draft was kept.", offer=Offer("Add it", lambda: done.append(1))))
    bar.offer.click()
    assert done == [1]
    assert bar.isHidden()


def test_attempt_tells_and_goes_on(qtbot: QtBot) -> None:
    notices = Notices()

    def fail() -> int:
        raise LnmError("no")

    assert notices.attempt(lambda: 7) == 7
    assert notices.attempt(fail) is None
    assert [notice.severity for notice in notices] == [Severity.ERROR]
