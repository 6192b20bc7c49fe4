"""How fast this machine decodes the patches and computes the network, each alone with all cores: the limit.

python -m inferring.limits decode JOB.json
python -m inferring.limits model JOB.json
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from inferring.pipelines.job import PATCH_PX, Job, read_job
from inferring.requests import patch_requests
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.tile_stream import stream_tiles
from lnm_desktop.plugin.discovery import installed_plugins
from lnm_desktop.plugin.tile_classifier import TileClassifier
from lnm_desktop.worker.models import WorkerModels

LEAST_S = 2.0
SOME = 64


def main() -> None:
    """Print patches per second."""
    what, sys.argv = sys.argv[1], [sys.argv[0], sys.argv[2]]
    job = read_job() if what == "decode" else read_job(yields=False)  # loading a model lowers the priority
    print(json.dumps({"per_s": {"decode": decode_rate, "model": model_rate}[what](job)}))


def decode_rate(job: Job) -> float:
    """All patches by our reader, again and again for two seconds; the caches of decoded tiles begin empty."""
    seconds, count = 0.0, 0
    while seconds < LEAST_S:
        with open_image(Path(job.slide)) as slide:
            started = time.perf_counter()
            for read in stream_tiles(slide, patch_requests(job)):
                count += len(read.pixels) > 0
            seconds += time.perf_counter() - started
    return count / seconds


def model_rate(job: Job) -> float:
    """Decoded patches through the plugin's model as the engine calls it, for at least two seconds."""
    plugin = next(one for one in installed_plugins() if one.distribution == "lnm-benchmark")
    loaded = WorkerModels(plugin).load(f"lnm-benchmark-{job.net}", "cpu", job.threads)
    model = loaded.model
    assert isinstance(model, TileClassifier)
    streams, batch = getattr(model, "streams", 1), getattr(model, "batch_size", job.batch)
    with open_image(Path(job.slide)) as slide:
        some = np.stack([read.pixels for read in stream_tiles(slide, patch_requests(job)[:SOME])])
    tiles = np.ascontiguousarray(np.resize(some, (batch, PATCH_PX, PATCH_PX, 3)))

    def work(until: float) -> int:
        done = 0
        with loaded.running():
            while not done or time.perf_counter() < until:
                done += len(model.classify_checked(tiles))
        return done

    with ThreadPoolExecutor(streams) as pool:
        list(pool.map(work, [0.0] * streams))
        started = time.perf_counter()
        return sum(pool.map(work, [started + LEAST_S] * streams)) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
