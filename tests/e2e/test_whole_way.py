"""The window and the command line say the same, and nothing that dies takes the window along."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lnm_desktop.formats.prediction_bundle import load_bundle, same_numbers
from lnm_desktop.paths import cache_dir
from tests.e2e.real_window import RealWindow

pytestmark = [pytest.mark.gl, pytest.mark.timeout(400)]
MODEL = "lnm-tumor-tiles"
SLIDE = Path("slides/aperio_svs/CMU-1-Small-Region.svs")


def predict_on_the_command_line(slide: Path, out: Path) -> dict[str, object]:
    command = [
        sys.executable,
        "-m",
        "lnm_desktop",
        "predict",
        str(slide),
        "--model",
        MODEL,
        "--out",
        str(out),
        "--fresh",  # what the window has computed before must not be taken over
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def test_window_and_command_line_give_the_same_numbers(window: RealWindow, shared_data: Path, tmp_path: Path) -> None:
    slide = shared_data / SLIDE
    window.open(slide)
    window.run_model()
    window.wait(lambda: not window.bench.predicting.running)
    session, image = window.bench.current.session, window.bench.current.image
    assert session is not None
    assert image is not None
    assert len(session.predictions(image.id)) == 1, window.told()
    (record,) = session.predictions(image.id)
    seen = load_bundle(session.prediction_folder(record.id))
    assert any("nothing in the file says" in warning for warning in seen.prediction.warnings)

    for name in ("once", "twice"):
        printed = predict_on_the_command_line(slide, tmp_path / name)
        assert same_numbers(seen, load_bundle(tmp_path / name)) == ()
        assert printed["scores"] == {score.id: score.value for score in seen.prediction.scores}

    shutil.rmtree(cache_dir() / "runs")
    window.run_model()
    window.wait(lambda: not window.bench.predicting.running)
    again, *_ = session.predictions(image.id)
    assert again.id != record.id
    assert same_numbers(seen, load_bundle(session.prediction_folder(again.id))) == ()


def test_a_killed_worker_is_named_and_the_next_run_works(window: RealWindow, shared_data: Path) -> None:
    window.open(shared_data / SLIDE)
    client = window.bench.predicting._models.client(MODEL)
    window.run_model(stride_px="96")
    window.wait(lambda: client.pid is not None)
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    window.wait(lambda: not window.bench.predicting.running)
    assert any(MODEL in message for message in window.told())
    assert window.desktop.window.isVisible()

    window.run_model(stride_px="96")
    window.wait(lambda: not window.bench.predicting.running)
    session, image = window.bench.current.session, window.bench.current.image
    assert session is not None
    assert image is not None
    assert len(session.predictions(image.id)) == 1, window.told()


def test_a_killed_pixel_server_is_named_and_the_next_view_is_sharp(window: RealWindow, shared_data: Path) -> None:
    window.open(shared_data / SLIDE)
    pane, server = window.bench.pane, window.desktop.pixels
    assert pane is not None
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)  # so that the reads of the next view are under way when it dies
    pane.zoom_by(8)
    window.qtbot.wait(1500)
    os.kill(server.pid, signal.SIGKILL)
    window.wait(lambda: any("pixel server" in message.lower() for message in window.told()))
    pane.zoom_to_fit()
    pane.zoom_by(6)
    assert pane.wait_until_sharp(60_000)
    assert window.desktop.window.isVisible()
