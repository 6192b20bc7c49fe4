"""`lnm plugins new | check | run-tests`: every template keeps every rule, and every broken rule is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lnm_desktop.app.plugin_check import check, run_tests
from lnm_desktop.app.plugin_template import KIND_NAMES, READY_MADE, new_plugin
from lnm_desktop.cli.main import lnm
from lnm_desktop.errors import PluginError
from lnm_desktop.plugin.kinds import KINDS
from tests.fakes.onnx_nets import CARD, mean_color_net, ready_made_package


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LNM_HOME", str(tmp_path / "home"))


def states(target: Path) -> dict[tuple[str, str], tuple[str, str]]:
    return {(item.model, item.rule): (item.state, item.words) for item in check(str(target)).findings}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_of_each_kind_keeps_every_rule(kind: str, tmp_path: Path) -> None:
    files = new_plugin("try-it", kind, tmp_path)
    assert {file.name for file in files} >= {"pyproject.toml", "LICENSE", "card.md", "plugin.py", "model.py"}
    assert not any("$" in file.read_text() for file in files)
    before = {file: file.read_bytes() for file in (tmp_path / "try-it").rglob("*") if file.is_file()}
    found = states(tmp_path / "try-it")
    assert {state for state, _ in found.values()} == {"passed", "skipped"}
    assert [key for key, (state, _) in found.items() if state == "skipped"] == [("try-it", "golden-tiles")]
    assert {file: file.read_bytes() for file in (tmp_path / "try-it").rglob("*") if file.is_file()} == before


def test_a_ready_made_plugin_needs_only_its_network(tmp_path: Path) -> None:
    new_plugin("try-it", READY_MADE, tmp_path)
    assert states(tmp_path / "try-it")["try-it", "weights"] == ("failed", "the weights model.onnx are missing")
    assert states(tmp_path / "try-it")["try-it", "runs"] == ("skipped", "weights failed")
    ready_made_package(tmp_path / "try-it" / "try_it", mean_color_net(), CARD.replace("{id}", "try-it"))
    found = states(tmp_path / "try-it")
    assert found["try-it", "spec-complete"] == ("failed", "the spec does not say: card")
    assert {state for key, (state, _) in found.items() if key[1] != "spec-complete"} == {"passed", "skipped"}
    card = tmp_path / "try-it" / "try_it" / "model.toml"
    card.write_text(CARD.replace("{id}", "try-it").replace("{sha256}", "").replace("[input]", "[input]\n#"))
    assert "in full" in states(tmp_path / "try-it")["try-it", "weights"][1]


def test_the_tests_of_a_new_plugin_pass_and_a_broken_one_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    new_plugin("try-it", "tabular-classification", tmp_path)
    assert run_tests(tmp_path / "try-it") == 0
    model = tmp_path / "try-it" / "try_it" / "model.py"
    model.write_text(model.read_text().replace("1 - older, older", "2 - older, older"))
    assert run_tests(tmp_path / "try-it") == 1
    assert "try-it: runs: the model's output was refused (output-range)" in capfd.readouterr().out
    with pytest.raises(PluginError, match=r"holds no pyproject\.toml"):
        run_tests(tmp_path)


PLUGIN = """
from lnm_desktop.api import ModelSpec, hookimpl

@hookimpl
def lnm_register_models(register):
    def add(name, **changes):
        facts = dict(version="1", title="Bad", task="tile-classification", classes=("a", "b"), resolution_mpp=1.0,
                     tile_px=64, licence="x", intended_use="x", not_for="x", card="x")
        register(ModelSpec(id=name, **{**facts, **changes}), f"bad.model:{name.capitalize()}")
    for name in ("random", "deaf", "turned", "caller", "writer", "starter", "stubborn"):
        add(name)
    add("silent", licence="", card="")
    add("other", task="segmentation")
    add("lost", weights_file="no.safetensors", weights_sha256="0" * 64)
    add("golden", classes=("a", "b"))
"""

MODEL = """
import pathlib, socket, subprocess
import numpy as np
from lnm_desktop.api import (Cancelled, HeatmapGrid, ModelOutput, ModelPlugin, Point, Score, Size, TileClassifier)

class Silent(TileClassifier):
    backend = "numpy"
    def classify(self, tiles):
        return np.full((len(tiles), 2), 0.5)

class Other(Silent): pass
class Lost(Silent): pass
class Golden(Silent): pass

class Random(Silent):
    def classify(self, tiles):
        return np.random.rand(len(tiles), 2)

class Deaf(ModelPlugin):
    backend, task = "numpy", "tile-classification"
    def predict(self, inputs, options, job):
        return ModelOutput(scores=(Score("a", "a", 0.5),))

class Stubborn(Silent):
    def predict(self, inputs, options, job):
        try:
            return super().predict(inputs, options, job)
        except Cancelled:
            return ModelOutput()

class Turned(Deaf):
    def predict(self, inputs, options, job):
        job.check_cancelled()
        size = inputs.slide.info.size
        grid = HeatmapGrid("b", "b", int(size.height / 16), int(size.width / 16), Point(0, 0), Size(16, 16))
        return ModelOutput(grids=(grid,), maps={"b": np.zeros((grid.rows, grid.columns), np.float32)})

class Caller(Silent):
    def load(self, device, weights):
        try:
            socket.create_connection(("192.0.2.1", 9), timeout=1)
        except OSError:
            pass

class Writer(Silent):
    def load(self, device, weights):
        try:
            (pathlib.Path(__file__).parents[3] / "spy.txt").write_text("x")
        except OSError:
            pass

class Starter(Silent):
    def load(self, device, weights):
        try:
            subprocess.run(["true"])
        except OSError:
            pass
"""


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[str, str]]:
    import numpy as np
    from safetensors.numpy import save_file

    folder = tmp_path_factory.mktemp("bad") / "inner" / "sources"
    (folder / "bad").mkdir(parents=True)
    (folder / "bad" / "__init__.py").touch()
    (folder / "bad" / "plugin.py").write_text(PLUGIN)
    (folder / "bad" / "model.py").write_text(MODEL)
    kept = {"tiles": np.zeros((2, 64, 64, 3), np.uint8), "probabilities": np.zeros((2, 2), np.float32)}
    save_file(kept, folder / "bad" / "golden.safetensors")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "bad"\nversion = "1"\n[project.entry-points.lnm_desktop]\nbad = "bad.plugin"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LNM_HOME", str(folder.parent / "home"))
        found = states(folder)
    assert not (folder.parents[1] / "spy.txt").exists()
    return found


BROKEN = {
    ("silent", "spec-complete"): "the spec does not say: licence, card",
    ("other", "task"): "the spec says 'segmentation', the model's class 'tile-classification'",
    ("lost", "weights"): "the weights no.safetensors are missing",
    ("random", "deterministic"): "a second run gave other scores",
    ("deaf", "cancels"): "it never asks whether it should stop",
    ("stubborn", "cancels"): "it went on after it was told to stop",
    ("turned", "geometry"): "are rows and columns exchanged?",
    ("golden", "golden-tiles"): "the golden tiles differ by 0.5",
    ("", "no-network"): "it asked for the address of another machine",
    ("", "writes-inside"): "it wrote to spy.txt",
    ("", "no-programs"): "it started subprocess.Popen",
}


@pytest.mark.parametrize("key", BROKEN, ids="-".join)
def test_a_broken_rule_is_named(key: tuple[str, str], bad: dict[tuple[str, str], tuple[str, str]]) -> None:
    state, words = bad[key]
    assert state == "failed"
    assert BROKEN[key] in words


def test_a_model_that_breaks_one_rule_keeps_the_others(bad: dict[tuple[str, str], tuple[str, str]]) -> None:
    golden = {"golden-tiles"}
    failed = {key for key, (state, _) in bad.items() if state == "failed" and key[1] not in golden}
    assert failed == {key for key in BROKEN if key[1] not in golden}


def test_a_plugin_that_kills_its_process_is_told_by_what_happened(tmp_path: Path) -> None:
    new_plugin("try-it", "tabular-classification", tmp_path)
    model = tmp_path / "try-it" / "try_it" / "model.py"
    model.write_text(model.read_text().replace("        age = ", "        import os; os._exit(7)\n        age = "))
    found = states(tmp_path / "try-it")
    assert list(found) == [("", "answers")]
    assert found["", "answers"][0] == "failed"
    assert "exit code 7" in found["", "answers"][1]


def test_the_command_line_tells_the_same_and_fails_for_a_broken_plugin(tmp_path: Path) -> None:
    made = CliRunner().invoke(lnm, ["plugins", "new", "try-it", "--out", str(tmp_path), "--json"])
    assert json.loads(made.stdout)["kind"] == "tile-classification"
    ran = CliRunner().invoke(lnm, ["plugins", "check", str(tmp_path / "try-it"), "--json"])
    answer = json.loads(ran.stdout)
    assert (ran.exit_code, answer["passed"], answer["plugin"]) == (0, True, "try-it")
    (tmp_path / "try-it" / "try_it" / "plugin.py").write_text("raise ValueError('broken on purpose')")
    ran = CliRunner().invoke(lnm, ["plugins", "check", str(tmp_path / "try-it"), "--json"])
    answer = json.loads(ran.stdout)
    assert (ran.exit_code, answer["passed"]) == (PluginError.exit_code, False)
    assert "broken on purpose" in answer["checks"][0]["words"]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("Try It", "segmentation", "cannot be the name"),
        ("../evil", "segmentation", "cannot be the name"),
        ("try-it", "clairvoyance", "there is no kind"),
        ("taken", "segmentation", "is there already"),
    ],
)
def test_what_cannot_be_made_is_refused(name: str, kind: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(PluginError, match=words):
        new_plugin(name, kind, tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["taken"]


def test_an_unknown_plugin_is_refused_with_the_nearest() -> None:
    pytest.importorskip("lnm_tumor_tiles")
    with pytest.raises(PluginError) as caught:
        check("lnm-tumor-tile")
    assert caught.value.hint == "Did you mean 'lnm-tumor-tiles'?"


def test_every_kind_has_a_template() -> None:
    assert set(KIND_NAMES) == {*KINDS, READY_MADE}
