"""Time to the first picture and memory against the size of the slide: both should stay flat.

    python benchmarks/slide_size.py --quick --json

Slides of 10,000² to 200,000² pixels are generated; each is opened in the product's pane in a child process, and the
same places (as parts of the image) are visited. Rounds are interleaved; medians and the ratio to the smallest slide
are printed. Without a display the program starts itself under xvfb-run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from children import need_display, run_child
from viewing.big_slide import big_slide

SIDES = (10_000, 40_000, 100_000, 200_000)
QUICK_SIDES = (10_000, 200_000)
Result = dict[str, float]


def main() -> None:
    """Run the rounds and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three rounds of the smallest and the largest")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    need_display()
    sides, rounds = (QUICK_SIDES, 3) if arguments.quick else (SIDES, 5)
    runs: dict[int, list[Result]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, found in runs.items():
            found.append(_child(big_slide(side)))
    report = _summary(runs)
    print(json.dumps(report, indent=1) if arguments.json else _table(report))


def _summary(runs: dict[int, list[Result]]) -> dict[str, Result]:
    medians = {
        str(side): {key: round(statistics.median(run[key] for run in found), 1) for key in found[0]}
        for side, found in runs.items()
    }
    smallest, largest = medians[str(min(runs))], medians[str(max(runs))]
    ratios = {key: round(value / smallest[key], 2) for key, value in largest.items()}
    return {**medians, "largest_to_smallest": ratios}


def _child(slide: Path) -> Result:
    command = [sys.executable, "-m", "viewing.first_picture", str(slide)]
    found = run_child(command, 300)
    if "failed" in found:
        sys.exit(f"{slide.name}: {found['failed']}")
    return found


def _table(report: dict[str, Result]) -> str:
    return "\n".join(f"{side:>22}  {facts}" for side, facts in report.items())


if __name__ == "__main__":
    main()
