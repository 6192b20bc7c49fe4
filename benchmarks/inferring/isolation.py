"""The same run twice over: through a warm worker process, and with the model in the caller's own process.

python -m inferring.isolation JOB.json ROUNDS
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from inferring.pipelines.job import Job, read_job
from lnm_desktop import paths
from lnm_desktop.app.models import Models
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.inference.wire import request_to_dict
from lnm_desktop.plugin.discovery import installed_plugins
from lnm_desktop.process.loop import Request
from lnm_desktop.worker.models import WorkerModels
from lnm_desktop.worker.predict import run_prediction


class Unheard:
    """A channel that ends nowhere."""

    def send(self, message: dict[str, Any]) -> None:
        """Forget it."""


def main() -> None:
    """Print the median seconds of both, and of what the worker costs more."""
    job, rounds = read_job(yields=False), int(sys.argv[2])
    plugin = next(one for one in installed_plugins() if one.distribution == "lnm-benchmark")
    inside = WorkerModels(plugin)
    with Models(paths.log_dir(), paths.cache_dir()) as models:
        client = models.client(_request(job).model_id)
        ways = {"worker_s": client.predict, "inside_s": lambda request: _run_inside(inside, request)}
        for way in ways.values():
            way(_request(job))  # loads the model
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                started = time.perf_counter()
                way(_request(job))
                found[name].append(time.perf_counter() - started)
    medians = {name: round(statistics.median(seconds), 3) for name, seconds in found.items()}
    print(json.dumps({**medians, "ratio": round(medians["worker_s"] / medians["inside_s"], 3)}))


def _run_inside(models: WorkerModels, request: PredictionRequest) -> None:
    message = {"id": 1, "op": "predict", "args": request_to_dict(request)}
    run_prediction(models, Request(message, Unheard()))


def _request(job: Job) -> PredictionRequest:
    return PredictionRequest(
        run_id=RunId(new_id()),
        model_id=f"lnm-benchmark-{job.net}",
        image_path=job.slide,
        out_dir=str(Path(job.folder) / "bundle"),
        options={"stride_px": 256, "tissue_fraction": 0.5},
        threads=job.threads,
    )


if __name__ == "__main__":
    main()
