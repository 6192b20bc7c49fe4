"""The open case's risk: asked anew as its clinical data change, in the model's own process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from shiboken6 import isValid

from lnm_desktop.app.case_report import case_report, save_case_report
from lnm_desktop.app.readings import own_reading, read_by_reader, shown_by_model
from lnm_desktop.app.risk_words import risk_words, value_words
from lnm_desktop.app.session import Change
from lnm_desktop.domain.clinical import Absent, Value
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.domain.nomogram import Nomogram
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.domain.reading import Reading
from lnm_desktop.domain.risk import Population, Risk, RiskAnswer
from lnm_desktop.errors import LnmError
from lnm_desktop.inference.risks import RiskClient, known_values
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.widgets.file_dialogs import ask_folder
from lnm_desktop.ui.widgets.nomogram_dialog import NomogramDialog
from lnm_desktop.ui.workbench import Workbench

Answered = tuple[RiskAnswer, Population]
COMPARED = ("Model", "Probability", "95 % interval")


class Judging(QObject):
    """The LNM panel's questions and answers. While one is answered only the last wish waits."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench, self._panel = bench, bench.panels.risk
        self._specs: tuple[ModelSpec, ...] = ()
        self._chosen = ""
        self._asking = self._again = False
        self._to_journal = ""
        self.values: Mapping[str, Value] = {}
        bench.current.case_changed.connect(self.ask)
        bench.changed.connect(self._hear)
        bench.predicting.plugins_found.connect(self._take_models)
        self._panel.model_chosen.connect(self._choose)
        self._panel.reading.switched.connect(self.ask)
        self._panel.reading.given.connect(self._keep_reading)
        self._panel.if_given.connect(self._ask_if)
        self._panel.nomogram.clicked.connect(self._ask_nomogram)
        self._panel.compare.clicked.connect(self._ask_all)
        handlers = {"nomogram": self._ask_nomogram, "compare-risks": self._ask_all}
        actions.on({**handlers, "report": self._ask_report})
        self._actions = actions
        bench.current.case_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        """What tells a model's number waits for the reader's own, where the reader wants to read first."""
        opened = self._bench.current.case is not None
        for action_id in ("nomogram", "compare-risks"):
            self._actions[action_id].setEnabled(opened and bool(self._specs) and not self.waits_for_reader)
        self._actions["report"].setEnabled(opened and not self.waits_for_reader)

    @property
    def waits_for_reader(self) -> bool:
        """True while the reader wants to read first, and has not read the open case."""
        return self._panel.reading.first.isChecked() and self._own_reading() is None

    def _own_reading(self) -> Reading | None:
        session, case = self._bench.current.session, self._bench.current.case
        return own_reading(session, case.id) if session is not None and case is not None else None

    def _keep_reading(self, probability: float) -> None:
        session, case = self._bench.current.session, self._bench.current.case
        if session is not None and case is not None:
            self._bench.notices.attempt(lambda: read_by_reader(session, case.id, probability))
            self._to_journal = case.id
            self.ask()

    @property
    def spec(self) -> ModelSpec | None:
        """The chosen model."""
        return next((spec for spec in self._specs if spec.id == self._chosen), None)

    def ask(self) -> None:
        """Ask for the open case's risk; what is asked meanwhile is answered after it."""
        record, spec, case = self._bench.current.clinical, self.spec, self._bench.current.case
        self._panel.reading.show_reading(self._own_reading())
        self._refresh()
        if self.waits_for_reader and case is not None:
            self._panel.ask_first()
            return
        if record is None or spec is None or case is None:
            self._panel.show_state(self._why_not())
            return
        if self._asking:
            self._again = True
            return
        self._asking, values = True, known_values(record)
        client = self._client(spec)
        self._bench.background.run(
            lambda: client.reasons(values),
            lambda answer: self._show(spec, case.id, values, answer),
            self._fail,
        )

    def _why_not(self) -> str:
        if self._bench.current.case is None:
            return "Open a case to see what its clinical data say of lymph node metastasis."
        looked = bool(self._bench.predicting.plugins)
        return "No model of clinical data is installed." if looked else "Looking for models …"

    def _client(self, spec: ModelSpec) -> RiskClient:
        return RiskClient(self._bench.models.client(spec.id), spec.id)

    def _take_models(self) -> None:
        found = [model.spec for state in self._bench.predicting.plugins for model in state.models]
        self._specs = tuple(spec for spec in found if is_risk(spec))
        if self.spec is None:
            self._chosen = self._specs[0].id if self._specs else ""
        self._panel.show_models(self._specs, self._chosen)
        self._refresh()
        self.ask()

    def _choose(self, model_id: str) -> None:
        self._chosen = model_id
        self.ask()

    def _hear(self, change: Change) -> None:
        case = self._bench.current.case
        if change.what == "clinical" and case is not None and change.case_id == case.id:
            self.ask()

    def _show(self, spec: ModelSpec, case_id: CaseId, values: Mapping[str, Value], answer: Answered) -> None:
        self._asking = False
        case = self._bench.current.case
        current = case is not None and case.id == case_id and spec.id == self._chosen
        if current and not self._again and not self.waits_for_reader:
            self.values = values
            self._panel.show_answer(spec, *answer, values)
            self._journal_shown(spec, answer[0].risk.probability)
        self._go_on()

    def _journal_shown(self, spec: ModelSpec, probability: float) -> None:
        """The first number that a reader sees after reading goes into the journal too."""
        session, case = self._bench.current.session, self._bench.current.case
        if session is not None and case is not None and self._to_journal == case.id:
            self._to_journal = ""
            model = f"{spec.id} {spec.version}"
            self._bench.notices.attempt(lambda: shown_by_model(session, case.id, probability, model))

    def _fail(self, error: LnmError) -> None:
        self._asking = False
        self._panel.show_state(f"{error.message}. {error.hint}".strip())
        self._go_on()

    def _go_on(self) -> None:
        if self._again:
            self._again = False
            self.ask()

    def _ask_if(self, field: str, value: Value) -> None:
        spec = self.spec
        if spec is None:
            return
        client = self._client(spec)
        row = {name: known for name, known in self.values.items() if name != field}
        if not isinstance(value, Absent):
            row[field] = value
        words = value_words(self._panel.schema, field, value)

        def show(risk: Risk) -> None:
            self._panel.show_if(f"If {words}: {risk_words(risk)}")

        self._bench.background.run(lambda: client.judge([row])[0].risk, show, self._bench.notices.error)

    def _ask_all(self) -> None:
        """What every model says of this patient."""
        values, clients = dict(self.values), [(spec, self._client(spec)) for spec in self._specs]

        def show(risks: list[tuple[ModelSpec, Risk]]) -> None:
            rows = [
                (spec.title.rpartition(", ")[2], f"{risk.probability:.1%}", f"{risk.lower:.1%} – {risk.upper:.1%}")
                for spec, risk in risks
            ]
            TableDialog("Models on This Patient", COMPARED, rows, self._bench.window).show()

        self._bench.background.run(
            lambda: [(spec, client.judge([values])[0].risk) for spec, client in clients],
            show,
            self._bench.notices.error,
        )

    def _ask_nomogram(self) -> None:
        spec = self.spec
        if spec is None:
            return
        client, values = self._client(spec), dict(self.values)

        def show(found: Nomogram) -> None:
            if isValid(self._bench.window):
                NomogramDialog(spec.title, found, self._panel.schema, values, self._bench.window).show()

        self._bench.background.run(client.nomogram, show, self._bench.notices.error)

    def _ask_report(self) -> None:
        ask_folder(self._bench.window, "Write Report To", self.write_report)

    def write_report(self, folder: Path) -> None:
        """Write the open case's report."""
        session, case = self._bench.current.session, self._bench.current.case
        if session is None or case is None:
            return
        models, notices, chosen = self._bench.models, self._bench.notices, self._chosen
        self._bench.background.run(
            lambda: save_case_report(case_report(session, models, case.id, chosen), folder),
            lambda files: notices.info(
                f"Report written: {' and '.join(file.name for file in files)}.", RESEARCH_USE_ONLY
            ),
            notices.error,
        )


def is_risk(spec: ModelSpec) -> bool:
    """True for a model of clinical data alone that can do without any of them."""
    return spec.task == "tabular-classification" and bool(spec.uses_clinical) and not spec.needs_clinical
