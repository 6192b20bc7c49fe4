"""Finished runs in the window: listed, judged, compared, verified, outlined."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from lnm_desktop.app.commands import SetClinicalValue
from lnm_desktop.app.run_differences import NUMBERS, Difference
from lnm_desktop.app.verify import Verification
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import HeatmapGrid, Provenance
from lnm_desktop.formats.geometry_json import geometry_to_dict
from lnm_desktop.formats.prediction_bundle import Bundle, save_bundle
from lnm_desktop.imaging.fingerprint import fingerprint
from lnm_desktop.ui import verifying
from lnm_desktop.ui.viewer.view_state import CursorValues
from lnm_desktop.ui.widgets.status import value_words
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_model, a_plugin, a_prediction, a_triangle

GRID = HeatmapGrid("tumor", "Tumour probability", 4, 3, Point(0, 0), Size(100, 100))
OLDER, NEWER = "a" * 32, "b" * 32
WEIGHTS = "w" * 64


@pytest.fixture
def runs(bench: Bench) -> Bench:
    """An open slide with two runs; the newer one finds two spots, the older one a single one."""
    slide = bench.folder / "slide.svs"
    slide.write_bytes(b"pixels")
    bench.open_slide()
    image, case = bench.bench.current.image, bench.bench.current.case
    assert image is not None and case is not None
    bench.session.execute(SetClinicalValue(case.id, "age", 51.0))
    for run_id, spots in ((OLDER, ((0, 0),)), (NEWER, ((0, 0), (2, 3)))):
        values = np.full((3, 4), 0.25, np.float32)
        for row, column in spots:
            values[row, column] = 0.75
        record(bench, slide, run_id, values)
    bench.bench.predicting._found([a_plugin(a_model(weights_sha256=WEIGHTS, synthetic=True))])
    bench.bench.showing.show_image(latest=True)
    bench.wait(lambda: bench.panels.results.runs.known(NEWER) is not None and bench.background.idle)
    return bench


def record(bench: Bench, slide: Path, run_id: str, values: np.ndarray, **facts: Any) -> None:
    image = bench.bench.current.image
    assert image is not None
    origin = {
        "image_fingerprint": fingerprint(slide),
        "weights_sha256": WEIGHTS,
        "operating_point": 0.5,
        "plugin_version": "1.0",
        "model": "test-model",
        "clinical": {"age": 51.0},
        "regions": [],
        **facts,
    }
    times = {"duration_s": 12.5, "started_utc": "2026-01-31T12:00:00+00:00"}
    prediction = replace(a_prediction(run_id), heatmaps=(GRID,), provenance=Provenance(origin, times))
    save_bundle(Bundle(prediction, {"tumor": values}), bench.session.prediction_folder(RunId(run_id)))
    bench.session.add_prediction(image.id, prediction)


def listed(bench: Bench, column: int) -> list[str]:
    model = bench.panels.results.runs.sorted
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def told(bench: Bench) -> str:
    return [notice.message for notice in bench.notices][-1]


def test_runs_are_listed_newest_first_and_choosing_one_shows_it(runs: Bench) -> None:
    assert listed(runs, 2) == ["whole", "whole"]
    assert listed(runs, 3) == ["12.5 s", "12.5 s"]
    assert listed(runs, 4) == ["", ""]
    assert runs.panels.results.runs.shown == NEWER
    runs.panels.results.runs.choose((OLDER,))
    runs.wait(lambda: runs.pane.called("show_heatmap")[-1][1][2, 3] == 0.25)
    runs.actions["newer-run"].trigger()
    runs.wait(lambda: runs.pane.called("show_heatmap")[-1][1][2, 3] == 0.75)
    runs.actions["newer-run"].trigger()
    assert runs.panels.results.runs.shown == NEWER


def test_a_run_gets_stale_and_fresh_again_with_its_inputs(runs: Bench) -> None:
    case = runs.bench.current.case
    assert case is not None
    panel = runs.panels.results
    assert panel.stale.isHidden()
    runs.session.execute(SetClinicalValue(case.id, "age", 60.0))
    runs.wait(lambda: listed(runs, 4) == ["STALE", "STALE"])
    assert panel.stale.text() == "Stale: Age at diagnosis was 51, and is 60."
    assert not panel.stale.isHidden()
    runs.bench.undo()
    runs.wait(lambda: listed(runs, 4) == ["", ""])
    assert panel.stale.isHidden()
    runs.bench.predicting._found([a_plugin(a_model(weights_sha256="v" * 64))])
    runs.wait(lambda: panel.stale.text() == "Stale: The model's weights are other ones.")


def test_a_run_on_regions_gets_stale_when_one_of_them_goes(runs: Bench) -> None:
    image = runs.bench.current.image
    assert image is not None
    runs.pane.annotation_drawn.emit(a_triangle())
    runs.wait(lambda: len(runs.pane.annotations) == 1)
    slide, values = runs.folder / "slide.svs", np.zeros((3, 4), np.float32)
    record(runs, slide, "c" * 32, values, regions=[geometry_to_dict(a_triangle())])
    runs.wait(lambda: runs.panels.results.runs.known("c" * 32) is not None)
    runs.bench.showing.show_image(latest=True)
    assert listed(runs, 2) == ["1 region", "whole", "whole"]
    runs.pane.annotations_removed.emit(tuple(item.id for item in runs.pane.annotations))
    runs.wait(lambda: listed(runs, 4) == ["STALE", "", ""])
    assert "1 of the 1 regions" in runs.panels.results.stale.text()


def test_a_run_whose_files_are_gone_says_so(runs: Bench) -> None:
    (runs.session.prediction_folder(RunId(OLDER)) / "prediction.json").unlink()
    runs.wiring.run_history._due.start()
    runs.wait(lambda: listed(runs, 4) == ["", "LOST"])


def comparison(bench: Bench) -> list[str]:
    return [found.text() for found in bench.panels.results.comparison.findChildren(QLabel)]


def test_two_runs_are_compared_over_the_image_and_in_numbers(runs: Bench) -> None:
    panel = runs.panels.results
    assert not runs.actions["end-comparison"].isEnabled()
    runs.actions["compare-runs"].trigger()
    runs.wait(lambda: not panel.comparison.isHidden())
    grid, difference, signed = runs.pane.called("show_heatmap")[-1]
    assert grid.label == "Tumour probability: second − first"
    assert signed is True
    assert difference[2, 3] == 0.5 and np.count_nonzero(difference) == 1
    words = comparison(runs)
    assert "AT 0.500" in words
    assert f"{11 / 12:.1%}" in words
    assert "1 → 2" in words
    assert "SYNTHETIC MODEL" in words, "the mark stays while the scores are hidden"
    assert panel.card.isHidden()
    runs.actions["end-comparison"].trigger()
    assert panel.comparison.isHidden() and not panel.card.isHidden()
    assert runs.pane.called("show_heatmap")[-1][0] == GRID
    assert len(runs.pane.called("show_heatmap")[-1]) == 2


def test_of_three_runs_two_must_be_chosen(runs: Bench) -> None:
    record(runs, runs.folder / "slide.svs", "c" * 32, np.zeros((3, 4), np.float32))
    runs.bench.showing.show_image(latest=True)
    runs.wait(lambda: runs.background.idle)
    runs.actions["compare-runs"].trigger()
    assert told(runs) == "Two runs are needed to compare."
    runs.panels.results.runs.choose(("c" * 32, OLDER))
    assert runs.panels.results.runs.pair() == (OLDER, "c" * 32)
    runs.actions["compare-runs"].trigger()
    runs.wait(lambda: not runs.panels.results.comparison.isHidden())
    assert runs.pane.called("show_heatmap")[-1][1][0, 0] == -0.75


def test_the_map_becomes_annotations_of_the_model_that_undo_takes_back(runs: Bench) -> None:
    image, case = runs.bench.current.image, runs.bench.current.case
    assert image is not None and case is not None
    runs.panels.results.heatmap.set_threshold(0.6)
    runs.actions["map-to-annotations"].trigger()
    runs.wait(lambda: len(runs.session.annotations(image.id)) == 2)
    drawn = runs.session.annotations(image.id)
    assert {item.group for item in drawn} == {"tumor ≥ 0.60 (test-model)"}
    assert {item.origin for item in drawn} == {f"model:{NEWER}"}
    assert drawn.group("tumor ≥ 0.60 (test-model)") is not None
    assert [item.geometry.bounds.x for item in drawn] == [0, 300]
    runs.actions["map-to-annotations"].trigger()
    runs.wait(lambda: "outlined at this threshold already" in told(runs))
    assert runs.session.can_undo(case.id) == "Outline tumor ≥ 0.60 (test-model)"
    runs.bench.undo()
    assert len(runs.session.annotations(image.id)) == 0
    runs.panels.results.heatmap.set_threshold(0.9)
    runs.panels.results.outline.click()
    runs.wait(lambda: told(runs) == "No cell of the map reaches 0.90.")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (CursorValues(), ""),
        (CursorValues((33.0,)), "value 33"),
        (CursorValues((213.0, 150.0, 190.0), 0.8731), "map 0.873   R 213  G 150  B 190"),
        (CursorValues((), -0.25, signed=True), "difference -0.250"),
    ],
)
def test_map_and_pixel_stand_beside_each_other(values: CursorValues, words: str) -> None:
    assert value_words(values) == words


class Verifier:
    """Stands in for the second run, until it is let go."""

    def __init__(self, outcome: Verification) -> None:
        self.outcome = outcome
        self.go = threading.Event()
        self.asked: list[tuple[Path, Path]] = []

    def __call__(self, _models: object, folder: Path, slide: Path, _tell: Callable[..., Any], _stop: object) -> Any:
        self.asked.append((folder, slide))
        self.go.wait(30)
        return self.outcome


@pytest.mark.parametrize("same", [True, False])
def test_a_run_is_verified_beside_the_window(runs: Bench, monkeypatch: pytest.MonkeyPatch, same: bool) -> None:
    found = () if same else (Difference(NUMBERS, "The map tumor: 1 of 12 cells differ, by at most 0.25", 0.25),)
    verifier = Verifier(Verification(RunId(NEWER), "test-model", "1.2.0", found))
    monkeypatch.setattr(verifying, "verify", verifier)
    runs.actions["verify-run"].trigger()
    assert runs.wiring.verifying.running
    assert not runs.actions["verify-run"].isEnabled()
    assert "verifying run bbbbbbbb" in runs.wiring.verifying.progress.words.text()
    verifier.go.set()
    runs.wait(lambda: not runs.wiring.verifying.running)
    assert verifier.asked == [(runs.session.prediction_folder(RunId(NEWER)), runs.folder / "slide.svs")]
    notice = list(runs.notices)[-1]
    assert ("are the same to the last bit" in notice.message) == same
    assert notice.severity.value == ("info" if same else "warn")
    assert ("by at most 0.25" in notice.details) != same
    assert runs.actions["verify-run"].isEnabled()
