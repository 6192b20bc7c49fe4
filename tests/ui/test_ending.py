"""Signals close the window as a person would."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from pytestqt.qtbot import QtBot

from lnm_desktop.ui.ending import SignalWatch


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_heard_on_the_windows_thread_and_given_back(qtbot: QtBot, number: signal.Signals) -> None:
    before, heard = signal.getsignal(number), []
    watch = SignalWatch(lambda: heard.append("close"))
    try:
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: heard == ["close"])
    finally:
        watch.stop()
    assert signal.getsignal(number) == before
