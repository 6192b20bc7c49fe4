"""Patches per second of a whole slide through a network, ours beside other pipelines and beside the machine's limit.

    python benchmarks/inference.py --quick --json

Every pipeline is given the same generated slide (0.25 µm/px, three tenths tissue), the same patches (256 px at
0.5 µm/px, side by side) and the same networks with the same weights, and runs as a program of its own in interleaved
rounds; medians are printed. Ours is `lnm predict` with a plugin that holds the networks. It finds the tissue itself,
within the time measured; the others are told where it is. The others live in virtual environments that
`inferring/install_peers.py` makes; what is not installed is left out. `run_s` is the time from opening the slide to
the probabilities, with the network loaded; `wall_s` that from the start of the program to its end; `peak_mb` the
most resident memory of the program and its children, `cpu_s` their processor time from start to end.

`limit_fraction` is our rate × (1/d + 1/m), where d and m are the rates of decoding alone and of the network alone
with all cores, ours as well. `ratio` is our rate over the other's, the median of each round's; `cpu_ratio` its
processor time over ours, which other work on the machine disturbs less. Absolute rates depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from inferring.comparing import (
    PIPELINES,
    REFERENCE,
    SAME_PIXELS,
    Pipeline,
    largest_difference,
    median_ratio,
    rate,
    summary,
)
from inferring.nets import NAMES
from inferring.ours import Application
from inferring.pipelines.job import CELL_PX, Job
from inferring.places import peers_folder
from inferring.preparing import RESAMPLING, install_plugin, prepare_nets
from inferring.running import run
from inferring.slides import Slide, make_slide

OURS = "ours"
LIMIT_S = 300
BATCH = 32
Result = dict[str, Any]
Runs = dict[str, list[Result]]


def main() -> None:
    """Run the rounds and print a table or JSON."""
    arguments = _arguments()
    side = arguments.side or (10_240 if arguments.quick else 20_480)
    with tempfile.TemporaryDirectory() as name:
        report = Benchmark(arguments, side, Path(name)).report()
    print(json.dumps(report, indent=1) if arguments.json else table(report))


class Benchmark:
    """One slide, some networks, all pipelines."""

    def __init__(self, arguments: argparse.Namespace, side: int, folder: Path) -> None:
        self._arguments = arguments
        self._side, self._folder = side, folder
        self._count = round(0.3 * (side // CELL_PX) ** 2)
        self._slide = make_slide(side, self._count)
        self._rounds = arguments.rounds or (1 if arguments.quick else 5)
        plugin, home = folder / "plugin", folder / "home"
        prepare_nets(arguments.nets, self._slide, folder)
        install_plugin(arguments.nets, arguments.resampling, folder, plugin)
        self._ours = Application(plugin, home)

    def report(self) -> Result:
        """Everything that was measured."""
        about = {
            "side_px": self._side,
            "patches": self._count,
            "resampling": self._arguments.resampling,
            "rounds": self._rounds,
            "cores": os.cpu_count(),
        }
        nets = {net: self._compare(net) for net in self._arguments.nets}
        return {"slide": about, "nets": nets, **({} if self._arguments.no_costs else {"costs": self._costs()})}

    def _compare(self, net: str) -> Result:
        self._say(f"{net}: ours, once to warm up")
        warm = self._ours.predict(self._job(net))
        if "failed" in warm:
            sys.exit(f"ours does not run {net}: {warm['failed']}")
        runs: Runs = {name: [] for name in (OURS, *self._peers())}
        limits: list[Result] = []
        for number in range(self._rounds):
            for name in runs if number % 2 == 0 else reversed(runs):
                if any("failed" in one for one in runs[name]):
                    continue
                self._say(f"{net}, round {number + 1} of {self._rounds}: {name}")
                before = self._limits(net) if name == OURS else {}
                runs[name].append(self._measure(name, net))
                if name == OURS:
                    limits.append({what: (value + self._limits(net)[what]) / 2 for what, value in before.items()})
        exact = SAME_PIXELS.measure(self._job(net), self._arguments.peers)
        agreement = {
            "first_run_s": round(warm["wall_s"], 1),
            "difference_on_same_pixels": largest_difference(warm, exact),
        }
        return self._summed(runs, limits) | agreement

    def _measure(self, name: str, net: str) -> Result:
        if name == OURS:
            return self._ours.predict(self._job(net))
        pipeline = self._peers()[name]
        return pipeline.measure(self._job(net, pipeline.workers), self._arguments.peers)

    def _summed(self, runs: Runs, limits: list[Result]) -> Result:
        rows = {name: summary(own, self._slide.patches) for name, own in runs.items()}
        for name, own in runs.items():
            if name != OURS and "patches_per_s" in rows[name]:
                rows[name]["ratio"] = median_ratio(runs[OURS], own)
                rows[name]["cpu_ratio"] = round(rows[name]["cpu_s"] / rows[OURS]["cpu_s"], 2)
            if REFERENCE in runs and own and runs[REFERENCE]:
                rows[name]["largest_difference"] = largest_difference(own[0], runs[REFERENCE][0])
        return {"pipelines": rows, **_limited(runs[OURS], limits)}

    def _limits(self, net: str) -> dict[str, float]:
        return {what: self._limit(what, net) for what in ("decode", "model")}

    def _limit(self, what: str, net: str) -> float:
        command = [sys.executable, "-m", "inferring.limits", what, str(self._job(net).save())]
        ran = run(command, LIMIT_S, self._ours.own)
        if ran.trouble:
            sys.exit(f"the limit of {what} could not be measured: {ran.trouble}")
        return json.loads(ran.output)["per_s"]

    def _costs(self) -> Result:
        """Of twice the tissue, of four times the slide around the same tissue, of the worker process."""
        net = self._arguments.nets[-1]
        self._say(f"{net}: costs")
        slides = {
            "run_s": self._slide,
            "twice_the_tissue_s": make_slide(self._side, 2 * self._count),
            "four_times_the_slide_s": make_slide(2 * self._side, self._count),
        }
        rounds = self._rounds
        found: dict[str, list[float]] = {name: [] for name in slides}
        for _ in range(rounds):
            for name, slide in slides.items():
                found[name].append(self._ours.predict(self._job(net, slide=slide)).get("run_s", float("nan")))
        costs = {name: round(statistics.median(seconds), 3) for name, seconds in found.items()}
        command = [sys.executable, "-m", "inferring.isolation", str(self._job(net).save()), str(rounds)]
        ran = run(command, LIMIT_S * 2, self._ours.own)
        return {
            "net": net,
            **costs,
            "tissue_ratio": round(costs["twice_the_tissue_s"] / costs["run_s"], 3),
            "slide_ratio": round(costs["four_times_the_slide_s"] / costs["run_s"], 3),
            "isolation": {"failed": ran.trouble} if ran.trouble else json.loads(ran.output.splitlines()[-1]),
        }

    def _job(self, net: str, workers: int = 0, slide: Slide | None = None) -> Job:
        slide = slide or self._slide
        return Job(
            slide=str(slide.path),
            side_px=slide.cells.shape[0] * CELL_PX,
            patches=[list(patch) for patch in slide.patches],
            net=net,
            weights=str(self._folder / f"{net}.safetensors"),
            script=str(self._folder / f"{net}.pt"),
            onnx=str(self._folder / f"{net}.onnx"),
            resampling=self._arguments.resampling,
            workers=workers,
            threads=os.cpu_count() or 1,
            batch=BATCH,
            folder=tempfile.mkdtemp(dir=self._folder),
        )

    def _peers(self) -> dict[str, Pipeline]:
        asked = self._arguments.only
        wanted = {name: one for name, one in PIPELINES.items() if one.quick or not self._arguments.quick}
        return {name: one for name, one in wanted.items() if not asked or name.startswith(tuple(asked))}

    def _say(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)


def _limited(ours: list[Result], limits: list[Result]) -> Result:
    """The limit's rates, and how near ours comes: the engine's rate alone, and with finding tissue and ranking."""
    good = [(one, limit) for one, limit in zip(ours, limits, strict=False) if "run_s" in one]
    if not good:
        return {}
    cost = [1 / limit["decode"] + 1 / limit["model"] for _, limit in good]
    return {
        "decode_per_s": round(statistics.median(limit["decode"] for _, limit in good), 1),
        "model_per_s": round(statistics.median(limit["model"] for _, limit in good), 1),
        "limit_fraction": _median(one["engine_per_s"] * each for (one, _), each in zip(good, cost, strict=True)),
        "limit_fraction_of_run": _median(rate(one) * each for (one, _), each in zip(good, cost, strict=True)),
    }


def _median(values: Any) -> float:
    return round(statistics.median(values), 3)


def table(report: Result) -> str:
    """The report in lines."""
    lines = [str(report["slide"])]
    for net, found in report["nets"].items():
        facts = {key: value for key, value in found.items() if key != "pipelines"}
        lines += ["", f"{net}  {facts}", *(_line(name, one) for name, one in found["pipelines"].items())]
    return "\n".join([*lines, "", f"costs: {report.get('costs')}"])


def _line(name: str, one: Result) -> str:
    if "patches_per_s" not in one:
        return f"  {name:24}{one}"
    ratio, difference = one.get("ratio") or 1.0, one.get("largest_difference")
    apart = "" if difference is None else f"{difference:10.1e}"
    same = "" if one["same_patches"] else f"  other patches: {one['patches']}"
    rates = f"{one['patches_per_s']:8.1f} patches/s{ratio:8.2f} ×"
    costs = f"{one['wall_s']:8.1f} s{one['cpu_s']:8.1f} s{one['peak_mb']:8.0f} MB"
    return f"  {name:24}{rates}{costs}{apart}{same}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller slide, one round, fewer pipelines")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, help="another number of rounds than 5, or 1 with --quick")
    parser.add_argument("--side", type=int, help="pixels along the side of the generated slide")
    parser.add_argument("--nets", nargs="+", choices=NAMES, default=["shipped", "resnet18"])
    parser.add_argument("--only", nargs="+", help="only pipelines whose names begin so, and ours")
    parser.add_argument("--resampling", choices=list(RESAMPLING), default="bilinear")
    parser.add_argument("--no-costs", action="store_true", help="leave out areas and isolation")
    parser.add_argument("--peers", type=Path, default=peers_folder(), help="folder of install_peers.py")
    return parser.parse_args()


if __name__ == "__main__":
    main()
