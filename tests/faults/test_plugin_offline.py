"""Without a network everything works, and nothing is tried (row U08): installing, listing, running, the window."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lnm_desktop.plugin.bundle import write_bundle
from lnm_desktop.plugin.wheel import read_wheel
from tests.fakes.slides import a_picture
from tests.fakes.wheels import a_plugin_wheel

ADDRESS = re.compile(r'inet_(?:addr|pton)\((?:AF_INET6?, )?"([^"]+)"')


def without_network(*command: str) -> list[str]:
    """The command in a network of its own that has no cable."""
    can = shutil.which("unshare") and subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    if not can or can.returncode:
        pytest.skip("this system lets no process have a network of its own (unshare -rn)")
    return ["unshare", "-rn", *command]


def traced(log: Path, *command: str) -> list[str]:
    """The command with each connection that it or its children try written to a file."""
    tried = shutil.which("strace") and subprocess.run(["strace", "true"], capture_output=True, check=False)
    if not tried or tried.returncode:
        pytest.skip("strace is not there or may not trace")
    return ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", str(log), *command]


def foreign(log: Path) -> list[str]:
    """The addresses of other machines in a trace."""
    found = ADDRESS.findall(log.read_text(errors="replace"))
    return [address for address in found if not ipaddress.ip_address(address).is_loopback]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LNM_HOME", str(tmp_path / "home"))
    return tmp_path


def lnm(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "lnm_desktop", *map(str, arguments)]


def ran(command: list[str]) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, env=dict(os.environ))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_u08_a_plugin_is_installed_and_run_from_a_bundle_with_the_network_cut(home: Path) -> None:
    bundle, slide = home / "fake.lnmplugin", a_picture(home / "synthetic.png")
    write_bundle([read_wheel(a_plugin_wheel(home / "shelf"))], bundle)
    installed = ran(without_network(*lnm("plugins", "install", bundle, "--yes", "--json")))
    assert json.loads(installed)["installed"]
    listed = json.loads(ran(without_network(*lnm("plugins", "list", "--json"))))
    assert {entry["plugin"]: entry["problem"] for entry in listed}["fake-darkness"] == ""
    for model in ("fake-darkness", "lnm-tumor-tiles"):
        command = lnm("predict", slide, "--model", model, "--out", home / model, "--mpp", "0.97", "--json")
        told = json.loads(ran(without_network(*command, "--option", "tissue_fraction=0")))
        assert told["scores"]["highest"] > 0


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_u08_no_plugin_and_no_run_asks_for_another_machine(home: Path) -> None:
    slide, log = a_picture(home / "synthetic.png"), home / "trace"
    ran(traced(log, *lnm("plugins", "list")))
    assert foreign(log) == []
    command = lnm("predict", slide, "--model", "lnm-tumor-tiles", "--out", home / "out", "--mpp", "0.97")
    ran(traced(log, *command, "--option", "tissue_fraction=0"))
    assert foreign(log) == []
    assert (home / "out" / "prediction.json").is_file()


def test_the_trace_would_show_a_connection(home: Path) -> None:
    log = home / "trace"
    code = "import socket; s = socket.socket(); s.settimeout(0.1); s.connect_ex(('192.0.2.1', 9))"
    subprocess.run(traced(log, sys.executable, "-c", code), check=True)
    assert foreign(log) == ["192.0.2.1"]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="strace is there on Linux only")
def test_u08_the_window_with_its_plugins_starts_without_asking_for_another_machine(home: Path) -> None:
    log, slide = home / "trace", a_picture(home / "synthetic.png")
    window = [sys.executable, "-m", "lnm_desktop", "--window", str(slide), "--workspace", str(home / "ws")]
    drawn = {} if os.environ.get("DISPLAY") else {"QT_QPA_PLATFORM": "offscreen"}
    environment = {**os.environ, **drawn, "LNM_TEST_QUIT_AFTER": "25"}
    ended = subprocess.run(
        traced(log, *window), capture_output=True, text=True, timeout=200, check=False, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    assert log.stat().st_size > 0
    assert list((home / "home" / "cache" / "plugins").glob("*.json")), "no plugin was asked for its models"
    assert foreign(log) == []
