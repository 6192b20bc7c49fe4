"""F1 opens the guide where it speaks of what has the focus."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from lnm_desktop.paths import user_guide
from lnm_desktop.ui import helping
from lnm_desktop.ui.helping import ELSEWHERE, SECTIONS, VIEWER
from lnm_desktop.ui.widgets.guide_window import GuideWindow
from tests.ui.conftest import Bench

TEXT = user_guide().read_text(encoding="utf-8")


@pytest.fixture
def guide(qtbot: QtBot) -> GuideWindow:
    window = GuideWindow(TEXT)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def top_line(guide: GuideWindow) -> str:
    """The heading that is at the top of the page."""
    return guide.page.cursorForPosition(QPoint(30, 20)).block().text()


def test_every_panel_has_its_section_in_the_guide(guide: GuideWindow) -> None:
    listed = [guide.sections.item(row).text() for row in range(guide.sections.count())]
    assert {*SECTIONS.values(), VIEWER, ELSEWHERE} <= set(listed)
    assert listed == [line[3:] for line in TEXT.splitlines() if line.startswith("## ")]


def test_sections_are_gone_to(guide: GuideWindow) -> None:
    guide.show_section("Clinical data")
    assert (guide.section, top_line(guide)) == ("Clinical data", "Clinical data")
    item = guide.sections.findItems("Draw", Qt.MatchFlag.MatchExactly)[0]
    QTest.mouseClick(
        guide.sections.viewport(), Qt.MouseButton.LeftButton, pos=guide.sections.visualItemRect(item).center()
    )
    assert top_line(guide) == "Draw"
    guide.show_section("no such section")
    assert guide.page.verticalScrollBar().value() == 0


def test_words_are_found(guide: GuideWindow) -> None:
    QTest.keyClicks(guide.wanted, "pseudonym")
    for _ in range(2):
        QTest.keyClick(guide.wanted, Qt.Key.Key_Return)
        assert guide.page.textCursor().selectedText().casefold() == "pseudonym"
    guide.wanted.setText("zzzz")
    QTest.keyClick(guide.wanted, Qt.Key.Key_Return)
    assert guide.missing.text() == "not found"


@pytest.mark.parametrize("name", ["cases", "clinical", "models", "results", "bookmarks", "annotations"])
def test_f1_speaks_of_the_panel_with_the_focus(bench: Bench, name: str) -> None:
    bench.window.show()
    bench.window.activateWindow()
    bench.wait(bench.window.isActiveWindow)
    if name == "cases":
        bench.window.show_cases()
    else:
        bench.window.show_panel(name)
    QTest.keyClick(bench.window, Qt.Key.Key_F1)
    bench.wait(lambda: bench.wiring.helping.guide is not None)
    guide = bench.wiring.helping.guide
    assert guide is not None
    bench.wait(lambda: guide.section == SECTIONS[name])


@pytest.mark.parametrize(
    ("action_id", "section"), [("shortcuts", "Shortcuts"), ("export-region", "Export a picture")]
)
def test_f1_speaks_of_the_dialog_that_is_active(bench: Bench, action_id: str, section: str) -> None:
    bench.open_slide()
    bench.pane.view, bench.pane.plane = None, 0  # type: ignore[attr-defined]
    bench.window.show()
    bench.actions[action_id].trigger()
    dialog = next(found for found in bench.window.findChildren(QDialog) if found.isVisible())
    dialog.activateWindow()
    bench.wait(dialog.isActiveWindow)
    QTest.keyClick(dialog, Qt.Key.Key_F1)
    bench.wait(lambda: bench.wiring.helping.guide is not None)
    guide = bench.wiring.helping.guide
    assert guide is not None
    bench.wait(lambda: guide.section == section)
    assert section in TEXT


def test_the_guide_is_one_window(bench: Bench, qtbot: QtBot) -> None:
    helping_ = bench.wiring.helping
    bench.actions["user-guide"].trigger()
    bench.wait(lambda: helping_.guide is not None)
    first = helping_.guide
    assert first is not None
    helping_.open("Models")
    assert helping_.guide is first and first.section == "Models"
    first.close()
    bench.wait(lambda: helping_.guide is None)
    bench.actions["user-guide"].trigger()
    bench.wait(lambda: helping_.guide is not None)


def test_a_missing_guide_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(helping, "user_guide", lambda: tmp_path / "gone.md")
    bench.actions["user-guide"].trigger()
    bench.wait(lambda: len(bench.notices))
    assert list(bench.notices)[-1].message == "The user guide cannot be read"
