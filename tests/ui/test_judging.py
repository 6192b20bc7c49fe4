"""The LNM panel: the open case's risk follows its clinical data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from lnm_desktop.app.commands import SetClinicalValue
from lnm_desktop.app.models import PluginState
from lnm_desktop.domain.clinical import Absent
from lnm_desktop.domain.nomogram import Nomogram
from lnm_desktop.domain.risk import Population, Risk, RiskAnswer
from lnm_desktop.errors import InferenceError
from lnm_desktop.inference.risks import JudgedRow
from lnm_desktop.plugin.risk_nomogram import nomogram
from lnm_desktop.plugin.risk_reasons import reasons
from lnm_desktop.plugin.spec import ModelDescription
from lnm_desktop.ui import judging
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.widgets.nomogram_dialog import NomogramDialog
from tests.fakes.risks import sum_of_fields
from tests.ui.conftest import Bench


class FakeRisks:
    """Answers in this process what the worker would."""

    asked: ClassVar[list[Any]] = []
    broken = False

    def __init__(self, _client: object, model_id: str) -> None:
        self.model = sum_of_fields()

    def reasons(self, values: Any) -> tuple[RiskAnswer, Population]:
        FakeRisks.asked.append(dict(values))
        if FakeRisks.broken:
            raise InferenceError("the worker ended", hint="Run it again.")
        return reasons(self.model, {"age": values.get("age"), "grade": values.get("grade")}), self.model.population()

    def judge(self, rows: Sequence[Any]) -> tuple[JudgedRow, ...]:
        found = self.model.judge([{"age": row.get("age"), "grade": row.get("grade")} for row in rows])
        ends = zip(found.probability, found.lower, found.upper, strict=True)
        return tuple(JudgedRow(Risk(*map(float, three)), ()) for three in ends)

    def nomogram(self) -> Nomogram:
        return nomogram(self.model)


@pytest.fixture
def judged(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A case with an age, and one model that knows ages and grades."""
    monkeypatch.setattr(judging, "RiskClient", FakeRisks)
    monkeypatch.setattr(bench.models, "client", lambda _model: None)
    FakeRisks.asked, FakeRisks.broken = [], False
    case = bench.session.add_case("SYNTHETIC-1")
    bench.session.execute(SetClinicalValue(case.id, "age", 70.0, "Age"))
    description = ModelDescription(sum_of_fields().spec, "fake:Model")
    bench.bench.predicting.plugins = (PluginState("fake", "1", (description,)),)
    bench.bench.predicting.plugins_found.emit()
    bench.bench.current.open_case(case.id)
    settle(bench)
    return bench


def said(shown: QLabel) -> str:
    return shown.text().replace("\u00a0", " ")


def settle(bench: Bench) -> None:
    bench.wait(lambda: bench.background.idle)


def test_the_panel_states_the_risk_and_what_it_rests_on(judged: Bench) -> None:
    panel = judged.panels.risk
    assert panel.state.isHidden()
    assert panel.number.text() == "35 %"
    assert said(panel.interval) == "positive: 35 % (95 % interval 29–43 %)"
    assert said(panel.band) == (
        "Of 100 training patients who, unseen, were given 30–70 %, 60 % were positive (50–69 %)."
    )
    assert "Age at diagnosis: 70 years +0.40" in panel.bars.accessibleName()
    assert said(panel.missing) == "Grade: from 17 % (1) to 52 % (3)"
    assert panel.unused.isHidden()
    assert not panel.card.synthetic.isHidden()


def test_what_the_model_does_not_read_is_told(judged: Bench) -> None:
    case = judged.bench.current.case
    assert case is not None
    judged.session.execute(SetClinicalValue(case.id, "ki67", 20.0, "Ki-67"))
    judged.wait(lambda: not judged.panels.risk.unused.isHidden())
    assert judged.panels.risk.unused.text() == "Known, but not read by this model: Ki-67."


def test_an_edit_changes_the_number(judged: Bench) -> None:
    case = judged.bench.current.case
    assert case is not None
    judged.session.execute(SetClinicalValue(case.id, "grade", "3", "Grade"))
    settle(judged)
    judged.wait(lambda: judged.panels.risk.number.text() == "52 %")
    assert judged.panels.risk.missing.isHidden()
    judged.session.execute(SetClinicalValue(case.id, "age", Absent.UNKNOWN, "Age"))
    judged.wait(lambda: judged.panels.risk.number.text() == "43 %")


def test_what_is_asked_meanwhile_is_answered_last(judged: Bench) -> None:
    case = judged.bench.current.case
    assert case is not None
    FakeRisks.asked.clear()
    for age in range(40, 60):
        judged.session.execute(SetClinicalValue(case.id, "age", float(age), "Age"))
    judged.wait(lambda: judged.background.idle and FakeRisks.asked and FakeRisks.asked[-1] == {"age": 59.0})
    settle(judged)
    assert "59 years" in judged.panels.risk.bars.accessibleName()


def test_the_operating_point_tells_counts(judged: Bench) -> None:
    panel = judged.panels.risk
    panel.point.number.setValue(0.2)
    assert panel.call.text() == "This patient is at or above the operating point."
    assert said(panel.counts).startswith("From 20 % on: of 100 training patients 17 would be spared")
    panel.point.number.setValue(0.4)
    assert panel.call.text() == "This patient is below the operating point."
    assert "38 % of the positive would be missed" in said(panel.counts)


def test_what_if(judged: Bench) -> None:
    panel = judged.panels.risk
    panel.field.setCurrentIndex(panel.field.findData("age"))
    panel._show_edit()
    edit = panel.edit_place.itemAt(0).widget()
    assert edit is not None
    line = edit.findChild(QLineEdit)
    assert line is not None
    QTest.keyClicks(line, "40")
    QTest.keyClick(line, Qt.Key.Key_Return)
    settle(judged)
    assert said(panel.if_words) == "If Age at diagnosis: 40 years: 23 % (95 % interval 18–29 %)"


def test_a_failure_is_told_and_asked_again(judged: Bench) -> None:
    FakeRisks.broken = True
    judged.wiring.judging.ask()
    settle(judged)
    assert judged.panels.risk.state.text() == "the worker ended. Run it again."
    FakeRisks.broken = False
    judged.wiring.judging.ask()
    settle(judged)
    assert judged.panels.risk.number.text() == "35 %"


def test_nomogram_and_comparison_open(judged: Bench) -> None:
    judged.actions["nomogram"].trigger()
    judged.actions["compare-risks"].trigger()
    settle(judged)
    chart = judged.window.findChild(NomogramDialog)
    table = judged.window.findChild(TableDialog)
    assert chart is not None
    assert table is not None
    assert not chart.chart.grab().isNull()
    for dialog in (chart, table):
        dialog.close()


def test_without_a_case_or_a_model(bench: Bench) -> None:
    assert "Open a case" in bench.panels.risk.state.text()
    assert not bench.actions["nomogram"].isEnabled()
    assert not bench.actions["report"].isEnabled()
    case = bench.session.add_case("SYNTHETIC-2")
    bench.bench.current.open_case(case.id)
    assert bench.panels.risk.state.text() == "Looking for models …"


def test_reading_first_hides_the_model_until_the_reader_has_spoken(judged: Bench) -> None:
    panel, case = judged.panels.risk, judged.bench.current.case
    assert case is not None
    panel.reading.first.setChecked(True)
    assert panel.area.isHidden()
    assert panel.state.text().startswith("State your own probability first")
    assert not any(judged.actions[name].isEnabled() for name in ("nomogram", "compare-risks", "report"))
    judged.session.execute(SetClinicalValue(case.id, "grade", "3", "Grade"))
    settle(judged)
    assert panel.area.isHidden()
    panel.reading.estimate.number.setValue(0.4)
    panel.reading.keep.click()
    settle(judged)
    judged.wait(lambda: len(judged.session.readings(case.id)) == 2)
    own, shown = judged.session.readings(case.id)
    assert (own.source, own.probability, own.author, own.model) == ("reader", 0.4, "tester", "")
    assert (shown.source, shown.model, round(shown.probability, 3)) == ("model", "sum 1", 0.525)
    assert panel.number.text() == "52 %"
    assert panel.reading.said.text().startswith("You said 40")
    words = [entry.words for entry in judged.session.history(case.id)]
    assert words[-2:] == ["Reader's probability of metastasis 40 %", "Shown sum 1: probability of metastasis 52 %"]
    judged.session.execute(SetClinicalValue(case.id, "age", 40.0, "Age"))
    settle(judged)
    assert len(judged.session.readings(case.id)) == 2
    assert judged.session.undo(case.id) is not None
    assert len(judged.session.readings(case.id)) == 2
    assert judged.session.verify().ok


def test_a_case_that_was_read_is_shown_at_once_and_another_is_not(judged: Bench) -> None:
    panel = judged.panels.risk
    first = judged.bench.current.case
    assert first is not None
    panel.reading.first.setChecked(True)
    panel.reading.keep.click()
    settle(judged)
    other = judged.session.add_case("SYNTHETIC-3")
    judged.bench.current.open_case(other.id)
    settle(judged)
    assert panel.area.isHidden()
    judged.bench.current.open_case(first.id)
    settle(judged)
    assert not panel.area.isHidden()
    panel.reading.first.setChecked(False)
    judged.bench.current.open_case(other.id)
    settle(judged)
    assert not panel.area.isHidden()
