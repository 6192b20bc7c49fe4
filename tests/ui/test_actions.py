"""The table of actions is consistent, and single letters stay letters in a field."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLineEdit, QMainWindow, QPlainTextEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from lnm_desktop.paths import resource
from lnm_desktop.ui.actions import ACTIONS, MENUS, Actions, tool_tip
from lnm_desktop.ui.theme.tokens import DARK


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
    assert tool_tip(polygon, "P").startswith("Polygon (P)")
    actions = Actions(DARK)
    assert actions["tool-polygon"].toolTip().startswith("Polygon (P)")
    actions.set_keys({"tool-polygon": "Ctrl+G", "fit": "", "unknown": "X"})
    assert actions["tool-polygon"].toolTip().startswith("Polygon (Ctrl+G)")
    assert actions["fit"].toolTip().startswith("Zoom to Fit\n")


FIELDS = (QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox)


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_a_single_letter_typed_into_a_field_does_not_take_a_tool(qtbot: QtBot, kind: type[QWidget]) -> None:
    window, actions = QMainWindow(), Actions(DARK)
    field = kind()
    if isinstance(field, QComboBox):
        field.setEditable(True)
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
    letters = [spec.shortcut for spec in ACTIONS if len(spec.shortcut) == 1]
    assert len(letters) > 20
    for letter in letters:
        QTest.keyClicks(field, letter)
    for letter in "NOJ":
        QTest.keyClick(field, getattr(Qt.Key, f"Key_{letter}"), Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(field, Qt.Key.Key_Delete)
    assert taken == []
    if isinstance(field, QLineEdit):
        assert field.text().casefold() == "".join(letters).casefold() + "noj"
    field.clearFocus()
    window.setFocus()
    QTest.keyClick(window, Qt.Key.Key_P)
    assert taken == ["tool-polygon"]
