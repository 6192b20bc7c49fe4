"""Slideflow's features of a slide with one of our networks, given the patches as a quality mask."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["SF_BACKEND"] = "torch"

import numpy as np
import slideflow
import torch
from slideflow.model.extractors._slide import features_from_slide

from inferring.nets import CLASSES, build
from inferring.pipelines.job import CELL_PX, PATCH_MPP, PATCH_PX, Job, cell_mask, read_job

MASK_PX_PER_CELL = 4


class Network:
    """One of our networks as Slideflow wants its extractors of features."""

    device = torch.device("cpu")
    num_features, num_classes, num_uncertainty = len(CLASSES), 0, 0

    def __init__(self, job: Job) -> None:
        self._network = build(job.net, Path(job.weights))

    def is_torch(self) -> bool:
        """Of the two libraries that Slideflow knows."""
        return True

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return self._network(images.float() / 255)


def main() -> None:
    """Run the job."""
    job = read_job()
    torch.set_num_threads(job.threads)
    network = Network(job)
    with job.answering() as answer:
        slide = slideflow.WSI(job.slide, tile_px=PATCH_PX, tile_um=round(PATCH_PX * PATCH_MPP))
        slide.apply_qc_mask(cell_mask(job, MASK_PX_PER_CELL) == 0)
        how = {"batch_size": job.batch, "show_progress": False, "dtype": np.float32}
        found = features_from_slide(network, slide, **how)
        places = np.argwhere(~found.mask[..., -1])
        answer.give(places[:, ::-1] * CELL_PX, found.data[..., -1][tuple(places.T)])


if __name__ == "__main__":
    main()
