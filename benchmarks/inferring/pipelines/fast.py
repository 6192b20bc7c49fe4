"""FAST: patch generator, network and stitcher, given the patches as a mask. It takes one patch at a time."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")  # only asked for by its window, which is not opened

import fast
import numpy as np

from inferring.pipelines.job import CELL_PX, PATCH_PX, cell_mask, read_job

ENGINE = sys.argv[2]
MASK_PX_PER_CELL = 8
MAGNIFICATION = 20


def main() -> None:
    """Run the job."""
    job = read_job()
    mask = fast.Image.createFromArray(cell_mask(job, MASK_PX_PER_CELL)[..., None])
    network = fast.NeuralNetwork.create(job.onnx, scaleFactor=1 / 255, inferenceEngine=ENGINE)
    with job.answering() as answer:
        slide = fast.WholeSlideImageImporter.create(job.slide)
        patches = fast.PatchGenerator.create(PATCH_PX, PATCH_PX, magnification=MAGNIFICATION)
        patches.connect(0, slide).connect(1, mask)
        stitched = fast.PatchStitcher.create().connect(network.connect(patches))
        found = np.asarray(fast.RunUntilFinished.create().connect(stitched).runAndGetOutputData())
        answered = np.isfinite(found).all(axis=-1) & (np.abs(found).sum(axis=-1) > 0)
        answer.give(np.argwhere(answered)[:, ::-1] * CELL_PX, found[answered][:, -1])


if __name__ == "__main__":
    main()
