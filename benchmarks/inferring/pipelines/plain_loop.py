"""OpenSlide, Pillow, torch's DataLoader and eager float32: what most scripts do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openslide
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from inferring.nets import build
from inferring.pipelines.job import CELL_PX, PATCH_PX, Job, read_job

KERNELS = {"bilinear": Image.Resampling.BILINEAR, "area": Image.Resampling.BOX}


class Patches(Dataset):
    """Each process opens the slide for itself."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._slide: openslide.OpenSlide | None = None

    def __len__(self) -> int:
        return len(self._job.patches)

    def __getitem__(self, index: int) -> torch.Tensor:
        self._slide = self._slide or openslide.OpenSlide(self._job.slide)
        x, y = self._job.patches[index]
        read = self._slide.read_region((x, y), 0, (CELL_PX, CELL_PX)).convert("RGB")
        patch = np.array(read.resize((PATCH_PX, PATCH_PX), KERNELS[self._job.resampling]))
        return torch.from_numpy(patch).permute(2, 0, 1).float() / 255


def main() -> None:
    """Run the job."""
    job = read_job()
    torch.set_num_threads(job.threads)
    network = build(job.net, Path(job.weights))
    with job.answering() as answer, torch.inference_mode():
        loader = DataLoader(Patches(job), batch_size=job.batch, num_workers=job.workers)
        answer.give(job.patches, torch.cat([network(batch)[:, -1] for batch in loader]))


if __name__ == "__main__":
    main()
