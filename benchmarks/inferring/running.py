"""A program run to its end: how long it took and how much memory it and its children held at most."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_S = 0.05
BENCHMARKS = Path(__file__).resolve().parent.parent
SHIPPED = BENCHMARKS.parent / "plugins" / "lnm-tumor-tiles"
MB = 1e6


@dataclass(frozen=True, slots=True)
class Ran:
    """`peak_mb`: the largest sum of resident memory over the process and all below it.

    `cpu_s`: processor time of the process and all below it that it waited for.
    """

    output: str
    trouble: str
    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: Sequence[str], limit_s: float, own: Mapping[str, str] | None = None) -> Ran:
    """Run a program, see `environment`; `trouble` is empty where it ended well."""
    with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as errors:
        started, cpu = time.perf_counter(), _children_cpu_s()
        folder = tempfile.gettempdir()  # some write logs where they are started
        process = subprocess.Popen(command, stdout=words, stderr=errors, cwd=folder, env=environment(own or {}))
        peak = _watch(process, started + limit_s)
        wall_s, cpu_s = time.perf_counter() - started, _children_cpu_s() - cpu
        errors.seek(0)
        words.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
        trouble = f"exit {process.returncode}: {(lines or ['no words'])[-1][:300]}" if process.returncode else ""
        return Ran(words.read().decode(errors="replace"), trouble, wall_s, cpu_s, peak / MB)


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """This process's, with the benchmark and the shipped network to import, and no hub to ask."""
    path = os.pathsep.join([own.get("PYTHONPATH", ""), str(BENCHMARKS.parent), str(BENCHMARKS), str(SHIPPED)])
    quiet = {"PYTHONWARNINGS": "ignore", "HF_HUB_OFFLINE": "1", "QT_QPA_PLATFORM": "offscreen"}
    return {**os.environ, **quiet, **own, "PYTHONPATH": path.strip(os.pathsep)}


def _children_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _watch(process: subprocess.Popen[bytes], until: float) -> int:
    """The most resident bytes seen of the tree until it ended; it is ended when its time is over."""
    peak = 0
    top = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _resident(top))
        if time.perf_counter() > until:
            _end(top)
        time.sleep(SAMPLE_S)
    return peak


def _resident(top: psutil.Process) -> int:
    total = 0
    try:
        family = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def _end(top: psutil.Process) -> None:
    for process in [*top.children(recursive=True), top]:
        process.kill()
