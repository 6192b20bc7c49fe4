"""WSInfer's own inference loop, given the patches as the file that its first step would have written.

Its command line asks Hugging Face at its start even for a model on disk; the function that it calls does not.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import h5py
from wsinfer.modellib.models import LocalModelTorchScript
from wsinfer.modellib.run_inference import run_inference
from wsinfer_zoo.client import ModelConfiguration

from inferring.nets import CLASSES
from inferring.pipelines.job import CELL_PX, PATCH_MPP, PATCH_PX, Job, read_job


def main() -> None:
    """Run the job."""
    job = read_job()
    slides, results = Path(job.folder) / "slides", Path(job.folder) / "results"
    slides.mkdir()
    shutil.copy2(job.slide, slides / "slide.svs")
    _write_patches(job, results / "patches" / "slide.h5")
    model = LocalModelTorchScript(_configuration(job), job.script)
    with job.answering() as answer:
        run_inference(slides, results, model, batch_size=job.batch, num_workers=job.workers)
        with next((results / "model-outputs-csv").glob("*.csv")).open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        answer.give([(row["minx"], row["miny"]) for row in rows], [row[f"prob_{CLASSES[-1]}"] for row in rows])


def _write_patches(job: Job, path: Path) -> None:
    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        corners = file.create_dataset("coords", data=job.patches)
        corners.attrs["patch_size"], corners.attrs["patch_level"] = CELL_PX, 0


def _configuration(job: Job) -> ModelConfiguration:
    return ModelConfiguration.from_dict(
        {
            "spec_version": "1.0",
            "architecture": job.net,
            "num_classes": len(CLASSES),
            "class_names": list(CLASSES),
            "patch_size_pixels": PATCH_PX,
            "spacing_um_px": PATCH_MPP,
            "transform": [{"name": "Resize", "arguments": {"size": PATCH_PX}}, {"name": "ToTensor"}],
        }
    )


if __name__ == "__main__":
    main()
