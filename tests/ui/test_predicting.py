"""A run from the button to the record: live map, result, failure, cancellation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from lnm_desktop.app.session import Session
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.errors import Cancelled, InferenceError, LnmError
from lnm_desktop.formats.prediction_bundle import Bundle
from lnm_desktop.inference.events import Event, GridAnnounced, Progress, TileDone
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.ui import predicting
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_model, a_plugin, a_prediction, a_triangle

GRID = HeatmapGrid("tumor", "Tumour probability", 4, 3, Point(0, 0), Size(100, 100))


@dataclass
class FakeRun:
    """What the window was given, and levers to answer it from another thread."""

    request: PredictionRequest
    on_event: Callable[[Event], None]
    on_done: Callable[[Bundle], None]
    on_error: Callable[[LnmError], None]
    cancelled: bool = False
    paused: bool = False

    def cancel(self) -> None:
        self.cancelled = True

    def pause(self, paused: bool) -> None:
        self.paused = paused

    def wait(self, _timeout_s: float) -> bool:
        return True

    def answer(self, call: Callable[[Any], None], value: object) -> None:
        thread = threading.Thread(target=call, args=(value,))
        thread.start()
        thread.join()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[FakeRun]:
    started: list[FakeRun] = []

    def start(_models: object, *rest: Any) -> FakeRun:
        started.append(FakeRun(*rest))
        return started[-1]

    monkeypatch.setattr(predicting, "start_prediction", start)
    return started


def ready(bench: Bench) -> None:
    bench.open_slide()
    bench.bench.predicting._found([a_plugin(a_model())])
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)


def test_a_run_fills_the_map_and_is_recorded_beside_the_human_work(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    before = bench.pane.annotations
    bench.actions["run"].trigger()
    (run,) = runs
    assert run.request.out_dir == str(bench.session.prediction_folder(run.request.run_id))
    assert run.request.options["stride"] == 96
    run.answer(run.on_event, GridAnnounced(GRID))
    run.answer(run.on_event, TileDone("tumor", 1, 2, np.full((1, 2), 0.9, np.float32)))
    run.answer(run.on_event, Progress(2, 4, "tiles", 1.0, 2.0))
    bench.wait(lambda: bench.window.status.job.text() == "run: 50 %, 2 of 4 tiles, 1.0 tiles/s, 0:02 left")
    assert bench.pane.called("begin_heatmap") == [(GRID,)]
    assert bench.pane.called("update_heatmap")[0][:3] == ("tumor", 1, 2)
    assert bench.actions["stop"].isEnabled()
    values = np.zeros((3, 4), np.float32)
    prediction = replace(a_prediction(run.request.run_id), heatmaps=(GRID,))
    run.answer(run.on_done, Bundle(prediction, {"tumor": values}))
    bench.wait(lambda: bench.panels.results.runs.count() == 1)
    image = bench.bench.current.image
    assert image is not None
    assert [record.id for record in bench.session.predictions(image.id)] == [run.request.run_id]
    assert bench.pane.called("show_heatmap")[-1][0] == GRID
    assert bench.session.annotations(image.id) == before, "a model never touches what a person drew"
    assert bench.panels.results.heatmap.style_wanted().threshold == pytest.approx(0.31)
    assert bench.window.status.job.text() == ""


def test_selected_regions_are_what_the_model_is_given(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    (drawn,) = bench.pane.annotations
    bench.pane.select([drawn.id])
    bench.panels.models.start()
    assert runs[0].request.regions == (a_triangle(),)


def test_a_dead_worker_is_named_and_the_next_run_works(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    bench.panels.models.start()
    died = InferenceError("The worker of test-plugin crashed (SIGSEGV).", hint="Run again; it has been replaced.")
    runs[0].answer(runs[0].on_error, died)
    bench.wait(lambda: "crashed (SIGSEGV)" in bench.window.area.bar.message.text())
    assert bench.panels.models.can_run()
    bench.panels.models.start()
    assert len(runs) == 2


def test_a_run_can_wait_and_go_on(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    bench.panels.models.start()
    progress = bench.panels.models.progress
    runs[0].answer(runs[0].on_event, Progress(120, 324, "tiles", 14.2, 14.0))
    bench.wait(lambda: "120 of 324" in progress.words.text())
    progress.pause.click()
    assert runs[0].paused
    assert progress.words.text().startswith("Paused at 37 %")
    progress.pause.click()
    assert not runs[0].paused
    assert progress.words.text().startswith("37 %")


def test_runs_wait_for_their_turn_and_can_change_it(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    wish = bench.panels.models.wish()
    assert wish is not None
    for stride in (96, 64, 32):
        bench.bench.predicting.start(replace(wish, options={"stride": stride}))
    waiting = bench.panels.models.waiting
    assert [run.request.options["stride"] for run in runs] == [96]
    assert waiting.head.text() == "WAITING (2)"
    waiting.first_wanted.emit(1)
    runs[0].answer(runs[0].on_error, Cancelled("the run was cancelled"))
    bench.wait(lambda: len(runs) == 2)
    assert runs[1].request.options["stride"] == 32
    assert waiting.head.text() == "WAITING (1)"
    waiting.drop_wanted.emit(0)
    assert waiting.isHidden()
    runs[1].answer(runs[1].on_error, InferenceError("it failed"))
    bench.wait(lambda: not bench.bench.predicting.running)
    assert len(runs) == 2


def test_all_slides_of_a_case_are_run_one_after_another(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    bench.open_slide("second.svs")
    case = bench.bench.current.case
    assert case is not None
    images = bench.session.images(case.id)
    bench.actions["run-case"].trigger()
    for number in range(len(images)):
        bench.wait(lambda number=number: len(runs) == number + 1)
        runs[number].answer(runs[number].on_error, Cancelled("the run was cancelled"))
    bench.wait(lambda: not bench.bench.predicting.running)
    assert [run.request.image_path for run in runs] == [image.path for image in images]
    assert len(images) == 2


def test_cancelling_is_no_error(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    bench.panels.models.start()
    bench.actions["stop"].trigger()
    assert runs[0].cancelled
    runs[0].answer(runs[0].on_error, Cancelled("the run was cancelled"))
    bench.wait(lambda: "was cancelled" in bench.window.area.bar.message.text())
    image = bench.bench.current.image
    assert image is not None
    assert bench.session.predictions(image.id) == ()


def test_a_result_of_another_image_does_not_appear_on_this_one(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    first = bench.bench.current.image
    bench.panels.models.start()
    bench.open_slide("second.svs")
    bench.pane.calls.clear()
    (run,) = runs
    run.answer(run.on_event, GridAnnounced(GRID))
    run.answer(run.on_done, Bundle(replace(a_prediction(run.request.run_id), heatmaps=(GRID,)), {}))
    bench.wait(lambda: not bench.bench.predicting.running)
    assert first is not None
    assert len(bench.session.predictions(first.id)) == 1
    assert bench.pane.called("begin_heatmap") == []
    assert bench.pane.called("show_heatmap") == []
    assert bench.panels.results.runs.count() == 0


def test_a_run_is_recorded_in_the_workspace_it_began_in(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    image = bench.bench.current.image
    assert image is not None
    bench.panels.models.start()
    with Session.open(bench.folder / "other", author="tester") as other:
        bench.bench.use_session(other)
        runs[0].answer(runs[0].on_done, Bundle(a_prediction(runs[0].request.run_id), {}))
        bench.wait(lambda: not bench.bench.predicting.running)
        assert [record.id for record in bench.session.predictions(image.id)] == [runs[0].request.run_id]
        bench.bench.use_session(bench.session)


def test_a_result_whose_workspace_is_closed_is_named_with_its_folder(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    bench.panels.models.start()
    (run,) = runs
    bench.bench.use_session(Session.open(bench.folder / "other", author="tester"))
    bench.session.close()
    run.answer(run.on_done, Bundle(a_prediction(run.request.run_id), {}))
    bench.wait(lambda: not bench.bench.predicting.running)
    assert "could not be recorded" in bench.window.area.bar.message.text()
    assert run.request.out_dir in bench.window.area.bar.hint.text()


def test_a_run_that_finishes_while_the_window_closes_is_recorded(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    image = bench.bench.current.image
    assert image is not None
    bench.panels.models.start()
    (run,) = runs
    run.answer(run.on_done, Bundle(a_prediction(run.request.run_id), {}))
    assert bench.bench.predicting.running, "nobody has served the window's events yet"
    bench.bench.predicting.close()
    assert [record.id for record in bench.session.predictions(image.id)] == [run.request.run_id]


def test_results_come_to_the_front_when_a_run_has_finished(bench: Bench, runs: list[FakeRun]) -> None:
    bench.window.resize(1366, 700)
    bench.window.show()
    bench.window.restore_layout()
    ready(bench)
    bench.panels.models.start()
    seen: list[bool] = []
    bench.window.results.visibilityChanged.connect(seen.append)
    runs[0].answer(runs[0].on_done, Bundle(a_prediction(runs[0].request.run_id), {}))
    bench.wait(lambda: seen and seen[-1])


def test_the_map_of_a_run_fills_in_a_pane_that_is_not_active(bench: Bench, runs: list[FakeRun]) -> None:
    ready(bench)
    bench.panels.models.start()
    (run,) = runs
    bench.actions["panes-2"].trigger()
    bench.wait(lambda: bench.bench.panes.settled)
    bench.bench.panes.activate(bench.bench.panes.seats[1])
    other = bench.bench.pane
    run.answer(run.on_event, GridAnnounced(GRID))
    run.answer(run.on_event, TileDone(GRID.name, 0, 0, np.ones((1, 1), np.float32)))
    bench.wait(lambda: bench.pane.called("update_heatmap"))
    assert bench.pane.called("begin_heatmap") == [(GRID,)]
    assert other is not None and not other.called("begin_heatmap")  # type: ignore[attr-defined]
    run.answer(run.on_done, Bundle(a_prediction(run.request.run_id), {}))
    bench.wait(lambda: not bench.bench.predicting.running)
    assert bench.panels.results.runs.count() == 0, "the results are those of the active pane"
    bench.bench.panes.activate(bench.bench.panes.seats[0])
    bench.wait(lambda: bench.panels.results.runs.count() == 1)
