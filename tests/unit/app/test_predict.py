"""The use case around a run: options are typed, callbacks come exactly once, defects are not lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import Run, predict, start_prediction
from lnm_desktop.app.run_cache import RunCache
from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.prediction import HeatmapGrid, Prediction
from lnm_desktop.errors import Cancelled, ClinicalError, FormatError, InferenceError, LnmError
from lnm_desktop.formats.prediction_bundle import Bundle, save_bundle
from lnm_desktop.inference.client import RunControl
from lnm_desktop.inference.events import OnEvent, Stage
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.plugin.spec import ModelDescription, ModelSpec
from lnm_desktop.plugin.tile_classifier import TileOptions
from tests.fakes.slides import a_request

SPEC = ModelSpec("fake-darkness", "1.0", "Fake", "tile-classification", ("light", "dark"), 1.0, 96)


class NoCache(RunCache):
    """Knows no run."""

    def key(self, request: PredictionRequest, plugin_hash: str) -> str:
        return ""


class FakeModels:
    """One model whose worker is this object; made up."""

    def __init__(self, problem: Exception | None = None, spec: ModelSpec = SPEC) -> None:
        self.problem = problem
        self.spec = spec
        self.runs = NoCache(Path())
        self.plugin = SimpleNamespace(hash="made up")
        self.requests: list[PredictionRequest] = []

    def find(self, model_id: str) -> ModelDescription:
        return ModelDescription(self.spec, "m:M", TileOptions.model_json_schema())

    def client(self, model_id: str) -> FakeModels:
        return self

    def predict(
        self, request: PredictionRequest, on_event: OnEvent | None = None, control: RunControl | None = None
    ) -> None:
        self.requests.append(request)
        if on_event is not None:
            on_event(Stage("running"))
        if self.problem is not None:
            raise self.problem
        if control is not None and control.stop.wait(0 if on_event is None else 0.05):
            raise Cancelled("stopped")
        grid = HeatmapGrid("dark", "Dark", 2, 1, Point(0, 0), Size(32, 32))
        prediction = Prediction(request.run_id, SPEC.id, SPEC.version, heatmaps=(grid,))
        save_bundle(Bundle(prediction, {"dark": np.array([[0.5, np.nan]], np.float32)}), Path(request.out_dir))


class Calls:
    """What a run called, in order."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.errors: list[LnmError] = []

    def event(self, event: object) -> None:
        self.names.append("event")

    def done(self, bundle: Bundle) -> None:
        self.names.append("done")

    def error(self, error: LnmError) -> None:
        self.names.append("error")
        self.errors.append(error)


def start(models: FakeModels, folder: Path, calls: Calls, **details: Any) -> Run:
    request = a_request(folder / "synthetic.png", folder / "result", **details)
    return start_prediction(cast(Models, models), request, calls.event, calls.done, calls.error)


def test_options_reach_the_worker_in_their_own_type(tmp_path: Path) -> None:
    models = FakeModels()
    request = a_request(tmp_path / "synthetic.png", tmp_path / "result", options={"stride_px": "96"})
    bundle = predict(cast(Models, models), request)
    assert models.requests[0].options == {"stride_px": 96}
    assert bundle.prediction.id == request.run_id
    assert bundle.maps["dark"][0, 0] == 0.5


def test_wrong_options_never_reach_a_worker(tmp_path: Path) -> None:
    models = FakeModels()
    with pytest.raises(InferenceError, match="stride_px"):
        predict(cast(Models, models), a_request(tmp_path, tmp_path / "result", options={"stride_px": 5}))
    assert models.requests == []


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        (replace(SPEC, needs_images=(), needs_clinical=("age",)), ClinicalError, "needs clinical data: Age"),
        (replace(SPEC, needs_images=("series",)), InferenceError, "reads a series, and none was given"),
    ],
)
@pytest.mark.parametrize("record", [ClinicalRecord(), ClinicalRecord({"age": Absent.UNKNOWN})])
def test_what_a_model_needs_is_asked_before_its_worker(
    tmp_path: Path, spec: ModelSpec, error: type[Exception], words: str, record: ClinicalRecord
) -> None:
    models = FakeModels(spec=spec)
    request = replace(a_request(tmp_path, tmp_path / "result", clinical=record), image_path="")
    with pytest.raises(error, match=words):
        predict(cast(Models, models), request)
    assert models.requests == []


def test_a_model_without_images_runs_without_one(tmp_path: Path) -> None:
    models = FakeModels(spec=replace(SPEC, needs_images=()))
    request = replace(a_request(tmp_path, tmp_path / "result"), image_path="", options={})
    assert predict(cast(Models, models), request).prediction.id == request.run_id


def test_a_run_on_a_thread_ends_with_one_call(tmp_path: Path) -> None:
    calls = Calls()
    run = start(FakeModels(), tmp_path, calls)
    assert run.wait(30)
    assert not run.running
    assert calls.names == ["event", "done"]


def test_a_cancelled_run_says_so(tmp_path: Path) -> None:
    calls = Calls()
    run = start(FakeModels(), tmp_path, calls)
    run.cancel()
    assert run.wait(30)
    assert calls.names[-1] == "error"
    assert isinstance(calls.errors[0], Cancelled)


@pytest.mark.parametrize("problem", [InferenceError("made up"), ValueError("a defect")])
def test_a_failing_run_ends_with_one_call(tmp_path: Path, problem: Exception) -> None:
    calls = Calls()
    assert start(FakeModels(problem), tmp_path, calls).wait(30)
    assert calls.names == ["event", "error"]
    assert str(problem) in calls.errors[0].message


def test_a_bundle_that_cannot_be_read_back_is_an_error(tmp_path: Path) -> None:
    class Forgetful(FakeModels):
        def predict(self, *arguments: Any, **details: Any) -> None:
            """Writes nothing."""

    with pytest.raises(FormatError):
        predict(cast(Models, Forgetful()), a_request(tmp_path, tmp_path / "result"))
