"""Cohorts with bad slides and dying processes: complete, every failure explained, nothing done twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from lnm_desktop import paths
from lnm_desktop.app.cohort import Cohort, Outcome, run_here, slides_of, summary, write_summary
from lnm_desktop.app.models import Models
from lnm_desktop.app.plugin_installing import PluginInstaller
from lnm_desktop.domain.ids import RunId
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.prediction_bundle import load_bundle
from lnm_desktop.formats.table_file import read_table
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.plugin.installation import Installation
from tests.fakes.plugins import classify_with
from tests.fakes.slides import a_picture
from tests.fakes.wheels import a_plugin_wheel

SLIDES = 50
BAD = {
    "bad-empty.tif": b"",
    "bad-text.svs": b"this is no slide\n" * 40,
    "bad-half.png": None,
    "bad-page.ndpi": b"<!doctype html><title>404</title>",
}
MISSING = "bad-missing.svs"
SLOW = classify_with("time.sleep(0.02)\nreturn np.full((len(tiles), 2), 0.5, np.float32)", "import time, numpy as np")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own with a plugin that was installed there, as the cluster's processes find it."""
    monkeypatch.setenv("LNM_HOME", str(tmp_path / "home"))
    installer = PluginInstaller(Installation(paths.data_dir() / "plugins"), paths.log_dir(), paths.cache_dir())
    installer.install(str(a_plugin_wheel(tmp_path / "shelf", model=SLOW)))
    return tmp_path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Made-up slides, a tenth of them bad, in a table of relative paths."""
    folder = tmp_path / "slides"
    folder.mkdir()
    good = [a_picture(folder / f"synthetic-{number:02}.png").name for number in range(SLIDES - len(BAD) - 1)]
    for name, content in BAD.items():
        (folder / name).write_bytes(content if content is not None else (folder / good[0]).read_bytes()[:300])
    table = tmp_path / "cohort.csv"
    names = [*good, *BAD, MISSING]
    table.write_text("case,path\n" + "".join(f"P-{number},slides/{name}\n" for number, name in enumerate(names)))
    return table


def a_cohort(table: Path, out: Path) -> Cohort:
    settings = {"options": {"tissue_fraction": 0.0}, "synthetic_input": True, "threads": 1}
    request = PredictionRequest(RunId(""), "fake-darkness", "", "", 1.0, **settings)  # type: ignore[arg-type]
    return Cohort(slides_of(table), request, out)


def check(outcomes: list[Outcome], cohort: Cohort, states: dict[str, int]) -> None:
    assert Counter(outcome.state for outcome in outcomes) == states
    failed = {outcome.slide: outcome for outcome in outcomes if outcome.state == "failed"}
    assert set(failed) == {*BAD, MISSING}
    for name, outcome in failed.items():
        assert name in outcome.reason
        assert outcome.kind.startswith("Image")
    for slide in cohort.slides:
        if slide.name not in failed:
            assert load_bundle(cohort.folder(slide)).maps["dark"].shape == (8, 10)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_plugin_on_a_cluster_of_which_a_process_is_killed(home: Path, table: Path) -> None:
    from lnm_desktop.app.cluster import run_on_cluster

    cohort = a_cohort(table, home / "out")
    folders = paths.log_dir(), paths.cache_dir()
    with Models(*folders) as models:
        models.find("fake-darkness")
    outcomes: list[Outcome] = []
    killed = 0
    for outcome in run_on_cluster(cohort, "local", 2, folders):
        outcomes.append(outcome)
        if len(outcomes) == 10:
            workers = [child for child in psutil.Process().children() if child.children()]
            workers[0].kill()
            killed += 1
    assert killed == 1
    check(outcomes, cohort, {"done": SLIDES - 5, "failed": 5})
    write_summary(cohort, outcomes)
    told = json.loads((cohort.out / "summary.json").read_text())
    assert (told["slides"], sum(map(len, told["failed"].values()))) == (SLIDES, 5)
    assert len(read_table(cohort.out / "summary.csv").rows) == SLIDES
    again = list(run_on_cluster(cohort, "local", 1, folders))
    check(again, cohort, {"kept": SLIDES - 5, "failed": 5})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_batch_of_a_plugin_goes_on_where_it_was(home: Path, table: Path) -> None:
    out = home / "out"
    command = [
        sys.executable,
        "-m",
        "lnm_desktop",
        "batch",
        str(table),
        "--model",
        "fake-darkness",
        "--out",
        str(out),
    ]
    command += ["--mpp", "1.0", "--option", "tissue_fraction=0", "--threads", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as program:
        assert program.stderr is not None
        for line in program.stderr:
            if line.startswith("12 of"):
                program.kill()
                break
    ran = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=200, check=False)
    told = json.loads(ran.stdout)
    assert ran.returncode == 3
    assert told["states"]["kept"] >= 12
    assert (told["slides"], told["states"]["failed"]) == (SLIDES, 5)


def test_a_cohort_in_this_process_and_what_is_kept_of_it(home: Path, table: Path) -> None:
    cohort = a_cohort(table, home / "out")
    few = Cohort((*cohort.slides[:2], *cohort.slides[-5:]), cohort.request, cohort.out)
    with Models(paths.log_dir(), paths.cache_dir()) as models:
        first, again = (list(run_here(models, few)) for _ in range(2))
        cohort.slides[0].write_bytes(cohort.slides[1].read_bytes() + b" ")
        changed = list(run_here(models, few))
    check(first, few, {"done": 2, "failed": 5})
    check(again, few, {"kept": 2, "failed": 5})
    assert [outcome.state for outcome in changed[:2]] == ["done", "kept"]
    assert summary(first)["failed"]["ImageNotFound"] == [MISSING]


def test_a_table_without_paths_and_an_empty_folder_say_so(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("case,age\nP-1,3\n")
    with pytest.raises(FormatError, match="no column of paths"):
        slides_of(tmp_path / "table.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="holds no slide"):
        slides_of(tmp_path / "empty")
