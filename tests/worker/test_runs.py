"""Runs that end badly: the error names what happened, the worker comes back, the next run works."""

from __future__ import annotations

import os
import platform
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict, start_prediction
from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.errors import Cancelled, ImageError, InferenceError, LnmError, PluginError
from lnm_desktop.formats.prediction_bundle import Bundle
from lnm_desktop.inference.client import Limits
from lnm_desktop.inference.events import Event, GridAnnounced, Progress, TileDone
from lnm_desktop.plugin.discovery import InstalledPlugin, installed_plugins
from tests.fakes.plugins import MODEL, classify_with, install_fake
from tests.fakes.slides import a_picture, a_request

FLAGGED = "import pathlib, time, sys, os, ctypes, numpy as np\nFLAG = pathlib.Path(__file__).parent / 'armed'"
GOOD = "return np.full((len(tiles), 2), 0.5, np.float32)"

Start = Callable[..., Models]


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Start:
    def start(model: str = MODEL, **limits: float) -> Models:
        plugin = install_fake(tmp_path / "plugins", model=model)
        granted = Limits(**{"describe_s": 60.0, **limits})  # type: ignore[arg-type]
        models = Models(tmp_path / "log", tmp_path / "cache", search=lambda: [plugin], limits=granted)
        request.addfinalizer(models.close)
        return models

    return start


def run(models: Models, folder: Path, on_event: Callable[[Event], None] | None = None, **details: Any) -> Bundle:
    folder.mkdir(exist_ok=True)
    image = a_picture(folder / "synthetic.png")
    return predict(models, a_request(image, folder / "result", **details), on_event)


class Watched:
    """Remembers what a run called."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.errors: list[LnmError] = []
        self.bundles: list[Bundle] = []

    def event(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.begun.set()

    def done(self, bundle: Bundle) -> None:
        self.bundles.append(bundle)

    def error(self, error: LnmError) -> None:
        self.errors.append(error)


def test_a_run_gives_its_map_events_and_provenance(start: Start, tmp_path: Path) -> None:
    events: list[Event] = []
    bundle = run(start(), tmp_path, events.append)
    values = bundle.maps["dark"]
    assert values.shape == (8, 10)
    assert np.isfinite(values).all()
    assert values[2:4, 4:7] == pytest.approx(1 - (60 + 20 + 80) / 3 / 255, abs=1e-5)
    assert values[0, 0] == pytest.approx(1 - 230 / 255, abs=1e-5)
    assert bundle.prediction.regions[0].region.x == 128
    grids = [event.grid for event in events if isinstance(event, GridAnnounced)]
    assert (grids[0].columns, grids[0].rows) == (10, 8)
    progress = [event for event in events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total) == (80, 80)
    shown = np.full_like(values, np.nan)
    for tile in (event for event in events if isinstance(event, TileDone)):
        rows, columns = tile.values.shape
        shown[tile.row : tile.row + rows, tile.column : tile.column + columns] = tile.values
    assert np.array_equal(shown, values)
    facts = bundle.prediction.provenance.repeatable
    assert facts["batch_size"] == 32
    assert facts["slide_mpp_source"] == "user"
    assert facts["device"] == "cpu"
    assert facts["arithmetic"] == platform.machine()
    assert facts["tissue_threshold"] is None
    assert any("SYNTHETIC INPUT" in warning for warning in bundle.prediction.warnings)
    assert any("SYNTHETIC MODEL" in warning for warning in bundle.prediction.warnings)


BRAGGART = (
    MODEL
    + """
    def predict(self, inputs, options, job):
        output = super().predict(inputs, options, job)
        output.facts.update(weights_sha256="made up", own="kept")
        return output
"""
)


def test_the_record_names_what_the_model_was_given_and_no_model_rewrites_it(start: Start, tmp_path: Path) -> None:
    clinical = ClinicalRecord({"age": 51.0, "ki67": Absent.UNKNOWN})
    facts = run(start(BRAGGART), tmp_path, clinical=clinical).prediction.provenance.repeatable
    assert facts["clinical"] == {"age": 51.0, "ki67": {"absent": "unknown"}}
    assert facts["weights_sha256"] == ""
    assert facts["own"] == "kept"
    assert facts["libraries"]["scikit-image"] != "absent"


CRASHES = {
    "segfault": ("ctypes.string_at(0)", "crashed (SIGSEGV)"),
    "abort": ("os.abort()", "crashed (SIGABRT)"),
    "leave": ("os._exit(9)", "exit code 9"),
    "exit": ("sys.exit(3)", "SystemExit: 3"),
    "raise": ("raise ZeroDivisionError('made up')", "ZeroDivisionError: made up"),
    "nan": ("return np.full((len(tiles), 2), np.nan, np.float32)", "output-finite"),
    "shape": ("return np.zeros((len(tiles), 3), np.float32)", "output-shape"),
    "integers": ("return np.zeros((len(tiles), 2), np.int64)", "output-dtype"),
    "range": ("return np.full((len(tiles), 2), 1.5, np.float32)", "output-range"),
    "nothing": ("return None", "output-dtype"),
}


@pytest.mark.parametrize("name", sorted(CRASHES))
def test_a_failing_run_is_named_and_the_next_one_works(name: str, start: Start, tmp_path: Path) -> None:
    body, words = CRASHES[name]
    models = start(classify_with(f"if FLAG.exists():\n    {body}\n{GOOD}", FLAGGED))
    flag = tmp_path / "plugins" / "fake_darkness" / "armed"
    assert models.plugins()[0].problem == ""
    flag.touch()
    with pytest.raises(InferenceError) as caught:
        run(models, tmp_path)
    assert words in caught.value.message
    assert not (tmp_path / "result" / "prediction.json").exists()
    flag.unlink()
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


def test_a_slide_that_changes_during_the_run_gives_no_record(start: Start, tmp_path: Path) -> None:
    models = start()

    def change(event: Event) -> None:
        if isinstance(event, Progress):
            with (tmp_path / "synthetic.png").open("ab") as file:
                file.write(b" ")

    # Whichever is first: the next read of the file, or the look at it after the last one.
    told = r"synthetic\.png (was changed while the model ran|has changed since it was opened)"
    with pytest.raises(ImageError, match=told):
        run(models, tmp_path, change)
    assert not (tmp_path / "result").exists()


def test_a_hanging_run_is_stopped_for_its_silence(start: Start, tmp_path: Path) -> None:
    models = start(classify_with("time.sleep(600)", FLAGGED), stall_s=3.0)
    with pytest.raises(InferenceError, match="made no progress for 3 s"):
        run(models, tmp_path)


def test_a_killed_worker_is_named_and_replaced(start: Start, tmp_path: Path) -> None:
    models = start(classify_with(f"time.sleep(0.05)\n{GOOD}", FLAGGED))
    client = models.client("fake-darkness")

    def kill(event: Event) -> None:
        if isinstance(event, Progress):
            assert client.pid is not None
            os.kill(client.pid, signal.SIGKILL)

    with pytest.raises(InferenceError) as caught:
        run(models, tmp_path, kill)
    assert caught.value.message == "The worker of fake-darkness crashed (SIGKILL)."
    assert caught.value.hint == "Run it again; your annotations are not affected."
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


def test_a_warm_worker_serves_the_next_run(start: Start, tmp_path: Path) -> None:
    models = start()
    run(models, tmp_path)
    pid = models.client("fake-darkness").pid
    run(models, tmp_path)
    assert models.client("fake-darkness").pid == pid


def test_an_idle_worker_leaves(start: Start, tmp_path: Path) -> None:
    models = start(idle_s=0.2)
    run(models, tmp_path)
    client = models.client("fake-darkness")
    gone = threading.Event()
    while client.pid is not None and not gone.wait(0.05):
        pass
    assert run(models, tmp_path).maps["dark"].shape == (8, 10)


def test_a_cancel_is_answered_within_a_batch(start: Start, tmp_path: Path) -> None:
    counting = "with FLAG.open('a') as file: file.write('x')\ntime.sleep(0.2)\n" + GOOD
    models = start(classify_with(counting, FLAGGED), cancel_s=60.0)
    options = {"tissue_fraction": 0.0, "batch_size": 1}
    request = a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / "result", options=options)
    watched = Watched()
    running = start_prediction(models, request, watched.event, watched.done, watched.error)
    assert watched.begun.wait(60)
    pid = models.client("fake-darkness").pid
    assert pid is not None
    running.cancel()
    assert running.wait(60)
    assert not running.running
    assert isinstance(watched.errors[0], Cancelled)
    flag = tmp_path / "plugins" / "fake_darkness" / "armed"
    batches = len(flag.read_text()) if flag.exists() else 0
    assert batches < 40
    assert models.client("fake-darkness").pid == pid


def test_a_cancel_that_is_not_answered_ends_the_worker(start: Start, tmp_path: Path) -> None:
    models = start(classify_with("FLAG.touch()\ntime.sleep(600)", FLAGGED), cancel_s=0.5)
    request = a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / "result")
    watched, flag = Watched(), tmp_path / "plugins" / "fake_darkness" / "armed"
    running = start_prediction(models, request, watched.event, watched.done, watched.error)
    deadline = time.monotonic() + 60
    while not flag.exists():  # before it, a cancel is answered
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.cancel()
    assert running.wait(60)
    assert isinstance(watched.errors[0], Cancelled)
    assert models.client("fake-darkness").pid is None


def test_a_small_memory_halves_the_batch_and_records_it(start: Start, tmp_path: Path) -> None:
    body = f"if len(tiles) > 5: raise RuntimeError('CUDA out of memory. Tried to allocate')\n{GOOD}"
    bundle = run(start(classify_with(body, FLAGGED)), tmp_path)
    assert bundle.prediction.provenance.repeatable["batch_size"] == 4
    assert np.isfinite(bundle.maps["dark"]).all()


def test_no_memory_at_all_is_a_clean_error(start: Start, tmp_path: Path) -> None:
    models = start(classify_with("raise RuntimeError('CUDA out of memory')", FLAGGED))
    with pytest.raises(InferenceError, match="does not hold 4 tiles"):
        run(models, tmp_path)


def test_a_memory_hog_is_stopped_at_its_cap(start: Start, tmp_path: Path) -> None:
    models = start(classify_with("hog = np.ones(250_000_000)\ntime.sleep(600)", FLAGGED), memory_bytes=1_500_000_000)
    with pytest.raises(InferenceError, match=r"used more than 1\.4 GiB of memory"):
        run(models, tmp_path)


def test_a_changed_plugin_gets_a_new_worker(tmp_path: Path) -> None:
    install_fake(tmp_path / "plugins")
    model = tmp_path / "plugins" / "fake_darkness" / "model.py"

    def search() -> tuple[InstalledPlugin, ...]:
        return tuple(plugin for plugin in installed_plugins([tmp_path / "plugins"]) if plugin.path)

    with Models(tmp_path / "log", tmp_path / "cache", search=search) as models:
        assert run(models, tmp_path).maps["dark"][0, 0] != 0.5
        model.write_text(classify_with(GOOD, FLAGGED))
        models.refresh()
        assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


def test_unknown_models_and_options_are_refused_with_the_nearest(start: Start, tmp_path: Path) -> None:
    models = start()
    with pytest.raises(PluginError) as caught:
        run(models, tmp_path, model_id="fake-darknes")
    assert caught.value.hint == "Did you mean 'fake-darkness'?"
    with pytest.raises(InferenceError) as refused:
        run(models, tmp_path, options={"stride": 32})
    assert "stride_px" in refused.value.hint
    with pytest.raises(InferenceError, match="stride_px"):
        run(models, tmp_path, options={"stride_px": "33"})
