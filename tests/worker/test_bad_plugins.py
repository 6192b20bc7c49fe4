"""Plugins that fail in every way while being described: each is named, the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.app.models import Models, PluginState
from lnm_desktop.inference.client import Limits
from lnm_desktop.plugin.discovery import InstalledPlugin
from tests.fakes.plugins import MODEL, PLUGIN, install_fake

REGISTER_NOTHING = "from lnm_desktop.api import hookimpl\n\n@hookimpl\ndef lnm_register_models(register):\n    pass\n"

BAD = {
    "raises": ("raise ValueError('broken on purpose')", "ValueError: broken on purpose"),
    "syntax": ("def (:", "SyntaxError"),
    "missing-import": ("import a_package_that_is_not_there", "ModuleNotFoundError"),
    "exits": ("import sys\nsys.exit(3)", "SystemExit"),
    "leaves": ("import os\nos._exit(7)", "exit code 7"),
    "segfaults": ("import ctypes\nctypes.string_at(0)", "crashed (SIGSEGV)"),
    "misspells": (
        PLUGIN.replace("lnm_register_models", "lnm_register_model"),
        "'lnm_register_model', which does not",
    ),
    "wrong-argument": (PLUGIN.replace("(register):", "(registry):"), "a hook is not as it should be"),
    "old-interface": (PLUGIN.replace('version="1.0"', 'version="1.0", api=99'), "version 99 of the plugin interface"),
    "empty": (REGISTER_NOTHING, "registers no model"),
    "no-class": (PLUGIN.replace(".model:Model", ".model:Nothing"), "AttributeError"),
    "not-a-model": (PLUGIN.replace("{package}.model:Model", "builtins:int"), "not a subclass of ModelPlugin"),
}


def models(home: Path, *plugins: InstalledPlugin, describe_s: float = 60.0) -> Models:
    return Models(home / "log", home / "cache", search=lambda: plugins, limits=Limits(describe_s=describe_s))


@pytest.mark.parametrize("name", sorted(BAD))
def test_each_failure_is_named_and_the_good_plugin_works(name: str, tmp_path: Path) -> None:
    source, words = BAD[name]
    bad = install_fake(tmp_path / "plugins", f"bad-{name}", plugin=source)
    good = install_fake(tmp_path / "plugins", "good")
    with models(tmp_path, bad, good) as found:
        states = {state.name: state for state in found.plugins()}
    assert words in states[f"bad-{name}"].problem
    assert states[f"bad-{name}"].models == ()
    assert states["good"].problem == ""
    assert [model.spec.id for model in states["good"].models] == ["good"]


def test_a_plugin_that_hangs_is_stopped_at_its_deadline(tmp_path: Path) -> None:
    bad = install_fake(tmp_path / "plugins", "bad-hangs", plugin="import time\nwhile True: time.sleep(1)")
    with models(tmp_path, bad, describe_s=5.0) as found:
        states = {state.name: state for state in found.plugins()}
    assert "missed its deadline" in states["bad-hangs"].problem


def test_a_problem_is_kept_until_it_is_retried(tmp_path: Path) -> None:
    plugin = "import pathlib\nif not pathlib.Path(r'{flag}').exists(): raise ValueError('not yet')\n" + PLUGIN
    flag = tmp_path / "flag"
    bad = install_fake(tmp_path / "plugins", "bad-today", plugin=plugin.replace("{flag}", str(flag)))
    with models(tmp_path, bad) as found:
        assert "not yet" in _state(found, "bad-today").problem
    flag.touch()
    with models(tmp_path, bad) as found:
        assert "not yet" in _state(found, "bad-today").problem
        assert found.retry("bad-today").problem == ""
        assert found.find("bad-today").spec.synthetic


def test_a_model_id_belongs_to_one_plugin_only(tmp_path: Path) -> None:
    first = install_fake(tmp_path / "plugins", "first", model_id="same")
    second = install_fake(tmp_path / "plugins", "second", model_id="same")
    with models(tmp_path, first, second) as found:
        assert _state(found, "first").problem == ""
        assert "'same' is already registered by first" in _state(found, "second").problem


def test_output_of_a_noisy_plugin_goes_to_its_log(tmp_path: Path) -> None:
    noise = "import os, sys\nprint('{\"kind\": \"result\"}', flush=True)\nos.write(1, b'native noise')\n"
    noisy = install_fake(tmp_path / "plugins", "noisy", plugin=noise + PLUGIN, model="print('model noise')\n" + MODEL)
    with models(tmp_path, noisy) as found:
        assert _state(found, "noisy").problem == ""
    assert "native noise" in (tmp_path / "log" / "worker-noisy.log").read_text()


def _state(found: Models, name: str) -> PluginState:
    return next(state for state in found.plugins() if state.name == name)
