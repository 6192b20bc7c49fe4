"""The real application: real window, real pixel server, real worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.real_window import RealWindow, running

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[RealWindow]:
    """The application on an empty workspace."""
    with running(qtbot, tmp_path / "workspace") as real:
        yield real
