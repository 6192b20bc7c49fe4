"""Models ▸ Explain Tile: which pixels the shown run's network used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lnm_desktop.app.explain import METHODS, TileExplanation
from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.errors import InferenceError
from lnm_desktop.ui import explaining_tile
from lnm_desktop.ui.viewer.view_state import ViewState
from lnm_desktop.ui.widgets.explanation_dialog import ExplanationDialog
from tests.ui.conftest import Bench
from tests.ui.test_run_history import runs  # noqa: F401 - a fixture

CENTER = Point(150, 120)


class Explainer:
    """Stands in for the worker: Grad-CAM gives a map, integrated gradients none."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def __call__(self, _models: object, model: str, slide: Path, at: Point, method: str, **named: Any) -> Any:
        self.asked.append((model, slide.name, at, method, named["user_mpp"]))
        if method != METHODS[0]:
            raise InferenceError("the gradients of test-model are not finite here", hint="Choose grad-cam.")
        tile, values = np.full((8, 8, 3), 200, np.uint8), np.eye(8, dtype=np.float32)
        return TileExplanation(
            model, "1.2.0", method, "tumor", Region(0, 0, 8, 8), tile, values, {"normal": 0.2, "tumor": 0.8}, None
        )


@pytest.fixture
def explainer(runs: Bench, monkeypatch: pytest.MonkeyPatch) -> Explainer:  # noqa: F811
    made = Explainer()
    monkeypatch.setattr(explaining_tile, "explain_tile", made)
    runs.pane.view = ViewState(5.0, 2.0, 8.0, CENTER)
    return made


def ask(bench: Bench) -> ExplanationDialog:
    dialog = bench.wiring.explaining_tile.ask()
    assert dialog is not None
    bench.wait(lambda: bench.background.idle)
    return dialog


def test_the_middle_of_the_view_is_explained_by_the_shown_runs_model(runs: Bench, explainer: Explainer) -> None:  # noqa: F811
    assert runs.actions["explain-tile"].isEnabled()
    dialog = ask(runs)
    image = runs.bench.current.image
    assert image is not None
    assert explainer.asked == [("test-model", "slide.svs", CENTER, "grad-cam", image.user_mpp)]
    assert not dialog.picture.pixmap().isNull()
    assert "150, 120" in dialog.windowTitle()
    dialog.method.setCurrentText(METHODS[1])
    runs.wait(lambda: runs.background.idle)
    assert dialog.error.text() == "the gradients of test-model are not finite here. Choose grad-cam."
    assert not dialog.save.isEnabled()
    dialog.close()


def test_an_explanation_is_saved_with_what_it_depends_on(
    runs: Bench,  # noqa: F811
    explainer: Explainer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert explainer.asked == []
    monkeypatch.setattr(explaining_tile, "ask_folder", lambda _parent, _title, use: use(tmp_path / "why"))
    dialog = ask(runs)
    dialog.save.click()
    runs.wait(lambda: runs.background.idle)
    names = ["attribution.safetensors", "explanation.json", "explanation.png"]
    assert sorted(file.name for file in (tmp_path / "why").iterdir()) == names
    dialog.close()


def test_without_a_shown_map_there_is_nothing_to_explain(bench: Bench) -> None:
    assert not bench.actions["explain-tile"].isEnabled()
    assert bench.wiring.explaining_tile.ask() is None
