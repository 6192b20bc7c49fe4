"""A value, "unknown" and "not asked" are three things; a value out of range is none."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lnm_desktop.domain.clinical import Absent, ClinicalField, ClinicalRecord, ClinicalSchema, FieldKind
from lnm_desktop.ui.panels.clinical import ClinicalPanel
from lnm_desktop.ui.widgets.clinical_field import hint_of, parse_number
from lnm_desktop.ui.widgets.parts import badge

AGE = ClinicalField("age", "Age", FieldKind.NUMBER, "Patient", "years", 18, 110, meaning="At diagnosis.")
GRADE = ClinicalField("grade", "Grade", FieldKind.CHOICE, "Biopsy", choices=("1", "2", "3"))
PALPABLE = ClinicalField("palpable", "Palpable node", FieldKind.BOOLEAN, "Biopsy")
NODES = ClinicalField("nodes", "Positive nodes", FieldKind.NUMBER, "Surgery", minimum=0, preoperative=False)
SCHEMA = ClinicalSchema("test", 1, (AGE, GRADE, PALPABLE, NODES))


@pytest.fixture
def panel(qtbot: QtBot) -> ClinicalPanel:
    made = ClinicalPanel(SCHEMA)
    qtbot.addWidget(made)
    made.show_record(ClinicalRecord())
    made.show()
    return made


def given(panel: ClinicalPanel) -> list[tuple[str, object]]:
    told: list[tuple[str, object]] = []
    panel.value_given.connect(lambda field, value: told.append((field, value)))
    return told


def type_into(panel: ClinicalPanel, field_id: str, text: str) -> None:
    entry = panel.fields[field_id].entry
    entry.selectAll()
    QTest.keyClicks(entry, text)
    QTest.keyClick(entry, Qt.Key.Key_Return)


def test_a_typed_number_is_told_once(panel: ClinicalPanel) -> None:
    told = given(panel)
    type_into(panel, "age", "54")
    panel.fields["age"].entry.editingFinished.emit()
    assert told == [("age", 54.0)]


def test_out_of_range_is_marked_and_not_stored(panel: ClinicalPanel) -> None:
    told = given(panel)
    type_into(panel, "age", "200")
    edit = panel.fields["age"]
    assert told == []
    assert "out of range" in edit.problem.text()
    assert "18 to 110 years" in edit.problem.text()
    assert edit.entry.property("role") == "invalid"
    assert edit.entry.text() == "200"
    assert not any(segment.isChecked() for segment in edit.absent.values())


def test_words_are_no_number(panel: ClinicalPanel) -> None:
    told = given(panel)
    type_into(panel, "age", "old")
    assert told == []
    assert "not a number" in panel.fields["age"].problem.text()


def test_unknown_is_not_the_same_as_not_asked(panel: ClinicalPanel) -> None:
    told = given(panel)
    panel.fields["age"].absent[Absent.UNKNOWN].click()
    panel.fields["grade"].absent[Absent.NOT_ASKED].click()
    assert told == [("age", Absent.UNKNOWN)], "what was not asked before has not changed"
    panel.fields["age"].absent[Absent.NOT_ASKED].click()
    assert told[-1] == ("age", Absent.NOT_ASKED)


@pytest.mark.parametrize("value", [Absent.UNKNOWN, Absent.NOT_ASKED])
def test_exactly_one_reason_is_marked(panel: ClinicalPanel, value: Absent) -> None:
    for edit in panel.fields.values():
        edit.show_value(value)
        assert [reason for reason, segment in edit.absent.items() if segment.isChecked()] == [value]


def test_emptying_a_field_means_not_asked(panel: ClinicalPanel) -> None:
    panel.show_record(ClinicalRecord({"age": 54.0}))
    told = given(panel)
    entry = panel.fields["age"].entry
    entry.selectAll()
    QTest.keyClick(entry, Qt.Key.Key_Delete)
    QTest.keyClick(entry, Qt.Key.Key_Return)
    assert told == [("age", Absent.NOT_ASKED)]


def test_no_is_a_value(panel: ClinicalPanel) -> None:
    told = given(panel)
    panel.fields["palpable"].answers[False].click()
    assert told == [("palpable", False)]
    assert not panel.fields["palpable"].absent[Absent.UNKNOWN].isChecked()


def test_choice_gives_its_word(panel: ClinicalPanel) -> None:
    told = given(panel)
    box = panel.fields["grade"].entry
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert told == [("grade", "2")]


def test_completeness_counts_unknown_as_answered(panel: ClinicalPanel) -> None:
    panel.show_record(ClinicalRecord({"age": 54.0, "grade": Absent.UNKNOWN}))
    assert panel.count.text() == "2 of 4 fields answered"


def test_a_change_elsewhere_keeps_what_is_half_typed(panel: ClinicalPanel) -> None:
    QTest.keyClicks(panel.fields["age"].entry, "5")
    panel.show_field(ClinicalRecord({"grade": "2"}), "grade")
    assert panel.fields["age"].entry.text() == "5"
    assert panel.fields["grade"].entry.currentText() == "2"


def test_what_is_known_after_surgery_says_so(panel: ClinicalPanel) -> None:
    kind = type(badge(""))
    marks = {
        name: [w.text() for w in edit.findChildren(kind) if w.property("role") == "badge"]
        for name, edit in panel.fields.items()
    }
    assert marks == {"age": [], "grade": [], "palpable": [], "nodes": ["after surgery"]}


def test_without_a_case_it_says_what_to_do(panel: ClinicalPanel) -> None:
    panel.show_record(None)
    assert panel.empty.isVisible()
    assert not panel.area.isVisible()


def test_hint_holds_range_unit_and_meaning() -> None:
    assert hint_of(AGE) == "18 to 110 years. At diagnosis."


@pytest.mark.parametrize(("text", "number"), [("1.5", 1.5), ("1,5", 1.5), ("x", None), ("1,2,3", None)])
def test_numbers_as_they_are_written(text: str, number: float | None) -> None:
    assert parse_number(text) == number
