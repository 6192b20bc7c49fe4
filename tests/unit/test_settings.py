"""Preferences come back as they were written, and a damaged file is no obstacle."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.settings import Settings, load_settings, save_settings


def test_settings_come_back(tmp_path: Path) -> None:
    kept = Settings(
        theme="light", recent=("a.svs", "b.svs"), remember_recent=False, shortcuts={"fit": "Ctrl+G", "undo": ""}
    )
    save_settings(kept, tmp_path / "settings.toml")
    assert load_settings(tmp_path / "settings.toml") == kept


@pytest.mark.parametrize("text", ["", "theme = 3", "recent = 'a'", "shortcuts = 'x'", "[unknown]\na = 1", "\0"])
def test_what_cannot_be_used_is_left_out(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    assert load_settings(file) == Settings()


def test_keys_that_are_no_texts_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[shortcuts]\nfit = 3\nundo = "U"\n', encoding="utf-8")
    assert load_settings(file).shortcuts == {"undo": "U"}
