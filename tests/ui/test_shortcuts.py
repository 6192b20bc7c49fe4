"""Keys can be changed: by mouse and keyboard, without doubles, for this time and the next."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from lnm_desktop.ui.actions import ACTIONS, Actions
from lnm_desktop.ui.shortcuts import FIXED_KEYS, OWN, PRESETS, USUAL, Shortcuts, plain_key, why_fixed
from lnm_desktop.ui.theme.tokens import DARK
from lnm_desktop.ui.widgets.shortcuts_dialog import ShortcutsDialog

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shortcuts(qtbot: QtBot) -> Shortcuts:
    return Shortcuts(Actions(DARK))


@pytest.fixture
def dialog(qtbot: QtBot, shortcuts: Shortcuts) -> ShortcutsDialog:
    made = ShortcutsDialog(shortcuts)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def actions_of(shortcuts: Shortcuts) -> Actions:
    actions = shortcuts.parent()
    assert isinstance(actions, Actions)
    return actions


def click(dialog: ShortcutsDialog, action_id: str) -> None:
    """Click the row of an action."""
    table = dialog.table
    places = range(table.sorted.rowCount())
    index = next(found for p in places if table.key_at(found := table.sorted.index(p, 2)) == action_id)
    table.scrollTo(index)
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(index).center())


def cells(dialog: ShortcutsDialog, action_id: str) -> list[str]:
    table = dialog.table
    places = range(table.sorted.rowCount())
    index = next(found for p in places if table.key_at(found := table.sorted.index(p, 0)) == action_id)
    return [index.siblingAtColumn(column).data() for column in range(4)]


def test_presets_name_actions_that_exist_and_no_key_twice(shortcuts: Shortcuts) -> None:
    for name, keys in PRESETS.items():
        assert set(keys) <= set(USUAL)
        shortcuts.use_preset(name)
        assert shortcuts.preset == name
        used = [shortcuts.key(action_id) for action_id in USUAL if shortcuts.key(action_id)]
        assert len(used) == len(set(used))
        for action_id, key in keys.items():
            assert shortcuts.key(action_id) == key


def test_no_usual_key_is_a_fixed_one() -> None:
    assert {spec.id: spec.shortcut for spec in ACTIONS if why_fixed(plain_key(spec.shortcut))} == {}
    assert all(plain_key(fixed.key) for fixed in FIXED_KEYS if fixed.key)


def test_a_change_is_in_force_at_once_and_told(qtbot: QtBot, shortcuts: Shortcuts) -> None:
    with qtbot.waitSignal(shortcuts.changed) as told:
        shortcuts.give("fit", "Ctrl+Alt+Y")
    assert told.args == [{"fit": "Ctrl+Alt+Y"}]
    assert actions_of(shortcuts).keys("fit") == "Ctrl+Alt+Y"
    shortcuts.give("fit", "P")
    assert shortcuts.own == {"fit": "P", "tool-polygon": ""}
    assert actions_of(shortcuts).keys("tool-polygon") == ""
    shortcuts.reset("tool-polygon")
    assert shortcuts.own == {"fit": ""}
    shortcuts.reset("fit")
    assert shortcuts.own == {}


def test_what_was_kept_is_used_as_far_as_it_makes_sense(shortcuts: Shortcuts) -> None:
    kept = {
        "fit": "X",
        "gone-action": "Y",
        "undo": "nonsense",
        "redo": "Space",
        "open": "X",
        "export": "",
        "run": "P",
    }
    shortcuts.use(kept)
    assert shortcuts.own == {"fit": "X", "export": "", "run": "P", "tool-polygon": ""}
    assert actions_of(shortcuts).keys("undo") == "Ctrl+Z"
    again = Shortcuts(Actions(DARK))
    again.use(shortcuts.own)
    assert again.own == shortcuts.own
    again.use({})
    assert actions_of(again).keys("fit") == "F"


def test_two_actions_can_swap_keys(shortcuts: Shortcuts) -> None:
    shortcuts.use({"tool-polygon": "R", "tool-rectangle": "P"})
    assert (shortcuts.key("tool-polygon"), shortcuts.key("tool-rectangle")) == ("R", "P")


def test_every_command_and_every_fixed_key_is_listed(dialog: ShortcutsDialog) -> None:
    rows = dialog.table.rows
    listed = [[rows.index(row, column).data() for column in range(4)] for row in range(rows.rowCount())]
    assert [spec.plain for spec in ACTIONS] == [row[0] for row in listed[: len(ACTIONS)]]
    fixed = {row[2] for row in listed if row[3] == "fixed"}
    assert {"Wheel", "Space + drag, middle button", "Enter, double click", "Right button + drag"} <= fixed
    dialog.filter.setFocus()
    QTest.keyClicks(dialog.filter, "polygon")
    assert 1 < dialog.table.sorted.rowCount() < 6


def test_click_and_press(dialog: ShortcutsDialog, shortcuts: Shortcuts) -> None:
    assert dialog.recorder.isHidden()
    click(dialog, "fit")
    assert "Zoom to Fit" in dialog.words.text()
    QTest.keyClick(dialog.recorder, Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier)
    assert shortcuts.own == {}, "a modifier alone is no key"
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    QTest.keyClick(dialog.recorder, Qt.Key.Key_G, modifiers)
    assert shortcuts.own == {"fit": "Ctrl+Alt+G"}
    assert cells(dialog, "fit") == ["Zoom to Fit", "View", "Ctrl+Alt+G", "F"]
    assert dialog.recorder.isHidden()
    assert dialog.table.keys() == ("fit",)
    assert dialog.preset.currentText() == OWN


def test_a_sign_made_with_shift_is_the_sign(dialog: ShortcutsDialog, shortcuts: Shortcuts) -> None:
    click(dialog, "fit")
    QTest.sendKeyEvent(
        QTest.KeyAction.Click, dialog.recorder, Qt.Key.Key_Exclam, "!", Qt.KeyboardModifier.ShiftModifier, 0
    )
    assert shortcuts.key("fit") == "!"
    click(dialog, "fit")
    QTest.keyClick(dialog.recorder, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert shortcuts.key("fit") == "Shift+G"


def test_a_conflict_is_told_and_resolved_either_way(dialog: ShortcutsDialog, shortcuts: Shortcuts) -> None:
    click(dialog, "fit")
    QTest.keyClick(dialog.recorder, Qt.Key.Key_P)
    assert dialog.words.text() == "P belongs to Polygon."
    assert dialog.take.isVisible()
    assert shortcuts.own == {}
    QTest.keyClick(dialog.recorder, Qt.Key.Key_Escape)
    assert dialog.isVisible() and dialog.recorder.isHidden() and shortcuts.own == {}
    click(dialog, "fit")
    QTest.keyClick(dialog.recorder, Qt.Key.Key_P)
    QTest.mouseClick(dialog.take, LEFT)
    assert shortcuts.own == {"fit": "P", "tool-polygon": ""}
    assert cells(dialog, "tool-polygon")[2:] == ["", "P"]


def test_fixed_keys_cannot_be_given_nor_changed(dialog: ShortcutsDialog, shortcuts: Shortcuts) -> None:
    click(dialog, "fit")
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Up):
        QTest.keyClick(dialog.recorder, key)
        assert "is fixed" in dialog.words.text()
    assert shortcuts.own == {}
    click(dialog, "fixed-0")
    assert dialog.recorder.isHidden()


def test_reset_one_all_and_presets(dialog: ShortcutsDialog, shortcuts: Shortcuts) -> None:
    click(dialog, "fit")
    QTest.mouseClick(dialog.clear, LEFT)
    assert shortcuts.own == {"fit": ""}
    click(dialog, "fit")
    QTest.mouseClick(dialog.reset, LEFT)
    assert shortcuts.own == {}
    dialog.preset.setFocus()
    QTest.keyClick(dialog.preset, Qt.Key.Key_Down)
    assert dialog.preset.currentText() == "ASAP-like"
    assert (shortcuts.key("tool-move"), shortcuts.key("tool-point")) == ("X", "D")
    assert actions_of(shortcuts).keys("tool-move") == "X"
    QTest.mouseClick(dialog.reset_all, LEFT)
    assert shortcuts.own == {} and dialog.preset.currentText() == "QuPath-like"


def test_the_list_is_copied_as_tab_separated_values(dialog: ShortcutsDialog) -> None:
    dialog.table.setFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert len(lines) == len(ACTIONS) + len(FIXED_KEYS)
    assert lines[0].split("\t")[:3] == ["Open Files", "File", "Ctrl+O"]


def test_keys_pressed_in_the_dialog_do_nothing_in_the_window(qtbot: QtBot) -> None:
    window, actions = QMainWindow(), Actions(DARK)
    qtbot.addWidget(window)
    window.addActions([actions[spec.id] for spec in ACTIONS])
    window.show()
    done: list[str] = []
    actions["export"].triggered.connect(lambda: done.append("export"))
    dialog = ShortcutsDialog(Shortcuts(actions), window)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    click(dialog, "fit")
    QTest.keyClick(dialog.recorder, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert done == []
    assert dialog.words.text() == "Ctrl+E belongs to Export Annotations."
    dialog.close()
