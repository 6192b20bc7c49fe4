"""The pipelines that are compared, each run as a program of its own, and the summary over rounds."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inferring.pipelines.job import ANSWER_FILE, Job
from inferring.places import peers_python
from inferring.running import run

LIMIT_S = 900
REFERENCE = "plain loop, 0 workers"
Result = dict[str, Any]
MEASURES = ("run_s", "wall_s", "cpu_s", "peak_mb")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A module of `pipelines` and the environment that it runs in; an empty one is this program's own.

    `quick` ones also run in short rounds.
    """

    environment: str
    module: str
    workers: int = 0
    engine: str = ""
    quick: bool = True

    def python(self, peers: Path) -> str:
        """The interpreter, which need not exist."""
        return str(peers_python(peers, self.environment)) if self.environment else sys.executable

    def measure(self, job: Job, peers: Path) -> Result:
        """Run it on a job: seconds, memory, patches and probabilities, or why there are none."""
        if not Path(self.python(peers)).exists():
            return {"failed": "not installed"}
        command = [self.python(peers), "-m", f"inferring.pipelines.{self.module}", str(job.save())]
        ran = run([*command, self.engine] if self.engine else command, LIMIT_S)
        if ran.trouble:
            return {"failed": ran.trouble}
        answer = json.loads((Path(job.folder) / ANSWER_FILE).read_text(encoding="utf-8"))
        return {**answer, "wall_s": ran.wall_s, "cpu_s": ran.cpu_s, "peak_mb": ran.peak_mb}


SAME_PIXELS = Pipeline("", "same_pixels")
PIPELINES = {
    REFERENCE: Pipeline("", "plain_loop"),
    "plain loop, 2 workers": Pipeline("", "plain_loop", 2),
    "tiatoolbox, 0 workers": Pipeline("tiatoolbox", "tiatoolbox", quick=False),
    "tiatoolbox, 2 workers": Pipeline("tiatoolbox", "tiatoolbox", 2),
    "wsinfer, 2 workers": Pipeline("wsinfer", "wsinfer", 2),
    "lazyslide, 2 workers": Pipeline("lazyslide", "lazyslide", 2),
    "fast, openvino": Pipeline("fast", "fast", engine="OpenVINO"),
    "fast, onnxruntime": Pipeline("fast", "fast", engine="ONNXRuntime", quick=False),
    "slideflow": Pipeline("slideflow", "slideflow", quick=False),
}


def summary(runs: list[Result], patches: list[tuple[int, int]]) -> Result:
    """Medians over rounds of one pipeline; whether it looked at just the patches asked for."""
    good = [one for one in runs if "run_s" in one]
    if not good:
        return runs[0]
    medians = {key: round(statistics.median(one[key] for one in good), 2) for key in MEASURES}
    found = {tuple(patch) for patch in good[0]["patches"]}
    return {
        "patches_per_s": round(statistics.median(rate(one) for one in good), 2),
        **medians,
        "patches": len(found),
        "same_patches": found == set(patches),
        "rounds": len(good),
    }


def rate(one: Result) -> float:
    """Patches per second of a run."""
    return len(one["patches"]) / one["run_s"]


def median_ratio(ours: Iterable[Result], theirs: Iterable[Result]) -> float | None:
    """Of the rates in each round."""
    both = [(a, b) for a, b in zip(ours, theirs, strict=False) if "run_s" in a and "run_s" in b]
    return round(statistics.median(rate(a) / rate(b) for a, b in both), 2) if both else None


def largest_difference(one: Result, other: Result) -> float | None:
    """Of the probabilities of the patches that both looked at."""
    if "patches" not in one or "patches" not in other:
        return None
    known = dict(zip(map(tuple, other["patches"]), other["probabilities"], strict=True))
    pairs = zip(map(tuple, one["patches"]), one["probabilities"], strict=True)
    return max((abs(value - known[patch]) for patch, value in pairs if patch in known), default=None)
