"""Every number stands with its unit, its meaning and its origin."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from lnm_desktop.domain.ids import ImageId, RunId
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY, Score
from lnm_desktop.store.records import PredictionRecord
from lnm_desktop.ui.panels.results import ResultsPanel
from lnm_desktop.ui.widgets.score_card import score_words
from tests.ui.fixtures import a_prediction


@pytest.fixture
def panel(qtbot: QtBot) -> ResultsPanel:
    made = ResultsPanel()
    qtbot.addWidget(made)
    made.show_runs([PredictionRecord(RunId("r" * 32), ImageId("i"), "test-model", "1.2.0", "predictions/r")])
    made.show_prediction(a_prediction(), synthetic_model=False, synthetic_input=True)
    return made


def words(panel: ResultsPanel) -> list[str]:
    return [found.text() for found in panel.card.findChildren(QLabel)]


def test_score_card_is_complete(panel: ResultsPanel) -> None:
    shown = words(panel)
    for text in (
        "Tumour probability",
        "0.873",
        "12 mm²",
        "Highest in the slide",
        "Check the stain.",
        RESEARCH_USE_ONLY,
    ):
        assert text in shown
    origin = next(text for text in shown if text.startswith("test-model 1.2.0"))
    assert "Weights abcdef012345" in origin
    assert "Device cpu" in origin
    assert "2.5 s" in origin


def test_synthetic_input_is_marked(panel: ResultsPanel) -> None:
    assert "SYNTHETIC DATA" in words(panel)
    assert "SYNTHETIC MODEL" not in words(panel)


def test_regions_are_walked_and_stop_at_both_ends(panel: ResultsPanel) -> None:
    places = []
    panel.region_chosen.connect(lambda ranked: places.append(ranked.score))
    for step in (1, 1, 1, -1, -1):
        panel.step(step)
    assert places == [0.9, 0.4, 0.4, 0.9, 0.9]
    assert panel.position.text() == "1 of 2"
    assert not panel.previous.isEnabled()


def test_style_follows_the_controls(panel: ResultsPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.heatmap.style_changed) as changed:
        panel.heatmap.set_threshold(0.31)
    assert changed.args[0].threshold == pytest.approx(0.31)
    assert panel.heatmap.style_wanted().threshold == pytest.approx(0.31)


def test_without_a_run_it_says_what_to_do(panel: ResultsPanel) -> None:
    panel.show_runs(())
    assert not panel.empty.isHidden()
    assert panel.body.isHidden()


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(0.5, "", "0.500"), (3.0, "cells", "3 cells"), (2.345, "mm²", "2.35 mm²")]
)
def test_values_with_units(value: float, unit: str, text: str) -> None:
    assert score_words(Score("x", "x", value, unit)) == text
