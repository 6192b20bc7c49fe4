"""Fixtures that every test may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Qt itself aborts without a display, so the skip comes before any fixture."""
    if sys.platform != "linux" or os.environ.get("DISPLAY"):
        return
    for item in items:
        if item.get_closest_marker("gl"):
            item.add_marker(pytest.mark.skip(reason="no display: run under xvfb-run"))


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data, or a skip that says how to provide it."""
    named = os.environ.get("LNM_DATA_DIR")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data are absent: set LNM_DATA_DIR to the folder that holds MANIFEST.md")
    return folder


@pytest.fixture(autouse=True)
def lnm_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has user folders of its own."""
    home = tmp_path_factory.mktemp("lnm-home")
    monkeypatch.setenv("LNM_HOME", str(home))
    return home
