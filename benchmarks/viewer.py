"""How smoothly the viewer moves and how soon it is sharp, beside napari's own ways and a plain Qt viewer.

    python benchmarks/viewer.py --quick --json

Every viewer follows the same script in a child process of its own, on a canvas of 1510 × 991, in interleaved
rounds; medians over rounds are printed. "Gap" is the time between two beats of a 5 ms timer on the window's thread.
`floor-napari` shows one picture in memory, `qgraphicsview` decodes in threads and paints pixmaps: what drawing and
what reading cost at least. Absolute times depend on the machine; read the ratios. Without a display the program
starts itself under xvfb-run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from children import need_display, run_child
from viewing.big_slide import big_slide

PEERS = (
    "napari-dask-openslide",
    "napari-tifffile-zarr",
    "napari-tifffile-zarr-async",
    "napari-wsi",
)
NAMES = ("ours", "floor-napari", "qgraphicsview", *PEERS)
PHASES = ("pan", "pan_4", "zoom", "fling")
CHILD_LIMIT_S = 300
Result = dict[str, Any]


def main() -> None:
    """Run the rounds and print a table or JSON."""
    arguments = _arguments()
    need_display()
    slide = arguments.slide or big_slide(arguments.side)
    rounds, seconds = (2, 3.0) if arguments.quick else (5, 6.0)
    found = _run_rounds(arguments, slide, arguments.rounds or rounds, seconds)
    report = summary(found)
    print(json.dumps(report, indent=1) if arguments.json else _table(report))


def summary(found: dict[str, list[Result]]) -> Result:
    """Medians over rounds, and the ratios between the viewers."""
    viewers = {name: _median_of(runs) for name, runs in found.items()}
    report: Result = {"viewers": viewers}
    ours, floor, plain = (viewers.get(name, {}) for name in ("ours", "floor-napari", "qgraphicsview"))
    if "pan" in ours and "pan" in floor:
        for key in ("gap_p95_ms", "gap_worst_ms"):
            ratios = {phase: round(ours[phase][key] / floor[phase][key], 2) for phase in ("pan", "zoom")}
            report[f"{key.removesuffix('_ms')}_ratio_to_floor"] = ratios
    if "sharp_ms" in ours and "sharp_ms" in plain:
        waits = [max(1.0, one["sharp_ms"] - one["empty_frame_ms"]) for one in (ours, plain)]
        report["sharp_ratio_to_qgraphicsview"] = round(waits[0] / waits[1], 2)
    return report


def _median_of(runs: list[Result]) -> Result:
    good = [run for run in runs if "pan" in run]
    if not good:
        return runs[0] if runs else {}
    merged: Result = {"crashed": f"{len(runs) - len(good)} of {len(runs)}", "canvas": good[0]["canvas"]}
    for phase in PHASES:
        keys = good[0][phase]
        merged[phase] = {key: round(statistics.median(run[phase][key] for run in good), 1) for key in keys}
    jumps = [jump for run in good for jump in run["sharp_ms"]]
    merged["sharp_ms"] = round(statistics.median(jumps), 1)
    merged["sharp_p95_ms"] = round(sorted(jumps)[int(len(jumps) * 0.95)], 1)
    for key in ("empty_frame_ms", "rss_mb"):
        merged[key] = round(statistics.median(run[key] for run in good), 1)
    return merged


def _run_rounds(arguments: argparse.Namespace, slide: Path, rounds: int, seconds: float) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {name: [] for name in arguments.only or NAMES}
    for number in range(rounds):
        for name, runs in found.items():
            if not any("missing" in run for run in runs):
                print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
                runs.append(_child(arguments.peers if name in PEERS else sys.executable, name, slide, seconds))
    return found


def _child(python: str, name: str, slide: Path, seconds: float) -> Result:
    return run_child([python, "-m", "viewing.script", name, str(slide), str(seconds)], CHILD_LIMIT_S)


def _table(report: Result) -> str:
    heads = f"{'':28}" + "".join(f"{phase:>22}" for phase in PHASES) + f"{'sharp':>10}{'frame':>8}{'MB':>7}"
    lines = ["gap p95/worst in ms, frames per second; then ms until sharp, an empty frame, memory", heads]
    for name, one in report["viewers"].items():
        if "pan" not in one:
            lines.append(f"{name:28}{one}")
            continue
        cells = [f"{one[p]['gap_p95_ms']:.0f}/{one[p]['gap_worst_ms']:.0f} {one[p]['fps']:.0f}" for p in PHASES]
        rest = f"{one['sharp_ms']:>10.0f}{one['empty_frame_ms']:>8.0f}{one['rss_mb']:>7.0f}"
        lines.append(f"{name:28}" + "".join(f"{cell:>22}" for cell in cells) + rest)
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in report.items() if key != "viewers")])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, help="another number of rounds")
    parser.add_argument("--slide", type=Path, help="a slide of your own instead of a generated one")
    parser.add_argument("--side", type=int, default=40_000, help="pixels along the side of the generated slide")
    parser.add_argument("--only", nargs="+", choices=NAMES)
    parser.add_argument("--peers", default=sys.executable, help="the Python in which the napari peers are installed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
