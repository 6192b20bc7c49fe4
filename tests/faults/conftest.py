"""A pixel server for each file of tests, and a trial for each test."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lnm_desktop.imaging.remote import PixelServer
from lnm_desktop.log import start_logging
from tests.faults.trial import CANARY, Trial

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # Qt aborts otherwise; what needs OpenGL is skipped


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes of these tests write their logs."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def pixels(logs: Path) -> Iterator[PixelServer]:
    """One pixel server that all faults of a file meet one after another."""
    logger = logging.getLogger("lnm_desktop")
    before = (logger.handlers[:], logger.level, logger.propagate)
    start_logging(logs / "window.log")
    server = PixelServer(logs / "pixel-server.log")
    yield server
    server.close()
    for handler in set(logger.handlers) - set(before[0]):
        logger.removeHandler(handler)
        handler.close()
    logger.level, logger.propagate = before[1:]


@pytest.fixture
def trial(tmp_path: Path, logs: Path, pixels: PixelServer) -> Iterator[Trial]:
    """A folder with a telling name; afterwards a good file opens and no log tells the name."""
    folder = tmp_path / f"{CANARY}-folder"
    folder.mkdir()
    made = Trial(folder, logs, pixels)
    yield made
    made.check_logs()
