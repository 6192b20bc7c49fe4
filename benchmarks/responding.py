"""How soon the shipped model shows something once its worker is warm, and how soon it stops.

    python benchmarks/responding.py [--rounds 7] [--json]

A generated slide of 20,480² pixels, three tenths tissue. `first_tile_s`: from asking for the run to the first part of
the map that holds a value. `stop_s`: from the wish to stop, a second later, to the end of the run. Medians and worst.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from inferring.pipelines.job import CELL_PX
from inferring.slides import make_slide

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import start_prediction
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.errors import Cancelled
from lnm_desktop.inference.events import Event, TileDone
from lnm_desktop.inference.request import PredictionRequest

MODEL = "lnm-tumor-tiles"
SIDE_PX = 20_480
PATIENCE_S = 120


def main() -> None:
    """Run, look, stop, again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    slide = make_slide(SIDE_PX, round(0.3 * (SIDE_PX // CELL_PX) ** 2)).path
    with tempfile.TemporaryDirectory() as name, Models(Path(name) / "log", Path(name) / "cache") as models:
        rounds = [one_round(models, slide, Path(name), number) for number in range(arguments.rounds + 1)][1:]
    found = {
        key: {"median": round(statistics.median(own), 3), "worst": round(max(own), 3)}
        for key, own in (("first_tile_s", [first for first, _ in rounds]), ("stop_s", [stop for _, stop in rounds]))
    }
    print(json.dumps(found) if arguments.json else found)


def one_round(models: Models, slide: Path, folder: Path, number: int) -> tuple[float, float]:
    """Seconds to the first tile, and from the wish to stop to the end."""
    seen, ended = threading.Event(), threading.Event()
    moments: dict[str, float] = {}

    def hear(event: Event) -> None:
        if isinstance(event, TileDone) and np.isfinite(event.values).any() and not seen.is_set():
            moments["seen"] = time.perf_counter()
            seen.set()

    def end(result: object) -> None:
        moments["ended"] = time.perf_counter()
        moments["cancelled"] = float(isinstance(result, Cancelled))
        ended.set()

    started = time.perf_counter()
    # Another wish each time: what a stopped run has finished would be taken over by the next one.
    options = {"tissue_fraction": 0.1 + number / 1000}
    request = PredictionRequest(RunId(new_id()), MODEL, str(slide), str(folder / str(number)), options=options)
    run = start_prediction(models, request, hear, end, end)
    if not seen.wait(PATIENCE_S):
        raise SystemExit("no tile was shown")
    time.sleep(1.0)
    wished = time.perf_counter()
    run.cancel()
    if not ended.wait(PATIENCE_S) or not moments["cancelled"]:
        raise SystemExit("the run did not stop")
    return moments["seen"] - started, moments["ended"] - wished


if __name__ == "__main__":
    main()
