"""How long an edit of one shape takes among many, beside napari's stock Shapes layer; and what an undo costs.

    python benchmarks/annotations.py --quick --json

Each editor shows the same made-up shapes of 20 corners in a child process of its own on a canvas of the same size, in
interleaved rounds. An edit counts until the frame that shows it is painted. Absolute times depend on the machine;
read the ratios. Without a display the program starts itself under xvfb-run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from typing import Any

from children import HERE, need_display, run_child

ROOT = HERE.parent
EDITORS = ("ours", "napari-shapes")
COUNTS = (1_000, 5_000, 20_000)
MANY = 100_000
UNDO_COUNTS = (100, 100_000)
EDITS = ("vertex_ms", "add_ms", "delete_ms")
CHILD_LIMIT_S = 600
Result = dict[str, Any]


def main() -> None:
    """Run the rounds and print a table or JSON."""
    arguments = _arguments()
    need_display()
    rounds, repeats = (1, 7) if arguments.quick else (3, 15)
    report = summary(_rounds(arguments.counts, rounds, repeats))
    report["many"] = {str(MANY): _child("ours", MANY, repeats)}
    report["undo"] = _undo()
    print(json.dumps(report, indent=1) if arguments.json else _table(report))


def summary(found: dict[tuple[str, int], list[Result]]) -> Result:
    """Medians over rounds, and how many times faster ours is at each edit."""
    medians: Result = {}
    for (name, count), runs in found.items():
        good = [run for run in runs if "vertex_ms" in run]
        one = {key: round(statistics.median(run[key] for run in good), 2) for key in good[0]} if good else runs[0]
        medians.setdefault(str(count), {})[name] = one
    for one in medians.values():
        ours, stock = (one.get(name, {}) for name in EDITORS)
        if "vertex_ms" in ours and "vertex_ms" in stock:
            one["times_faster"] = {edit.removesuffix("_ms"): round(stock[edit] / ours[edit], 1) for edit in EDITS}
    return {"shapes": medians}


def _rounds(counts: list[int], rounds: int, repeats: int) -> dict[tuple[str, int], list[Result]]:
    found: dict[tuple[str, int], list[Result]] = {(name, count): [] for count in counts for name in EDITORS}
    for number in range(rounds):
        for (name, count), runs in found.items():
            print(f"round {number + 1} of {rounds}: {name}, {count:,} shapes", file=sys.stderr, flush=True)
            runs.append(_child(name, count, repeats))
    return found


def _undo() -> Result:
    sys.path.insert(0, str(HERE))
    from annotating.undoing import undo_ms

    few, many = (round(undo_ms(count), 3) for count in UNDO_COUNTS)
    return {f"ms_at_{UNDO_COUNTS[0]}": few, f"ms_at_{UNDO_COUNTS[1]}": many, "ratio": round(many / few, 2)}


def _child(name: str, count: int, repeats: int) -> Result:
    command = [sys.executable, "-m", "annotating.script", name, str(count), str(repeats)]
    return run_child(command, CHILD_LIMIT_S, {"PYTHONPATH": str(ROOT)})


def _table(report: Result) -> str:
    rows = [*report["shapes"].items(), *((count, {"ours": one}) for count, one in report["many"].items())]
    lines = [f"{'shapes':>8}  {'editor':14} " + "".join(f"{key:>10}" for key in ("vertex", "add", "delete", "show"))]
    for count, one in rows:
        for name in EDITORS:
            if name in one:
                keys = (*EDITS, "show_ms")
                lines.append(f"{count:>8}  {name:14} " + "".join(f"{one[name].get(key, '-'):>10}" for key in keys))
        if "times_faster" in one:
            lines.append(
                f"{'':8}  {'times faster':14} " + "".join(f"{value:>10}" for value in one["times_faster"].values())
            )
    return "\n".join([*lines, f"undo of one vertex move: {report['undo']}"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS), help="other numbers of shapes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
