"""Tiles per second, ours beside every reader that is installed, and how far each one's pixels are from OpenSlide's.

    python benchmarks/reading.py --quick --json --peers PYTHON

`--peers` is the Python in which the other readers are installed (by default this one; what is missing is left out):
openslide-python openslide-bin tifffile imagecodecs zarr tiffslide pyvips pyvips-binary fastslide slideio simplejpeg
microtome-wsi opencv-python-headless, and cucim-cu12 with lazy-loader and click (`--no-deps`: it needs no GPU).

Every reader lives in a child process and is asked for the same tiles in interleaved rounds; medians over rounds are
printed. Tiles lie at random places in tissue; the page cache is warm, caches of decoded tiles are empty. `ratio` is
ours over the fastest peer that gives OpenSlide's pixels, the median of each round's ratio; `cpu_ratio` the same of
processor time per tile, which other work on the machine disturbs less. `floor: decoding alone` is no reader but
what the JPEG decoder costs, so it does not count as a peer. Absolute rates depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from readers.cells import Cell, cells, task
from readers.peers import FLOOR, PEERS
from readers.task import Task

HERE = Path(__file__).resolve().parent
OURS = ("ours", "ours, dct")
REFERENCE = "openslide-python"
Result = dict[str, Any]


def main() -> None:
    """Run the rounds and print a table or JSON."""
    arguments = _arguments()
    names = [name for name in (*OURS, *PEERS) if not arguments.only or name in arguments.only or name == REFERENCE]
    children = {name: Child(name, sys.executable if name in OURS else arguments.peers) for name in names}
    rounds = arguments.rounds or (3 if arguments.quick else 5)
    report = {}
    try:
        for cell in cells(arguments.quick):
            if arguments.cells in cell.name:
                report[cell.name] = _measure(cell, children, rounds)
    finally:
        for child in children.values():
            child.stop()
    print(
        json.dumps({"cells": report, "least_ratio": _least(report)}, indent=1) if arguments.json else _table(report)
    )


class Child:
    """One reader's process; it starts with the first task and is started again when it has died."""

    def __init__(self, name: str, python: str) -> None:
        self._command = [python, "-m", "readers.child", name]
        self._process: subprocess.Popen[str] | None = None

    def ask(self, task: Task) -> Result:
        """What it measured, or why it could not."""
        process = self._process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        try:
            print(json.dumps(task.to_dict()), file=process.stdin, flush=True)
            for line in process.stdout:
                if line.startswith("answer "):
                    return json.loads(line.removeprefix("answer "))
        except BrokenPipeError:
            pass
        self.stop()
        return {"failed": f"its process ended with {process.returncode}"}

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(HERE.parent), str(HERE)])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
        pipe, silent = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=silent, text=True, cwd=HERE, env=environment
        )


def _measure(cell: Cell, children: dict[str, Child], rounds: int) -> Result:
    found = _compare(cell, children)
    able = [name for name, one in found.items() if "mean_difference" in one]
    runs: dict[str, list[Result]] = {name: [] for name in able}
    for number in range(rounds):
        print(f"{cell.name}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for name in able if number % 2 == 0 else reversed(able):
            runs[name].append(children[name].ask(task(cell, number)))
    for name, one in runs.items():
        good = [run for run in one if "tiles_per_s" in run]
        for key in ("tiles_per_s", "cpu_ms") if good else ():
            found[name][key] = round(statistics.median(run[key] for run in good), 2)
    return {"readers": found, **_ratio(found, runs)}


def _compare(cell: Cell, children: dict[str, Child]) -> dict[str, Result]:
    """Each reader's pixels against OpenSlide's: mean and largest difference, or why there are none."""
    found: dict[str, Result] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, child in children.items():
            kept = Path(folder) / f"{len(found)}.npy"
            answer = child.ask(task(cell, 99, kept_in=str(kept)))
            found[name] = {"kept": kept} if "tiles_per_s" in answer else answer
        expected = np.load(found[REFERENCE]["kept"]).astype(int)
        for one in found.values():
            if "kept" in one:
                apart = np.abs(np.load(one.pop("kept")) - expected)
                one |= {"mean_difference": round(float(apart.mean()), 3), "most_difference": int(apart.max())}
    return found


def _ratio(found: dict[str, Result], runs: dict[str, list[Result]]) -> Result:
    """Ours over the fastest peer with the same pixels: that of the medians, and of processor time."""
    measured = [name for name in runs if "tiles_per_s" in found[name] and found[name]["most_difference"] == 0]
    peers = [name for name in measured if name not in (*OURS, FLOOR)]
    if not peers or "ours" not in measured:
        return {}
    fastest = max(peers, key=lambda name: found[name]["tiles_per_s"])
    compared = {"ratio": fastest, "ratio_to_openslide": REFERENCE, "ratio_to_floor": FLOOR}
    return {
        "fastest_peer": fastest,
        **{key: _median_ratio(runs["ours"], runs[name]) for key, name in compared.items() if name in measured},
        "cpu_ratio": round(found[fastest]["cpu_ms"] / found["ours"]["cpu_ms"], 2),
    }


def _median_ratio(ours: list[Result], theirs: list[Result]) -> float:
    """Of the rates of each round."""
    both = [(a, b) for a, b in zip(ours, theirs, strict=True) if "tiles_per_s" in a and "tiles_per_s" in b]
    return round(statistics.median(a["tiles_per_s"] / b["tiles_per_s"] for a, b in both), 2)


def _least(report: dict[str, Result]) -> float | None:
    return min((one["ratio"] for one in report.values() if "ratio" in one), default=None)


def _table(report: dict[str, Result]) -> str:
    lines = ["tiles/s, ms of processor per tile, mean and largest difference from OpenSlide's pixels"]
    for name, cell in report.items():
        facts = {key: value for key, value in cell.items() if key != "readers"}
        lines += ["", f"{name}  {facts}", *(_line(reader, one) for reader, one in cell["readers"].items())]
    return "\n".join([*lines, "", f"least ratio: {_least(report)}"])


def _line(name: str, one: Result) -> str:
    if "tiles_per_s" not in one:
        return f"  {name:24}{one}"
    return (
        f"  {name:24}{one['tiles_per_s']:8.0f}{one['cpu_ms']:8.2f}{one['mean_difference']:8.2f}"
        f"{one['most_difference']:5d}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three short rounds, fewer cells with one worker")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", nargs="+", choices=[*OURS, *PEERS], help="these readers, and the reference")
    parser.add_argument("--cells", default="", help="only cells whose name holds this text")
    parser.add_argument("--peers", default=sys.executable, help="the Python in which the other readers are installed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
