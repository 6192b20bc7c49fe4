"""Plugins that fail in every way while they are imported or run (rows P01 to P09 and P16 of the fault catalogue).

The rows of a graphics card (P05, P06) are tried with a made-up device: no card was there.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.app.quarantine import MOST_CRASHES, WITHIN_S, Quarantine
from lnm_desktop.errors import InferenceError, LnmError, PluginError
from lnm_desktop.formats.prediction_bundle import Bundle
from lnm_desktop.inference.client import Limits
from lnm_desktop.plugin.discovery import InstalledPlugin
from tests.fakes.plugins import MODEL, PLUGIN, classify_with, install_fake
from tests.fakes.slides import a_picture, a_request

HEAD = "import ctypes, os, socket, sys, time, pathlib, numpy as np\nFLAG = pathlib.Path(__file__).parent / 'armed'"
GOOD = "return np.full((len(tiles), 2), 0.5, np.float32)"
Start = Callable[..., Models]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Models] = []

    def start(model: str = MODEL, plugin: str = PLUGIN, **limits: float) -> Models:
        installed = install_fake(tmp_path / "plugins", model=model, plugin=plugin)
        granted = Limits(**{"describe_s": 60.0, **limits})  # type: ignore[arg-type]
        made.append(Models(tmp_path / "log", tmp_path / "cache", search=lambda: [installed], limits=granted))
        return made[-1]

    yield start
    for models in made:
        models.close()


def run(models: Models, folder: Path, **details: Any) -> Bundle:
    return predict(models, a_request(a_picture(folder / "synthetic.png"), folder / "result", **details))


def armed(body: str) -> str:
    """A model that does this while the flag is there, and works otherwise."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return classify_with(f"if FLAG.exists():\n{indented}\n{GOOD}", HEAD)


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    return tmp_path / "plugins" / "fake_darkness" / "armed"


@pytest.mark.parametrize(
    ("source", "words"),
    [("import nowhere_at_all", "ModuleNotFoundError"), ("def (:", "SyntaxError"), ("1 / 0", "ZeroDivisionError")],
)
def test_p01_a_plugin_that_does_not_import_is_named_with_its_reason(source: str, words: str, start: Start) -> None:
    (state,) = start(plugin=source).plugins()
    assert words in state.problem
    assert state.models == ()


def test_p02_a_plugin_that_hangs_in_its_import_is_stopped(start: Start) -> None:
    (state,) = start(plugin="import time\ntime.sleep(600)", describe_s=4.0).plugins()
    assert "missed its deadline" in state.problem


@pytest.mark.parametrize("body", ["time.sleep(600)", "ctypes.CDLL(None).sleep(600)", "while True: pass"])
def test_p02_a_plugin_that_hangs_in_a_run_is_stopped(body: str, start: Start, tmp_path: Path, flag: Path) -> None:
    models = start(armed(body), stall_s=2.0)
    models.plugins()
    flag.touch()
    with pytest.raises(InferenceError, match="made no progress for 2 s"):
        run(models, tmp_path)
    flag.unlink()
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("os.abort()", "SIGABRT"),
        ("os._exit(9)", "exit code 9"),
        ("sys.exit(3)", "SystemExit"),
    ],
)
def test_p03_a_plugin_that_dies_is_named_and_the_next_run_works(
    body: str, words: str, start: Start, tmp_path: Path, flag: Path
) -> None:
    models = start(armed(body))
    models.plugins()
    flag.touch()
    with pytest.raises(InferenceError, match=words):
        run(models, tmp_path)
    flag.unlink()
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


def test_p04_a_plugin_that_eats_the_memory_is_stopped_at_its_cap(start: Start, tmp_path: Path) -> None:
    models = start(classify_with("hog = np.ones(250_000_000)\ntime.sleep(600)", HEAD), memory_bytes=1_500_000_000)
    with pytest.raises(InferenceError, match=r"used more than 1\.4 GiB"):
        run(models, tmp_path)


@pytest.mark.parametrize(("room", "batch_size"), [(20, 16), (7, 4), (4, 4)])
def test_p05_a_plugin_on_a_made_up_device_without_memory_halves_its_batch(
    room: int, batch_size: int, start: Start, tmp_path: Path
) -> None:
    body = f"if len(tiles) > {room}: raise RuntimeError('CUDA out of memory')\n{GOOD}"
    assert (
        run(start(classify_with(body, HEAD)), tmp_path).prediction.provenance.repeatable["batch_size"] == batch_size
    )


def test_p05_a_plugin_without_any_memory_fails_after_three_halvings(start: Start, tmp_path: Path) -> None:
    models = start(classify_with("raise RuntimeError('CUDA out of memory')", HEAD))
    with pytest.raises(InferenceError, match="memory does not hold 4 tiles"):
        run(models, tmp_path)


def test_p06_a_plugin_whose_made_up_device_asserts_is_followed_by_one_that_works(
    start: Start, tmp_path: Path, flag: Path
) -> None:
    models = start(armed("raise RuntimeError('CUDA error: device-side assert triggered')"))
    models.plugins()
    flag.touch()
    with pytest.raises(InferenceError, match="device-side assert"):
        run(models, tmp_path)
    flag.unlink()
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


OUTPUTS = {
    "output-finite": "return np.full((len(tiles), 2), np.nan, np.float32)",
    "output-shape": "return np.zeros((len(tiles), 3), np.float32)",
    "output-dtype": "return np.zeros((len(tiles), 2), np.int64)",
    "output-range": "return np.full((len(tiles), 2), 1.5, np.float32)",
}


@pytest.mark.parametrize("rule", sorted(OUTPUTS))
def test_p07_tiles_of_a_plugin_that_are_no_probabilities_are_refused(rule: str, start: Start, tmp_path: Path) -> None:
    with pytest.raises(InferenceError) as caught:
        run(start(classify_with(OUTPUTS[rule], HEAD)), tmp_path)
    assert caught.value.facts["rule"] == rule


RESULTS = {
    "output-count": "replace(output, regions=output.regions[:1] * 10_000_000)",
    "output-outside": "replace(output, regions=(RankedRegion(Region(99999, 0, 10, 10), 0.5),))",
    "output-finite": "replace(output, scores=(Score('s', 'S', float('inf')),))",
    "output-shape": "replace(output, maps={'dark': np.zeros((1, 1), np.float32)})",
    "output-type": "None",
}


@pytest.mark.parametrize("rule", sorted(RESULTS))
def test_p07_a_result_of_a_plugin_that_breaks_a_rule_is_refused(rule: str, start: Start, tmp_path: Path) -> None:
    model = "from dataclasses import replace\nfrom lnm_desktop.api import RankedRegion, Region, Score\n" + MODEL
    model += (
        "\n    def predict(self, inputs, options, job):\n        output = super().predict(inputs, options, job)\n"
    )
    with pytest.raises(InferenceError) as caught:
        run(start(model + f"        return {RESULTS[rule]}\n"), tmp_path)
    assert caught.value.facts["rule"] == rule


NOISE = """
print('{"kind": "result"}', flush=True)
os.write(1, b'native noise')
if not FLAG.exists():
    FLAG.touch()
    os.close(0)
if hasattr(os, "fork") and os.fork() == 0:
    os._exit(0)
"""


def test_p08_a_plugin_that_prints_closes_and_forks_does_not_disturb_its_run(start: Start, tmp_path: Path) -> None:
    head = f"{HEAD}\nimport warnings\nwarnings.simplefilter('ignore')"
    assert run(start(classify_with(NOISE + GOOD, head)), tmp_path).maps["dark"][0, 0] == 0.5


def test_p09_a_plugin_that_crashes_three_times_is_set_aside_until_it_is_asked_for_again(
    start: Start, tmp_path: Path, flag: Path
) -> None:
    models = start(armed("os._exit(9)"))
    models.plugins()
    flag.touch()
    for _ in range(MOST_CRASHES):
        with pytest.raises(InferenceError, match="exit code 9"):
            run(models, tmp_path)
    with pytest.raises(PluginError):
        run(models, tmp_path)
    (state,) = models.plugins()
    assert "died 3 times within 10 minutes" in state.problem
    flag.unlink()
    models.refresh()
    assert models.plugins()[0].problem, "it stays set aside"
    assert models.retry("fake-darkness").problem == ""
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


def test_p09_crashes_of_a_plugin_that_lie_far_apart_do_not_count(tmp_path: Path) -> None:
    now = [0.0]
    plugin = InstalledPlugin("made-up", "1", "m", "hash")
    quarantine = Quarantine(tmp_path, lambda: now[0])
    told = []
    for step in (0.0, WITHIN_S, WITHIN_S, 1.0, 1.0):
        now[0] += step
        told.append(quarantine.note_crash(plugin))
    assert told == [False, False, False, False, True]
    assert "lnm plugins retry made-up" in Quarantine(tmp_path).problem(plugin)
    quarantine.lift(plugin)
    assert quarantine.problem(plugin) == ""


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A server on this machine that counts who comes."""
    seen: list[object] = []

    def meet() -> None:
        visitor, address = server.accept()
        visitor.close()
        seen.append(address)

    with socket.create_server(("127.0.0.1", 0)) as server:
        meeting = threading.Thread(target=meet, daemon=True)
        meeting.start()
        yield server.getsockname()[1], seen
        meeting.join(5)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("socket.create_connection(('192.0.2.1', 80), timeout=1)", "another machine"),
        ("socket.getaddrinfo('example.org', 80)", "the address of another machine"),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))", "another machine"),
        ("open('/somewhere/workspace.db', 'rb')", "the file of a workspace"),
    ],
)
def test_p16_a_plugin_reaches_neither_the_network_nor_a_case(
    body: str, words: str, start: Start, tmp_path: Path
) -> None:
    with pytest.raises(LnmError, match=words):
        run(start(classify_with(f"{body}\n{GOOD}", HEAD)), tmp_path)


def test_p16_a_plugin_may_speak_to_this_machine(
    start: Start, tmp_path: Path, listener: tuple[int, list[object]]
) -> None:
    body = f"socket.create_connection(('127.0.0.1', {listener[0]}), timeout=5).close()\n{GOOD}"
    assert np.isfinite(run(start(classify_with(body, HEAD)), tmp_path).maps["dark"]).all()
    assert listener[1]
