"""A JSON schema becomes a form whose values the schema accepts."""

from __future__ import annotations

from jsonschema import Draft202012Validator
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from lnm_desktop.ui.widgets.options_form import OptionsForm
from tests.ui.fixtures import SCHEMA


def a_form(qtbot: QtBot) -> OptionsForm:
    form = OptionsForm()
    qtbot.addWidget(form)
    form.show_schema(SCHEMA)
    return form


def test_defaults_come_from_the_schema(qtbot: QtBot) -> None:
    values = a_form(qtbot).values()
    assert values == {
        "stride": 96,
        "batch": 4,
        "tissue": 0.1,
        "fast": True,
        "limit": None,
        "kind": "b",
        "note": "x",
    }
    Draft202012Validator(SCHEMA).validate(values)


def test_each_type_has_its_widget(qtbot: QtBot) -> None:
    form = a_form(qtbot)
    entries = form.entries
    kinds = {"stride": QComboBox, "batch": QSpinBox, "tissue": QDoubleSpinBox, "fast": QCheckBox, "kind": QComboBox}
    assert all(isinstance(entries[name].widget, kind) for name, kind in kinds.items())


def test_limits_hold(qtbot: QtBot) -> None:
    form = a_form(qtbot)
    box = form.entries["batch"].widget
    assert isinstance(box, QSpinBox)
    box.setValue(1000)
    assert box.value() == 64


def test_an_optional_number_can_be_none_and_zero(qtbot: QtBot) -> None:
    form = a_form(qtbot)
    box = form.entries["limit"].widget
    assert isinstance(box, QSpinBox)
    assert box.text() == "not set"
    box.setValue(0)
    assert form.values()["limit"] == 0


def test_a_change_is_told(qtbot: QtBot) -> None:
    form = a_form(qtbot)
    with qtbot.waitSignal(form.changed):
        form.entries["fast"].widget.click()
    assert form.values()["fast"] is False


def test_another_schema_replaces_the_form(qtbot: QtBot) -> None:
    form = a_form(qtbot)
    form.show_schema({})
    assert form.values() == {}
