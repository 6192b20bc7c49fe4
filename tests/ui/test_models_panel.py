"""A model can be run when it can, and the panel says why when it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import Absent, ClinicalField, ClinicalRecord, ClinicalSchema, FieldKind
from lnm_desktop.domain.ids import CaseId, ImageId
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageKind
from lnm_desktop.inference.events import Progress
from lnm_desktop.ui.panels.models import ModelsPanel
from lnm_desktop.ui.run_check import RunContext, why_not
from lnm_desktop.ui.widgets.model_card import ModelCard
from lnm_desktop.ui.widgets.run_progress import progress_words
from tests.ui.fixtures import a_model, a_plugin

AGE = ClinicalField("age", "Age at diagnosis", FieldKind.NUMBER)
SCHEMA = ClinicalSchema("test", 1, (AGE,))
SLIDE = CaseImage(ImageId("i"), CaseId("c"), ImageKind.SLIDE, "/x.svs", "x")
READY = RunContext(SLIDE, Calibration(0.5, 0.5, CalibrationSource.FILE))


@pytest.mark.parametrize(
    ("context", "words"),
    [
        (RunContext(), "Open an image first."),
        (replace(READY, image=replace(SLIDE, kind=ImageKind.SERIES)), "the image is a series"),
        (replace(READY, calibration=Calibration()), "State the pixel size below"),
        (replace(READY, clinical=ClinicalRecord({"age": Absent.UNKNOWN})), "Age at diagnosis"),
    ],
)
def test_reasons_in_words(context: RunContext, words: str) -> None:
    assert words in why_not(a_model(needs_clinical=("age",)).spec, context, SCHEMA)


def test_no_reason_when_all_is_there() -> None:
    context = replace(READY, clinical=ClinicalRecord({"age": 54.0}))
    assert why_not(a_model(needs_clinical=("age",)).spec, context, SCHEMA) == ""


def test_a_series_needs_no_pixel_size_and_a_record_no_kind_of_image() -> None:
    series = replace(READY, image=replace(SLIDE, kind=ImageKind.SERIES), calibration=Calibration())
    assert why_not(a_model(needs_images=("series",)).spec, series, SCHEMA) == ""
    assert "the image is a slide" in why_not(a_model(needs_images=("series",)).spec, READY, SCHEMA)
    assert why_not(a_model(needs_images=()).spec, series, SCHEMA) == ""


def test_selected_regions_need_a_selection() -> None:
    assert "Select one or more" in why_not(a_model().spec, READY, SCHEMA, regions_only=True)


def a_panel(qtbot: QtBot, context: RunContext = READY) -> ModelsPanel:
    panel = ModelsPanel(SCHEMA, "cpu")
    qtbot.addWidget(panel)
    panel.show_plugins([a_plugin(a_model())])
    panel.show_context(context)
    return panel


def test_run_gives_what_the_form_says(qtbot: QtBot) -> None:
    panel = a_panel(qtbot, replace(READY, regions=2))
    with qtbot.waitSignal(panel.run_wanted) as wanted:
        panel.run.click()
    wish = wanted.args[0]
    assert (wish.model_id, wish.regions_only, wish.device) == ("test-model", True, "cpu")
    assert wish.options["stride"] == 96


def test_run_is_disabled_with_the_reason(qtbot: QtBot) -> None:
    panel = a_panel(qtbot, replace(READY, calibration=Calibration()))
    assert not panel.can_run()
    assert "pixel size" in panel.reason.text()
    assert not panel.reason.isHidden()
    assert not panel.pixel_size.isHidden()
    panel.show_context(READY)
    assert panel.can_run()
    assert panel.pixel_size.isHidden()


def test_broken_plugins_are_listed_in_words_and_can_be_retried(qtbot: QtBot) -> None:
    panel = a_panel(qtbot)
    panel.show_plugins([a_plugin(a_model()), a_plugin(problem="its model file is missing")])
    texts = [child.text() for child in panel.problems.findChildren(type(panel.reason))]
    assert "test-plugin 1.0 cannot be used" in texts
    assert "its model file is missing" in texts
    assert panel.can_run(), "one broken plugin stops no other"


def test_before_and_after_the_search(qtbot: QtBot) -> None:
    panel = ModelsPanel(SCHEMA, "auto")
    qtbot.addWidget(panel)
    assert "Looking for installed models" in panel.empty.text()
    panel.show_plugins([])
    assert "No usable model" in panel.empty.text()


def test_while_running_another_run_can_be_asked_for(qtbot: QtBot) -> None:
    panel = a_panel(qtbot)
    panel.set_running(True)
    assert panel.can_run()
    assert panel.run.text() == "Run Next"
    with qtbot.waitSignal(panel.cancel_wanted):
        panel.progress.cancel.click()
    panel.set_running(False)
    assert panel.can_run()


def test_progress_in_words() -> None:
    assert progress_words(Progress(120, 324, "tiles", 14.24, 75)) == "37 %, 120 of 324 tiles, 14.2 tiles/s, 1:15 left"
    assert progress_words(Progress(0, 324)) == "0 %, 0 of 324 tiles"


def test_a_synthetic_model_says_so(qtbot: QtBot) -> None:
    card = ModelCard()
    qtbot.addWidget(card)
    card.show_spec(a_model(synthetic=True).spec)
    assert not card.synthetic.isHidden()
    card.show_spec(a_model().spec)
    assert card.synthetic.isHidden()


def test_a_card_cannot_bring_html_in(qtbot: QtBot) -> None:
    card = ModelCard()
    qtbot.addWidget(card)
    card.show_spec(a_model(card="# Title\n<img src='http://example.invalid/x.png'>\n**bold**").spec)
    assert "<img" not in card.card.toHtml()
    assert "Title" in card.card.toPlainText()


def test_the_question_for_a_pixel_size_suits_the_kind_of_image(qtbot: QtBot) -> None:
    panel = a_panel(qtbot)
    for kind, words in ((ImageKind.SLIDE, "20×"), (ImageKind.SERIES, "0.5 mm")):
        panel.show_context(RunContext(CaseImage(ImageId(kind.value), CaseId("c"), kind, "path", "label")))
        assert words in panel.pixel_size.where.text()
    panel.pixel_size.size_mpp.setValue(700.0)
    assert panel.pixel_size.size_mpp.value() == 700.0
    assert "reads a slide" in panel.reason.text()
