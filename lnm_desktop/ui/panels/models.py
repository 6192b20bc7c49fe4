"""Choose a model, read its card, set its options, run it, watch it, stop it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QRadioButton, QVBoxLayout, QWidget

from lnm_desktop.app.models import PluginState
from lnm_desktop.domain.clinical import ClinicalSchema
from lnm_desktop.plugin.spec import ModelDescription
from lnm_desktop.ui.run_check import RunContext, RunWish, why_not
from lnm_desktop.ui.widgets.model_card import ModelCard
from lnm_desktop.ui.widgets.options_form import OptionsForm
from lnm_desktop.ui.widgets.parts import button, clear_layout, column, label, row, scrolled, tool_button
from lnm_desktop.ui.widgets.pixel_size import PixelSizeQuestion
from lnm_desktop.ui.widgets.run_progress import RunProgress
from lnm_desktop.ui.widgets.waiting_runs import WaitingRuns

_DEVICES = (("Automatic", "auto"), ("Processor (CPU)", "cpu"), ("NVIDIA GPU (CUDA)", "cuda"))
_LOADING = "Looking for installed models. The first time this takes up to a minute; you can go on working."
_NONE = "No usable model is installed. See Plugins ▸ Plugins."


class ModelsPanel(QWidget):
    """`run_wanted` gives a RunWish; `mpp_given` a pixel size in µm; `retry_wanted` a plugin's name."""

    run_wanted = Signal(object)
    cancel_wanted = Signal()
    pause_wanted = Signal(bool)
    mpp_given = Signal(float)
    retry_wanted = Signal(str)

    def __init__(self, schema: ClinicalSchema, device: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schema = schema
        self._models: tuple[ModelDescription, ...] = ()
        self._context = RunContext()
        self.empty = label(_LOADING, "hint")
        self.choice = QComboBox()
        self.choice.setAccessibleName("Model")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.card = ModelCard()
        self.options = OptionsForm()
        self.whole, self.part = QRadioButton("Whole slide"), QRadioButton("Selected regions")
        self.scope = QButtonGroup(self)
        self.pixel_size = PixelSizeQuestion()
        self.device = _device_box(device)
        self.run = button("Run", "Run the chosen model (Ctrl+R)", "primary")
        self.reason = label("", "warn")
        self.progress = RunProgress()
        self.waiting = WaitingRuns()
        self.problems = QWidget()
        self._problems = column(margin=0)
        self.problems.setLayout(self._problems)
        self._arrange()
        self._connect()
        self.show_models((), looked=False)

    def show_plugins(self, states: Sequence[PluginState]) -> None:
        """Show the models of these plugins, and in words what is wrong with the others."""
        self.show_models(tuple(model for state in states for model in state.models), looked=True)
        clear_layout(self._problems)
        for state in states:
            if state.problem:
                self._add_problem(state)

    def show_models(self, models: tuple[ModelDescription, ...], *, looked: bool) -> None:
        """Show these models; `looked` is False while the search goes on."""
        before = self.current()
        self._models = models
        self.choice.blockSignals(True)
        self.choice.clear()
        for model in models:
            self.choice.addItem(f"{model.spec.title}  {model.spec.version}", model.spec.id)
        ids = [model.spec.id for model in models]
        self.choice.setCurrentIndex(ids.index(before.spec.id) if before and before.spec.id in ids else 0)
        self.choice.blockSignals(False)
        self.empty.setText(_NONE if looked else _LOADING)
        self.empty.setVisible(not models)
        for part in (self.body, self.foot):
            part.setVisible(bool(models))
        self._show_model()

    def show_context(self, context: RunContext) -> None:
        """What a run would be given has changed."""
        if self._context.regions == 0 and context.regions > 0:
            self.part.setChecked(True)
        if context.regions == 0:
            self.whole.setChecked(True)
        if context.image is not None and context.image != self._context.image:
            self.pixel_size.show_kind(context.image.kind)
        self._context = context
        self.part.setText(f"Selected regions ({context.regions})" if context.regions else "Selected regions")
        self.part.setEnabled(context.regions > 0)
        self.pixel_size.setVisible(context.image is not None and not context.calibration.is_known)
        self._judge()

    def current(self) -> ModelDescription | None:
        """The chosen model."""
        place = self.choice.currentIndex()
        return self._models[place] if 0 <= place < len(self._models) else None

    def can_run(self) -> bool:
        """True when Run would start."""
        return self.run.isEnabled()

    def start(self) -> None:
        """Ask for a run as the form says."""
        wish = self.wish()
        if wish is not None and self.can_run():
            self.run_wanted.emit(wish)

    def wish(self) -> RunWish | None:
        """What the form says; None without a model."""
        model = self.current()
        if model is None:
            return None
        return RunWish(model.spec.id, self.options.values(), self.part.isChecked(), str(self.device.currentData()))

    def set_running(self, running: bool) -> None:
        """Show a run's progress; what is asked for meanwhile waits for its turn."""
        self.progress.begin()
        self.progress.setVisible(running)
        self.run.setText("Run Next" if running else "Run")
        self._judge()

    def _arrange(self) -> None:
        self.body = QWidget()
        line = row(self.whole, self.part, None)
        inner = column(self.choice, self.card, label("OPTIONS", "section"), self.options, margin=0)
        inner.addWidget(label("WHERE", "section"))
        inner.addLayout(line)
        for widget in (label("DEVICE", "section"), self.device):
            inner.addWidget(widget)
        self.body.setLayout(inner)
        content = QWidget()
        layout = column(self.empty, self.body, self.problems)
        layout.addStretch(1)
        content.setLayout(layout)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scrolled(content), 1)
        self.foot = QWidget()
        self.foot.setLayout(column(self.reason, self.pixel_size, self.run, self.progress, self.waiting))
        outer.addWidget(self.foot)

    def _connect(self) -> None:
        for choice in (self.whole, self.part):
            self.scope.addButton(choice)
            choice.toggled.connect(lambda _on: self._judge())
        self.whole.setChecked(True)
        self.choice.currentIndexChanged.connect(lambda _index: self._show_model())
        self.run.clicked.connect(self.start)
        self.progress.cancel.clicked.connect(self.cancel_wanted)
        self.progress.pause.toggled.connect(self.pause_wanted)
        self.pixel_size.given.connect(self.mpp_given)
        self.progress.hide()

    def _show_model(self) -> None:
        model = self.current()
        if model is not None:
            self.card.show_spec(model.spec)
            self.options.show_schema(model.options_schema)
        self._judge()

    def _judge(self) -> None:
        model = self.current()
        reason = "" if model is None else self._why_not(model)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.run.setEnabled(model is not None and not reason)
        self.run.setToolTip(reason or "Run the chosen model (Ctrl+R)")

    def _why_not(self, model: ModelDescription) -> str:
        return why_not(model.spec, self._context, self._schema, regions_only=self.part.isChecked())

    def _add_problem(self, state: PluginState) -> None:
        self._problems.addWidget(label(f"{state.name} {state.version} cannot be used", "heading"))
        self._problems.addWidget(label(state.problem, "error"))
        again = tool_button("Try again", "Ask this plugin again")
        again.clicked.connect(lambda: self.retry_wanted.emit(state.name))
        self._problems.addLayout(row(again, None))


def _device_box(device: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName("Device")
    box.setToolTip("Where the model computes; a device that is missing is reported, not replaced in silence")
    devices = (*_DEVICES, ("Apple GPU (MPS)", "mps")) if sys.platform == "darwin" else _DEVICES
    for words, name in devices:
        box.addItem(words, name)
    box.setCurrentIndex(max(0, box.findData(device)))
    return box
