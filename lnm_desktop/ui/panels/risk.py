"""The probability of lymph node metastasis of the open case, what it rests on and what it would be if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from lnm_desktop.app.risk_words import (
    band_words,
    missing_words,
    risk_words,
    threshold_words,
    value_words,
)
from lnm_desktop.domain.clinical import Absent, ClinicalSchema, Value
from lnm_desktop.domain.risk import Population, RiskAnswer
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.ui.theme.tokens import SPACE_M
from lnm_desktop.ui.widgets.clinical_field import ClinicalFieldEdit, field_edit
from lnm_desktop.ui.widgets.model_card import ModelCard
from lnm_desktop.ui.widgets.number_slider import NumberSlider, Span
from lnm_desktop.ui.widgets.own_reading import OwnReading
from lnm_desktop.ui.widgets.parts import button, clear_layout, column, label, row, scrolled
from lnm_desktop.ui.widgets.risk_bars import ContributionBars, RiskBar


class RiskPanel(QWidget):
    """`model_chosen(id)` asks for another model, `if_given(field, value)` for the answer to "what if"."""

    model_chosen = Signal(str)
    if_given = Signal(str, object)

    def __init__(self, schema: ClinicalSchema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.schema = schema
        self._spec: ModelSpec | None = None
        self._population: Population | None = None
        self._answer: RiskAnswer | None = None
        self.models = QComboBox()
        self.models.setAccessibleName("Model")
        self.models.activated.connect(lambda place: self.model_chosen.emit(self.models.itemData(place)))
        self.state = label("", "hint")
        self.number, self.interval = label("", "number", wrap=False), label("", "label")
        self.bar, self.band = RiskBar(), label("", "hint")
        self.warnings = label("", "warn")
        self.reading = OwnReading()
        self.bars, self.missing = ContributionBars(), label("", "label")
        self.unused, self.card = label("", "hint"), ModelCard()
        self.point = NumberSlider("Act from", Span(0.01, 0.99, 0.5), "Operating point", self)
        self.point.value_changed.connect(lambda _value: self._show_point())
        self.counts, self.call = label("", "hint"), label("", "label")
        self.field = QComboBox()
        self.field.setAccessibleName("Field to change")
        self.field.activated.connect(lambda _place: self._show_edit())
        self.edit_place = QVBoxLayout()
        self.if_words = label("", "label")
        self.nomogram = button("Nomogram…", "Points for each value, to be used by hand")
        self.compare = button("Compare Models…", "What every model says of this patient")
        self.content = QWidget()
        self.content.setLayout(self._arrange())
        self.area = scrolled(self.content)
        self.setLayout(column(self.reading, self.state, self.area))
        self.show_state("Open a case to see what its clinical data say of lymph node metastasis.")

    def show_models(self, specs: Sequence[ModelSpec], chosen: str) -> None:
        """The models to choose from."""
        self.models.clear()
        for spec in specs:
            self.models.addItem(spec.title.rpartition(", ")[2] or spec.title, spec.id)
            self.models.setItemData(self.models.count() - 1, spec.title, Qt.ItemDataRole.ToolTipRole)
        self.models.setCurrentIndex(max(0, self.models.findData(chosen)))

    def show_state(self, words: str) -> None:
        """Say why there is no number."""
        self.state.setText(words)
        self.state.setVisible(bool(words))
        self.area.setVisible(not words)

    def ask_first(self) -> None:
        """The reader has not read yet: no number of a model is shown."""
        self._answer = None
        self.show_state("State your own probability first; then the model's is shown.")

    def show_answer(
        self, spec: ModelSpec, answer: RiskAnswer, population: Population, values: Mapping[str, Value]
    ) -> None:
        """Show a patient's risk."""
        if self._spec is None or self._spec.id != spec.id:
            self.point.set_value(spec.operating_point)
            self._offer_fields(spec, population)
            self.card.show_spec(spec)
        self._spec, self._population, self._answer = spec, population, answer
        self.show_state("")
        self.number.setText(f"{100 * answer.risk.probability:.0f} %")
        self.interval.setText(_unbroken(f"{spec.classes[-1]}: {risk_words(answer.risk)}"))
        self.band.setText(_unbroken(band_words(population, answer.risk.probability, spec.classes[-1])))
        self._set(self.warnings, "\n".join(self._labelled(words) for words in answer.warnings))
        self.bars.show_lines(
            [
                (value_words(self.schema, item.field, values[item.field]), item.log_odds)
                for item in answer.contributions
            ]
        )
        names = [self.schema.field(name).label for name in values if name not in spec.uses_clinical]
        self._set(self.unused, f"Known, but not read by this model: {', '.join(names)}." if names else "")
        self._set(self.missing, "\n".join(missing_words(self.schema, item) for item in answer.missing))
        self.if_words.setText("")
        self._show_point()

    def show_if(self, words: str) -> None:
        """The answer to "what if"."""
        self.if_words.setText(_unbroken(words))

    def _labelled(self, words: str) -> str:
        """A warning with the field's label in place of its id."""
        name, _, rest = words.partition(" ")
        labels = {field.id: field.label for field in self.schema.fields}
        return f"{labels[name]} {rest}" if name in labels else words

    def _set(self, widget: QLabel, words: str) -> None:
        widget.setText(_unbroken(words))
        widget.setVisible(bool(words))

    def _show_point(self) -> None:
        if self._answer is None or self._population is None or self._spec is None:
            return
        point, risk, finding = self.point.value, self._answer.risk, self._spec.classes[-1]
        self.bar.show_risk(risk, point)
        self.counts.setText(_unbroken(threshold_words(self._population, point, finding)))
        above = "at or above" if risk.probability >= point else "below"
        self.call.setText(f"This patient is {above} the operating point.")

    def _offer_fields(self, spec: ModelSpec, population: Population) -> None:
        self.field.clear()
        for name in spec.uses_clinical:
            if name in population.fields:
                self.field.addItem(self.schema.field(name).label, name)
        self._show_edit()

    def _show_edit(self) -> None:
        clear_layout(self.edit_place)
        name = self.field.currentData()
        if name is not None:
            edit: ClinicalFieldEdit = field_edit(self.schema.field(name))
            edit.accepted.connect(self._give_if)
            self.edit_place.addWidget(edit)

    def _give_if(self, field: str, value: Value) -> None:
        if not isinstance(value, Absent) or value is Absent.UNKNOWN:
            self.if_given.emit(field, value)

    def _arrange(self) -> QVBoxLayout:
        return _sections(
            (
                "",
                (row(label("Model", wrap=False), self.models, None), self.number, self.interval, self.bar, self.band),
            ),
            ("", (self.warnings,)),
            ("WHAT IT RESTS ON", (self.bars, self.unused)),
            ("WHAT IS MISSING, AND HOW FAR IT COULD MOVE THE NUMBER", (self.missing,)),
            ("OPERATING POINT", (self.point, self.call, self.counts)),
            ("WHAT IF", (self.field, self.edit_place, self.if_words)),
            ("", (row(self.nomogram, self.compare, None),)),
            ("THE MODEL", (self.card,)),
        )


def _unbroken(words: str) -> str:
    """A number stays on the line of its per cent sign."""
    return words.replace(" %", "\u00a0%")


def _sections(*sections: tuple[str, Sequence[object]]) -> QVBoxLayout:
    layout = column(margin=0, spacing=SPACE_M)
    for title, parts in sections:
        if title:
            layout.addWidget(label(title, "section"))
        for part in parts:
            if isinstance(part, QWidget):
                layout.addWidget(part)
            else:
                layout.addLayout(part)  # type: ignore[arg-type]
    layout.addStretch(1)
    return layout
