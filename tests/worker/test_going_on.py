"""Runs that are paused, cancelled or killed go on with the tiles that they have (row P15)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.app.predict import predict, start_prediction
from lnm_desktop.errors import Cancelled, InferenceError
from lnm_desktop.formats.prediction_bundle import load_bundle, same_numbers
from lnm_desktop.inference.client import RunControl
from lnm_desktop.inference.events import Event, Progress
from tests.fakes.plugins import classify_with, install_fake
from tests.fakes.slides import a_picture, a_request
from tests.worker.test_runs import FLAGGED, GOOD, Start, Watched, start  # noqa: F401 - a fixture

BATCH = 32
TILES = 80
# Each batch takes long enough to be cut off in, and leaves a mark; in the plugin's folder it would change the plugin.
COUNTING = classify_with(
    "with (pathlib.Path(__file__).parents[2] / 'batches').open('a') as file:\n    file.write(f'{len(tiles)}\\n')\n"
    f"time.sleep(0.3)\n{GOOD}",
    FLAGGED,
)


def computed(folder: Path) -> int:
    file = folder / "batches"
    return sum(map(int, file.read_text().split())) if file.exists() else 0


def test_a_cancelled_run_goes_on_where_it_was(start: Start, tmp_path: Path) -> None:  # noqa: F811
    models = start(COUNTING)
    image, control = a_picture(tmp_path / "synthetic.png"), RunControl()

    def stop_after_one(event: Event) -> None:
        if isinstance(event, Progress) and event.done:
            control.stop.set()

    with pytest.raises(Cancelled):
        predict(models, a_request(image, tmp_path / "one"), stop_after_one, control)
    bundle = predict(models, a_request(image, tmp_path / "two"))
    facts = bundle.prediction.provenance.circumstances
    assert facts["tiles_resumed"] >= BATCH
    assert computed(tmp_path) <= TILES + BATCH
    assert same_numbers(bundle, predict(models, a_request(image, tmp_path / "three"), fresh=True)) == ()


def test_after_a_killed_worker_at_most_one_batch_is_computed_again(start: Start, tmp_path: Path) -> None:  # noqa: F811
    models = start(COUNTING)
    client, image = models.client("fake-darkness"), a_picture(tmp_path / "synthetic.png")

    def kill_after_one(event: Event) -> None:
        if isinstance(event, Progress) and event.done and client.pid is not None:
            os.kill(client.pid, signal.SIGKILL)

    with pytest.raises(InferenceError, match="SIGKILL"):
        predict(models, a_request(image, tmp_path / "one"), kill_after_one)
    bundle = predict(models, a_request(image, tmp_path / "two"))
    assert bundle.prediction.provenance.circumstances["tiles_resumed"] >= BATCH
    assert computed(tmp_path) <= TILES + BATCH


def test_a_second_run_computes_nothing(start: Start, tmp_path: Path) -> None:  # noqa: F811
    models = start(COUNTING)
    image = a_picture(tmp_path / "synthetic.png")
    first = predict(models, a_request(image, tmp_path / "one"))
    second = predict(models, a_request(image, tmp_path / "two"))
    assert computed(tmp_path) == TILES
    assert same_numbers(first, second) == ()
    assert second.prediction.id != first.prediction.id
    assert not list((tmp_path / "cache" / "runs").glob("*.draft"))


def test_a_paused_run_computes_nothing_until_it_goes_on(start: Start, tmp_path: Path) -> None:  # noqa: F811
    models = start(COUNTING, stall_s=12.0)
    image, watched = a_picture(tmp_path / "synthetic.png"), Watched()
    run = start_prediction(models, a_request(image, tmp_path / "one"), watched.event, watched.done, watched.error)
    assert watched.begun.wait(60)
    run.pause(True)
    time.sleep(1.0)
    before = computed(tmp_path)
    assert before < TILES
    time.sleep(14)  # longer than a silent run is borne with
    assert computed(tmp_path) == before
    run.pause(False)
    assert run.wait(60)
    assert (watched.errors, len(watched.bundles)) == ([], 1)
    assert computed(tmp_path) == TILES


def test_a_paused_run_can_be_cancelled(start: Start, tmp_path: Path) -> None:  # noqa: F811
    models = start(COUNTING)
    image, watched = a_picture(tmp_path / "synthetic.png"), Watched()
    run = start_prediction(models, a_request(image, tmp_path / "one"), watched.event, watched.done, watched.error)
    assert watched.begun.wait(60)
    run.pause(True)
    time.sleep(0.8)
    run.cancel()
    assert run.wait(10)
    assert isinstance(watched.errors[0], Cancelled)


PROGRAM = """
import sys
from pathlib import Path
from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.plugin.discovery import installed_plugins
from tests.fakes.slides import a_request

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    search = lambda: [plugin for plugin in installed_plugins([folder / "plugins"]) if plugin.path]
    with Models(folder / "log", folder / "cache", search=search) as models:
        request = a_request(folder / "synthetic.png", folder / sys.argv[2])
        predict(models, request, lambda event: print(event, flush=True))
"""


def test_a_killed_program_goes_on_when_it_is_started_again(tmp_path: Path) -> None:
    install_fake(tmp_path / "plugins", model=COUNTING)
    a_picture(tmp_path / "synthetic.png")
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "program.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen([*command, "one"], env=environment, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for line in program.stdout:
            if "Progress(done=32" in line:
                program.kill()
                break
    subprocess.run([*command, "two"], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=100)
    facts = json.loads((tmp_path / "two" / "prediction.json").read_text())["prediction"]["provenance"]
    assert facts["circumstances"]["tiles_resumed"] >= BATCH
    assert computed(tmp_path) <= TILES + BATCH
    values = load_bundle(tmp_path / "two").maps["dark"]
    assert np.isfinite(values).all()
