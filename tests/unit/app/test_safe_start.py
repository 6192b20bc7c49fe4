"""After two starts that came to a bad end the third is a safe one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.app.models import known_plugins, own_plugins
from lnm_desktop.app.safe_start import StartMark


def test_two_bad_starts_make_the_third_a_safe_one(tmp_path: Path) -> None:
    mark = StartMark(tmp_path / "cache" / "starting")
    assert [mark.begin() for _ in range(3)] == [False, False, True]
    mark.succeed()
    assert [mark.begin() for _ in range(3)] == [False, False, True]


def test_a_good_start_between_forgives_a_bad_one(tmp_path: Path) -> None:
    mark = StartMark(tmp_path / "starting")
    mark.begin()
    mark.begin()
    mark.succeed()
    assert not mark.begin()


def test_a_damaged_mark_and_a_folder_that_cannot_be_written_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "starting").write_text("many")
    assert not StartMark(tmp_path / "starting").begin()
    assert not StartMark(tmp_path / "starting" / "below a file").begin()


def test_a_safe_start_leaves_the_plugins_of_others_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LNM_HOME", str(tmp_path))
    assert all(plugin.first_party for plugin in own_plugins())
    assert set(own_plugins()) <= set(known_plugins())
