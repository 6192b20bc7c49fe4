"""Plugins that are set aside, and starts without the plugins of others (row P09)."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lnm_desktop import paths
from lnm_desktop.app.models import Models
from lnm_desktop.app.plugin_installing import PluginInstaller
from lnm_desktop.app.plugin_overview import LEFT_OUT, overview
from lnm_desktop.app.predict import start_prediction
from lnm_desktop.app.quarantine import MOST_CRASHES, Quarantine
from lnm_desktop.cli.main import lnm
from lnm_desktop.errors import Cancelled, LnmError
from lnm_desktop.inference.events import Event, Progress
from lnm_desktop.plugin.installation import Installation
from tests.fakes.plugins import classify_with, install_fake
from tests.fakes.slides import a_picture, a_request
from tests.fakes.wheels import a_plugin_wheel
from tests.faults.test_program import Start, start  # noqa: F401 - a fixture

SLOW = classify_with("time.sleep(600)", "import time")


def test_p09_closing_while_a_plugin_runs_is_no_crash_of_it(tmp_path: Path) -> None:
    plugin = install_fake(tmp_path / "plugins", model=SLOW)
    errors: list[LnmError] = []
    begun = threading.Event()

    def see(event: Event) -> None:
        if isinstance(event, Progress):
            begun.set()

    for number in range(MOST_CRASHES):
        models = Models(tmp_path / "log", tmp_path / "cache", search=lambda: [plugin])
        request = a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / str(number))
        begun.clear()
        run = start_prediction(models, request, see, lambda _bundle: None, errors.append)
        assert begun.wait(60)
        models.close()
        assert run.wait(30)
    assert [type(error) for error in errors] == [Cancelled] * MOST_CRASHES
    assert Quarantine(tmp_path / "cache").problem(plugin) == ""


@pytest.fixture
def installed(lnm_home: Path, tmp_path: Path) -> Path:
    """The user's folders with one plugin of somebody else."""
    installer = PluginInstaller(Installation(paths.data_dir() / "plugins"), paths.log_dir(), paths.cache_dir())
    installer.install(str(a_plugin_wheel(tmp_path / "shelf")), consent="a test")
    return lnm_home


@pytest.mark.timeout(200)
@pytest.mark.usefixtures("installed")
def test_p09_a_plugin_stays_set_aside_after_a_restart_until_it_is_retried() -> None:
    (plugin,) = Installation(paths.data_dir() / "plugins").plugins()
    quarantine = Quarantine(paths.cache_dir())
    assert [quarantine.note_crash(plugin) for _ in range(MOST_CRASHES)][-1]
    assert "it is set aside" in health_of_the_plugin()
    done = CliRunner().invoke(lnm, ["plugins", "retry", "fake-darkness"])
    assert (done.exit_code, done.stdout) == (0, "fake-darkness 1.0: ready\n")
    assert health_of_the_plugin() == "ready"


def health_of_the_plugin() -> str:
    listed = json.loads(CliRunner().invoke(lnm, ["plugins", "list", "--json"]).stdout)
    return next(entry["health"] for entry in listed if entry["plugin"] == "fake-darkness")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.usefixtures("installed")
def test_p09_two_crashed_starts_are_followed_by_one_without_the_plugins_of_others(start: Start) -> None:  # noqa: F811
    for _ in range(2):
        crashed = start("safe-start", QT_QPA_PLATFORM="offscreen")
        crashed.heard("started")
        crashed.kill()
    safe = start("safe-start", QT_QPA_PLATFORM="offscreen")
    told = json.loads(safe.heard("plugins"))
    assert told["badge"] and "Started in safe mode: only the application's own models are used." in told["told"]
    assert sorted(told["plugins"]) == ["lnm-clinical", "lnm-tumor-tiles"]
    after = json.loads(safe.heard("plugins"))
    assert not after["badge"] and sorted(after["plugins"]) == ["fake-darkness", "lnm-clinical", "lnm-tumor-tiles"]
    assert safe.end()[0] == 0
    usual = start("safe-start", QT_QPA_PLATFORM="offscreen")
    told = json.loads(usual.heard("plugins"))
    assert not told["badge"] and "fake-darkness" in told["plugins"]
    assert usual.end()[0] == 0
    wished = start("safe-start", "--safe-mode", QT_QPA_PLATFORM="offscreen")  # type: ignore[arg-type]
    assert json.loads(wished.heard("plugins"))["badge"]
    assert wished.end()[0] == 0


@pytest.mark.usefixtures("installed")
def test_p09_nothing_is_remembered_of_a_plugin_that_was_removed() -> None:
    installation = Installation(paths.data_dir() / "plugins")
    (plugin,) = installation.plugins()
    Quarantine(paths.cache_dir()).note_crash(plugin)
    PluginInstaller(installation, paths.log_dir(), paths.cache_dir()).remove("fake-darkness")
    assert not list((paths.cache_dir() / "crashes").iterdir())


@pytest.mark.usefixtures("installed")
def test_p09_a_plugin_that_is_left_out_can_be_removed_from_the_list() -> None:
    (entry,) = overview(())
    assert (entry.name, entry.health, entry.removable) == ("fake-darkness", LEFT_OUT, True)
