"""TIAToolbox's PatchPredictor, given the patches as a mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import zarr
from PIL import Image
from tiatoolbox.models.engine.io_config import IOPatchPredictorConfig
from tiatoolbox.models.engine.patch_predictor import PatchPredictor
from tiatoolbox.models.models_abc import ModelABC

from inferring.nets import build
from inferring.pipelines.job import CELL_PX, PATCH_MPP, PATCH_PX, cell_mask, read_job

MASK_PX_PER_CELL = 16
PATCH = (PATCH_PX, PATCH_PX)


class Network(ModelABC):
    """One of our networks as TIAToolbox wants it."""

    def __init__(self, net: str, weights: Path) -> None:
        super().__init__()
        self.network = build(net, weights)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(images)

    @staticmethod
    def infer_batch(model: torch.nn.Module, batch_data: torch.Tensor, *, device: str) -> np.ndarray:
        """Probabilities of a batch (n, height, width, 3)."""
        images = torch.as_tensor(batch_data).to(device).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode():
            return model(images).cpu().numpy()


def main() -> None:
    """Run the job."""
    job = read_job()
    torch.set_num_threads(job.threads)
    mask = Path(job.folder) / "mask.png"
    Image.fromarray(cell_mask(job, MASK_PX_PER_CELL) * 255).save(mask)
    network = Network(job.net, Path(job.weights))
    predictor = PatchPredictor(network, batch_size=job.batch, num_workers=job.workers, device="cpu", verbose=False)
    grid = [{"units": "mpp", "resolution": PATCH_MPP}]
    config = IOPatchPredictorConfig(input_resolutions=grid, patch_input_shape=PATCH, stride_shape=PATCH)
    options = {"output_type": "zarr", "return_probabilities": True, "auto_get_mask": False, "device": "cpu"}
    with job.answering() as answer:
        out = Path(job.folder) / "results"
        found = predictor.run(
            [Path(job.slide)], masks=[mask], patch_mode=False, ioconfig=config, save_dir=out, **options
        )
        store = zarr.open(str(next(iter(found.values()))), mode="r")
        corners = np.asarray(store["coordinates"])[:, :2] * CELL_PX / PATCH_PX
        answer.give(corners, np.asarray(store["probabilities"])[:, -1])


if __name__ == "__main__":
    main()
