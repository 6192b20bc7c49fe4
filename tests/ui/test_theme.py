"""Words can be read in both themes, and colours come from the tokens alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

import lnm_desktop.ui
from lnm_desktop.ui.theme.stylesheet import apply_theme, set_role, stylesheet
from lnm_desktop.ui.theme.tokens import DARK, LIGHT, OKABE_ITO, Tokens, contrast, readable_on, tokens_of


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)
def test_every_text_on_every_ground_has_contrast(tokens: Tokens) -> None:
    weak = [(t, g) for t in tokens.texts() for g in tokens.grounds() if contrast(t, g) < 4.5]
    assert weak == []
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert contrast(tokens.text, tokens.hover) >= 4.5


def test_contrast_matches_the_definition() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("color", OKABE_ITO)
def test_readable_ink(color: str) -> None:
    assert contrast(readable_on(color), color) >= 4.5


def test_unknown_theme_is_dark() -> None:
    assert tokens_of("sepia") is DARK


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)
def test_style_sheet_is_complete_and_its_pictures_exist(tokens: Tokens) -> None:
    sheet = stylesheet(tokens)
    assert "$" not in sheet
    pictures = re.findall(r'url\("([^"]+)"\)', sheet)
    assert pictures
    assert all(Path(picture).is_file() for picture in pictures)


def test_theme_switches_at_once(qtbot: QtBot, qapp: QApplication) -> None:
    words = QLabel("x")
    qtbot.addWidget(words)
    for tokens in (LIGHT, DARK):
        apply_theme(qapp, tokens.name)
        words.ensurePolished()
        assert words.palette().windowText().color().name().upper() == tokens.text
    set_role(words, "error")
    assert words.palette().windowText().color().name().upper() == DARK.error


def test_no_widget_styles_itself() -> None:
    root = Path(lnm_desktop.ui.__file__).parent
    files = [file for file in root.rglob("*.py") if "viewer" not in file.parts and file.name != "stylesheet.py"]
    assert [file.name for file in files if "setStyleSheet" in file.read_text(encoding="utf-8")] == []
