"""The tutorial for authors of plugins, followed literally in an empty folder: its files and commands in order."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.formats.prediction_bundle import load_bundle
from lnm_desktop.plugin.made_up import MadeUpSlide

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "write-a-plugin.md").read_text(encoding="utf-8")
STEP = re.compile(r"(?:`(?P<file>[\w./-]+)`:\n\n)?```(?P<kind>\w+)\n(?P<body>.*?)```", re.DOTALL)
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")


@dataclass(frozen=True)
class Ran:
    command: str
    expected_failure: bool
    code: int
    output: str


def steps() -> Iterator[tuple[str, str]]:
    """Files as (name, content), commands as ("", line)."""
    for found in STEP.finditer(TEXT):
        if found["file"]:
            yield found["file"], found["body"]
        elif found["kind"] == "sh":
            yield from (("", line) for line in found["body"].splitlines() if line.strip())


def follow(folder: Path) -> list[Ran]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "plugins" / "lnm-tumor-tiles")))
    environment = {
        **os.environ,
        **NO_NETWORK,
        "PIP_NO_INDEX": "1",
        "LNM_HOME": str(folder / "home"),
        "PYTHONPATH": path,
    }
    ran = []
    for file, content in steps():
        if file:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(content, encoding="utf-8")
        else:
            ran.append(run(content, folder, environment))
    return ran


def run(line: str, folder: Path, environment: dict[str, str]) -> Ran:
    command, _, comment = line.partition("  # ")
    program, *arguments = shlex.split(command)
    assert program == "lnm"
    done = subprocess.run(
        [sys.executable, "-m", "lnm_desktop", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    return Ran(command.strip(), comment.startswith("fails"), done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's folder, empty but for a slide."""
    folder = tmp_path_factory.mktemp("reader")
    slide = MadeUpSlide(800, 600, tissue=Region(96, 96, 480, 320))
    Image.fromarray(np.asarray(slide.read_region(RegionRequest(slide.info.region)))).save(folder / "slide.tif")
    return folder


@pytest.fixture(scope="module")
def transcript(reader: Path) -> list[Ran]:
    return follow(reader)


def test_the_shortest_plugin_has_ten_lines() -> None:
    code = next(content for file, content in steps() if file.endswith(".py"))
    assert len([line for line in code.splitlines() if line]) == 10


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_command_of_the_tutorial_ends_as_it_says(transcript: list[Ran]) -> None:
    assert len(transcript) >= 10
    wrong = [item for item in transcript if (item.code != 0) != item.expected_failure]
    assert wrong == []
    (failed,) = [item for item in transcript if item.expected_failure]
    assert failed.output.count("failed") == 1
    assert "the spec does not say: licence, intended_use" in re.sub(r"[│\s]+", " ", failed.output)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_published_plugin_has_run_and_is_gone(transcript: list[Ran], reader: Path) -> None:
    values = load_bundle(reader / "result").maps["dark"]
    assert np.nanmax(values[4:12, 4:16]) > 0.3 > np.nanmin(values[4:12, 4:16])
    installed = {Path(item).name for item in json.loads(list_installed(reader))}
    assert "lnm-dark-tiles" not in installed
    listed = next(item.output for item in transcript if item.command == "lnm plugins list")
    assert "lnm-dark-tiles" in listed


def list_installed(reader: Path) -> str:
    environment = {**os.environ, "LNM_HOME": str(reader / "home"), "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-m", "lnm_desktop", "plugins", "list", "--json"],
        env=environment, capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip
    return json.dumps([item["plugin"] for item in json.loads(answer)])
