"""One tile of a slide explained: read as a run reads it, and told which pixels its network used."""

from __future__ import annotations

import base64
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import InferenceError, LnmError
from lnm_desktop.plugin.spec import KERNELS
from lnm_desktop.plugin.tile_classifier import check_resolution
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
        tile, region, warnings = _tile(image, loaded, asked["x"], asked["y"])
        values, probabilities, gap = _attribution(loaded, tile, asked["target"], asked["method"])
        facts = _facts(models, image, loaded, asked["method"])
    return {
        "tile": _packed(tile),
        "values": _packed(values.astype("<f4")),
        "tile_px": spec.tile_px,
        "region": [region.x, region.y, region.width, region.height],
        "probabilities": [float(value) for value in probabilities],
        "gap": gap,
        "warnings": [*image.notes, *warnings],
        "facts": facts,
    }


def _facts(models: WorkerModels, image: RunImage, loaded: LoadedModel, method: str) -> dict[str, object]:
    """What the map depends on."""
    from lnm_desktop.learning.explain_tiles import STEPS  # noqa: PLC0415 - loads torch

    spec = loaded.model.spec
    return {
        "image_fingerprint": image.fingerprint(),
        "slide_mpp_x": image.calibration.mpp_x,
        "slide_mpp_y": image.calibration.mpp_y,
        "slide_mpp_source": image.calibration.source.value,
        "plugin": models.plugin.distribution,
        "plugin_version": models.plugin.version,
        "plugin_sha256": models.plugin.hash,
        "weights_sha256": spec.weights_sha256,
        "resolution_mpp": spec.resolution_mpp,
        "resampling": spec.resampling,
        "steps": STEPS if method == "integrated-gradients" else 0,
        "device": loaded.device,
        "libraries": library_versions() | {"captum": version("captum")},
    }


def _tile(image: RunImage, loaded: LoadedModel, x: float, y: float) -> tuple[NDArray[np.uint8], Region, list[str]]:
    """The tile around a level-0 point, what it spans, and warnings about the slide's pixels."""
    spec = loaded.model.spec
    if image.reader is None:
        raise _no_network(spec.id)
    warnings = check_resolution(image.calibration, spec.resolution_mpp)
    bounds = image.reader.info.region
    if not (0 <= x < bounds.width and 0 <= y < bounds.height):
        raise InferenceError(
            f"the point {x:g},{y:g} lies outside of the image",
            hint=f"It has {bounds.width:g} × {bounds.height:g} pixels.",
        )
    downsample = spec.resolution_mpp / image.calibration.mpp
    side = spec.tile_px * downsample
    region = Region(x - side / 2, y - side / 2, side, side)
    pixels = image.reader.read_region(RegionRequest(region, downsample, kernel=KERNELS[spec.resampling]))
    return np.ascontiguousarray(pixels, np.uint8), region, warnings


def _attribution(
    loaded: LoadedModel, tile: NDArray[np.uint8], target: int, method: str
) -> tuple[NDArray[np.float32], NDArray[np.float32], float | None]:
    from lnm_desktop.learning.explain_tiles import attribute  # noqa: PLC0415 - loads torch
    from lnm_desktop.learning.torch_tiles import TorchTileClassifier  # noqa: PLC0415

    model = loaded.model
    if not isinstance(model, TorchTileClassifier):
        raise _no_network(model.spec.id)
    target = range(len(model.spec.classes))[target]
    try:
        found = attribute(model.network(), tile, target, method, model.cam_layer)
    except LookupError as error:
        raise InferenceError(
            f"{model.spec.id} has no layer that Grad-CAM could show", hint="Choose integrated-gradients."
        ) from error
    if not np.isfinite(found.values).all():
        raise InferenceError(
            f"the gradients of {model.spec.id} are not finite here", hint="Choose a tile with texture, or grad-cam."
        )
    return found.values, found.probabilities, None if np.isnan(found.gap) else found.gap


def _no_network(model_id: str) -> LnmError:
    words = f"{model_id} cannot be explained: it is no network of torch over tiles"
    return InferenceError(words, hint="Choose another model.")


def _packed(array: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
