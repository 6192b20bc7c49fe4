"""Torch in eager float32 on the pixels that our reader gives: what the engine's arithmetic is held against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from inferring.nets import build
from inferring.pipelines.job import read_job
from inferring.requests import patch_requests
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.tile_stream import stream_tiles


def main() -> None:
    """Run the job."""
    job = read_job()
    network = build(job.net, Path(job.weights))
    found = []
    with job.answering() as answer, open_image(Path(job.slide)) as slide, torch.inference_mode():
        for read in stream_tiles(slide, patch_requests(job)):
            pixels = torch.from_numpy(np.ascontiguousarray(read.pixels))
            found.append(network(pixels.permute(2, 0, 1)[None].float() / 255)[0, -1])
        answer.give(job.patches, found)


if __name__ == "__main__":
    main()
