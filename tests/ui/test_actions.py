"""The table of actions is consistent, and single letters stay letters in a field."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMainWindow
from pytestqt.qtbot import QtBot

from lnm_desktop.paths import resource
from lnm_desktop.ui.actions import ACTIONS, MENUS, Actions, tool_tip
from lnm_desktop.ui.theme.tokens import DARK
from lnm_desktop.ui.widgets.command_palette import CommandPalette, matches
from lnm_desktop.ui.widgets.dialogs import shortcuts_dialog


def test_ids_and_shortcuts_are_unique() -> None:
    keys = Counter(QKeySequence(spec.shortcut).toString() for spec in ACTIONS if spec.shortcut)
    assert [key for key, count in keys.items() if count > 1] == []
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.id)
def test_every_action_can_be_understood_and_drawn(spec) -> None:
    assert spec.menu in MENUS
    assert spec.tip
    assert not spec.shortcut or not QKeySequence(spec.shortcut).isEmpty()
    assert not spec.icon or resource("theme", "icons", f"{spec.icon}.svg").is_file()


def test_tool_tip_names_the_shortcut(qtbot: QtBot) -> None:
    polygon = next(spec for spec in ACTIONS if spec.id == "tool-polygon")
    assert tool_tip(polygon).startswith("Polygon (P)")


def test_a_single_letter_typed_into_a_field_does_not_take_a_tool(qtbot: QtBot) -> None:
    window, actions = QMainWindow(), Actions(DARK)
    field = QLineEdit()
    window.setCentralWidget(field)
    window.addActions([actions[spec.id] for spec in ACTIONS])
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field.setFocus()
    taken = []
    for spec in ACTIONS:
        actions[spec.id].triggered.connect(lambda _on=False, known=spec.id: taken.append(known))
    QTest.keyClicks(field, "mplrs.hofn12?")
    QTest.keyClick(field, Qt.Key.Key_Delete)
    assert field.text() == "mplrs.hofn12?"
    assert taken == []
    field.clearFocus()
    window.setFocus()
    QTest.keyClick(window, Qt.Key.Key_P)
    assert taken == ["tool-polygon"]


def test_palette_finds_by_words_and_gives_the_id(qtbot: QtBot) -> None:
    palette = CommandPalette()
    qtbot.addWidget(palette)
    palette.ask()
    QTest.keyClicks(palette.filter, "export annot")
    assert palette.list.count() == 1
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.keyClick(palette.filter, Qt.Key.Key_Return)
    assert chosen.args == ["export"]
    assert not palette.isVisible()


def test_palette_filter_needs_every_word() -> None:
    undo = next(spec for spec in ACTIONS if spec.id == "undo")
    assert matches(undo, "edit UNDO")
    assert not matches(undo, "undo zoom")


def test_shortcuts_dialog_lists_every_shortcut(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    dialog = shortcuts_dialog(window)
    listed = {dialog.table.rows.index(row, 1).data() for row in range(dialog.table.rows.rowCount())}
    assert {spec.plain for spec in ACTIONS if spec.shortcut} <= listed
