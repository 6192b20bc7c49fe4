"""Plugins that fail in every way while they are imported or run (rows P01 to P09 and P16 of the fault catalogue).

The rows of a graphics card (P05, P06) are tried with a made-up device: no card was there.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.app.quarantine import MOST_CRASHES, WITHIN_S, Quarantine
from lnm_desktop.app.session import Session
from lnm_desktop.errors import InferenceError, PluginError
from lnm_desktop.formats.prediction_bundle import Bundle
from lnm_desktop.inference.client import Limits
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.store.workspace import FILE_NAME
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
    return predict(models, request_of(folder, **details))


def request_of(folder: Path, **details: Any) -> PredictionRequest:
    return a_request(a_picture(folder / "synthetic.png"), folder / "result", **details)


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


def test_p02_a_plugin_whose_c_code_keeps_the_interpreter_is_stopped_for_its_silence(
    start: Start, tmp_path: Path, flag: Path
) -> None:
    models = start(armed("ctypes.PyDLL(None).sleep(600)"), heartbeat_s=6.0)
    models.plugins()
    flag.touch()
    with pytest.raises(InferenceError, match="stopped answering and was stopped"):
        run(models, tmp_path)
    flag.unlink()
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


@pytest.mark.parametrize("body", ["time.sleep(600)", "ctypes.CDLL(None).sleep(600)", "while True: pass"])
def test_p02_a_plugin_that_hangs_in_a_run_is_stopped(body: str, start: Start, tmp_path: Path, flag: Path) -> None:
    models = start(armed(body), stall_s=8.0)
    models.plugins()
    flag.touch()
    with pytest.raises(InferenceError, match="made no progress for 8 s"):
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


def test_p04_a_plugin_that_leaks_with_every_batch_is_stopped_at_its_cap(start: Start, tmp_path: Path) -> None:
    """Fifty megabytes for each tile, twenty tiles a second: two gigabytes of the four are granted."""
    body = f"LEAK.append(np.ones(6_250_000 * len(tiles)))\ntime.sleep(0.05 * len(tiles))\n{GOOD}"
    models = start(classify_with(body, f"{HEAD}\nLEAK = []"), memory_bytes=2_000_000_000)
    options = {"tissue_fraction": 0.0, "batch_size": 1}
    with pytest.raises(InferenceError, match=r"used more than 1\.9 GiB"):
        run(models, tmp_path, options=options)


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


# As a card does: after a failed assertion whatever is asked of it in the same process fails.
POISONED = """
if FLAG.exists() or LOST:
    LOST.append(True)
    raise RuntimeError('CUDA error: device-side assert triggered')
"""


def test_p06_a_plugin_whose_made_up_device_asserts_gets_a_new_process(
    start: Start, tmp_path: Path, flag: Path
) -> None:
    models = start(classify_with(POISONED + GOOD, f"{HEAD}\nLOST = []"))
    client = models.client("fake-darkness")
    flag.touch()
    with pytest.raises(InferenceError, match="device-side assert"):
        run(models, tmp_path)
    assert client.pid is None
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


NOISES = {
    "prints": "print('{\"kind\": \"result\"}', flush=True)\nos.write(1, b'native noise')\nos.write(2, b'more')",
    "closes": "sys.stdout.close()\nos.closerange(0, 3)",
    "forks": "if os.fork() == 0:\n    os._exit(0)",
    "forks and goes on": "if os.fork() == 0:\n    return np.ones((len(tiles), 2), np.float32)",
    "forks and fails": "if os.fork() == 0:\n    raise ValueError('the other one')",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("name", sorted(NOISES))
def test_p08_noise_of_a_plugin_does_not_disturb_its_run_and_nothing_of_it_is_left(
    name: str, start: Start, tmp_path: Path
) -> None:
    once = "if not DONE:\n    DONE.append(True)\n" + "".join(f"    {line}\n" for line in NOISES[name].splitlines())
    models = start(classify_with(once + GOOD, f"{HEAD}\nDONE = []"))
    client, pids = models.client("fake-darkness"), set()
    for folder in ("one", "two"):
        request = a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / folder)
        assert (predict(models, request, fresh=True).maps["dark"] == 0.5).all()
        pids.add(client.pid)
    (pid,) = pids
    assert pid is not None
    models.close()
    check_gone(pid)


def check_gone(leader: int) -> None:
    """A process has ended, with everything that it started; a killed one may be there for a moment more."""
    for _ in range(200):
        left = [process for process in psutil.process_iter() if _group(process.pid) == leader]
        if not left:
            return
        time.sleep(0.05)
    pytest.fail(f"left behind: {left}")


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


@pytest.mark.parametrize("body", ["os.closerange(3, 512)", "os.system('sleep 30 &')\nos._exit(9)"])
def test_p08_a_plugin_that_cuts_its_own_line_is_noticed_at_once(
    body: str, start: Start, tmp_path: Path, flag: Path
) -> None:
    """Long before its heartbeat is missed; what it started holds none of the line's ends."""
    models = start(armed(body), heartbeat_s=1000.0)
    client, pids = models.client("fake-darkness"), set()
    flag.touch()
    with pytest.raises(InferenceError, match="The worker of fake-darkness"):
        predict(models, request_of(tmp_path), lambda _event: pids.add(client.pid))
    for pid in pids - {None}:
        check_gone(pid)
    flag.unlink()
    assert run(models, tmp_path).maps["dark"][0, 0] == 0.5


def test_p09_a_plugin_that_crashes_three_times_is_set_aside_until_it_is_asked_for_again(
    start: Start, tmp_path: Path, flag: Path
) -> None:
    models = start(armed("os._exit(9)"))
    models.plugins()
    flag.touch()
    hints = []
    for _ in range(MOST_CRASHES):
        with pytest.raises(InferenceError, match="exit code 9") as caught:
            run(models, tmp_path)
        hints.append(caught.value.hint)
    assert ["lnm plugins retry fake-darkness" in hint for hint in hints] == [False, False, True]
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

    def accept(server: socket.socket) -> None:
        connection, address = server.accept()
        connection.close()
        seen.append(address)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()[1], seen
        thread.join(20)


REFUSED = {
    "socket.socket().connect(('192.0.2.1', 80))": "a connection to another machine",
    "socket.getaddrinfo('example.org', 80)": "the address of another machine",
    "socket.gethostbyname('example.org')": "the address of another machine",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))": "another machine",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 9))": "another machine",
    "open('{case}', 'rb')": "the file of a workspace",
    "open('{case}-wal', 'rb')": "the file of a workspace",
    "sqlite3.connect('{case}')": "the file of a workspace",
    "os.remove('{case}')": "the file of a workspace",
    "shutil.copy('{case}', '{case}.copy')": "the file of a workspace",
    "shutil.move('{case}', '{case}.gone')": "the file of a workspace",
    "shutil.rmtree(os.path.dirname('{case}'))": "the file of a workspace",
    "import lnm_desktop.app.session": "the modules that read workspaces",
}
TRIED = """
for index, code in enumerate({codes!r}):
    try:
        exec(code)
        told = "it was not refused"
    except PermissionError as error:
        told = str(error)
    (pathlib.Path(__file__).parents[2] / f"told-{{index}}").write_text(told)
"""


def test_p16_a_plugin_reaches_neither_the_network_nor_a_case(start: Start, tmp_path: Path) -> None:
    workspace = tmp_path / "ws"
    with Session.open(workspace, author="tester") as session:
        session.add_case("P-1")
    before = (workspace / FILE_NAME).read_bytes()
    codes = [code.replace("{case}", str(workspace / FILE_NAME)) for code in REFUSED]
    run(start(classify_with(TRIED.format(codes=codes) + GOOD, f"{HEAD}\nimport shutil, sqlite3")), tmp_path)
    for index, words in enumerate(REFUSED.values()):
        told = (tmp_path / f"told-{index}").read_text()
        assert told.startswith("fake-darkness asked for") and words in told, f"{codes[index]}: {told}"
    log = (tmp_path / "log" / "worker-fake-darkness.log").read_text()
    assert log.count("plugin fake-darkness asked for") >= len(codes)
    assert "192.0.2.1" not in log and str(workspace) not in log
    assert (workspace / FILE_NAME).read_bytes() == before


def test_p16_a_plugin_that_does_not_look_after_it_fails_with_the_reason(start: Start, tmp_path: Path) -> None:
    body = f"socket.create_connection(('192.0.2.1', 80), timeout=1)\n{GOOD}"
    with pytest.raises(InferenceError, match="fake-darkness asked for the address of another machine"):
        run(start(classify_with(body, HEAD)), tmp_path)


def test_p16_a_plugin_may_speak_to_this_machine(
    start: Start, tmp_path: Path, listener: tuple[int, list[object]]
) -> None:
    body = f"socket.create_connection(('127.0.0.1', {listener[0]}), timeout=5).close()\n{GOOD}"
    assert np.isfinite(run(start(classify_with(body, HEAD)), tmp_path).maps["dark"]).all()
    assert listener[1]
