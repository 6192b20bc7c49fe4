"""LazySlide's feature extraction with one of our networks, given the patches as its table of tiles."""

from __future__ import annotations

from pathlib import Path

import lazyslide
import numpy as np
import torch
from wsidata import TileSpec, open_wsi
from wsidata.io import add_tiles

from inferring.nets import build
from inferring.pipelines.job import PATCH_MPP, PATCH_PX, read_job


def to_tensor(patch: np.ndarray) -> torch.Tensor:
    """Float32 (3, height, width) in 0…1."""
    return torch.from_numpy(np.ascontiguousarray(patch)).permute(2, 0, 1).float() / 255


def main() -> None:
    """Run the job."""
    job = read_job()
    torch.set_num_threads(job.threads)
    slide = open_wsi(job.slide, store=None)
    spec = TileSpec.from_wsidata(slide, tile_px=PATCH_PX, mpp=PATCH_MPP)
    add_tiles(slide, "tiles", np.array(job.patches), spec, tissue_ids=np.zeros(len(job.patches), int))
    network = build(job.net, Path(job.weights))
    how = {
        "return_features": True,
        "batch_size": job.batch,
        "num_workers": job.workers,
        "amp": False,
        "device": "cpu",
        "pbar": False,
    }
    with job.answering() as answer:
        found = lazyslide.tl.feature_extraction(slide, model=network, transform=to_tensor, **how)
        answer.give(slide["tiles"].bounds[["minx", "miny"]].to_numpy(), found[:, -1])


if __name__ == "__main__":
    main()
