"""One tile of a slide explained: read as a run reads it, and told which pixels its network used."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import CalibrationMissing, InferenceError
from lnm_desktop.plugin.spec import KERNELS
from lnm_desktop.process.channel import Message
from lnm_desktop.process.loop import Request
from lnm_desktop.worker.images import RunImage, needed_image
from lnm_desktop.worker.models import LoadedModel, WorkerModels
from lnm_desktop.worker.provenance import library_versions


def explain_tile(models: WorkerModels, request: Request) -> Message:
    """Answer `explain`. Raises ImageError, CalibrationMissing, InferenceError where there is no network of torch."""
    asked = request.arguments
    spec = models.host.find(asked["model_id"]).spec
    with needed_image(spec, asked["image_path"], asked["user_mpp"]) as image:
        loaded = models.load(asked["model_id"], asked["device"], asked["threads"])
        tile, region = _tile(image, loaded, asked["x"], asked["y"])
    values, probabilities, gap = _attribution(loaded, tile, asked["target"], asked["method"])
    return {
        "tile": _packed(tile),
        "values": _packed(values.astype("<f4")),
        "tile_px": spec.tile_px,
        "region": [region.x, region.y, region.width, region.height],
        "probabilities": [float(value) for value in probabilities],
        "gap": gap,
        "device": loaded.device,
        "libraries": library_versions(),
    }


def _tile(image: RunImage, loaded: LoadedModel, x: float, y: float) -> tuple[NDArray[np.uint8], Region]:
    """The tile around a level-0 point, and what it spans."""
    spec = loaded.model.spec
    if image.reader is None or not image.calibration.is_known:
        raise CalibrationMissing("the slide has no pixel size, and the model needs one", hint="State it with --mpp.")
    downsample = spec.resolution_mpp / image.calibration.mpp
    side = spec.tile_px * downsample
    region = Region(x - side / 2, y - side / 2, side, side)
    pixels = image.reader.read_region(RegionRequest(region, downsample, kernel=KERNELS[spec.resampling]))
    return np.ascontiguousarray(pixels, np.uint8), region


def _attribution(
    loaded: LoadedModel, tile: NDArray[np.uint8], target: int, method: str
) -> tuple[NDArray[np.float32], NDArray[np.float32], float | None]:
    from lnm_desktop.learning.explain_tiles import attribute  # noqa: PLC0415 - loads torch
    from lnm_desktop.learning.torch_tiles import TorchTileClassifier  # noqa: PLC0415

    model = loaded.model
    if not isinstance(model, TorchTileClassifier):
        raise InferenceError(
            f"{model.spec.id} cannot be explained: it is no network of torch over tiles", hint="Choose another model."
        )
    target = range(len(model.spec.classes))[target]
    found = attribute(model.network(), tile, target, method, model.cam_layer())
    if not np.isfinite(found.values).all():
        raise InferenceError(
            f"the gradients of {model.spec.id} are not finite here", hint="Choose a tile with texture, or grad-cam."
        )
    return found.values, found.probabilities, None if np.isnan(found.gap) else found.gap


def _packed(array: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
