"""Why a network answers as it does for one tile: Grad-CAM and integrated gradients, through captum.

Selvaraju et al. 2017, "Grad-CAM"; Sundararajan et al. 2017, "Axiomatic attribution for deep networks". Both tell what
the network used, not what is in the tissue.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lnm_desktop.learning.cam_layer import CamLayer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # captum's own imports
    from captum.attr import IntegratedGradients, LayerGradCam

METHODS = ("grad-cam", "integrated-gradients")
STEPS = 64
Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Attribution:
    """What each pixel (tile, tile) adds to the answer, and the probabilities (classes,).

    `gap` is that of integrated gradients: how far their sum is from the difference of the answers for the tile and
    for a white one; nan for Grad-CAM, whose map is only as fine as its layer.
    """

    values: Map
    probabilities: NDArray[np.float32]
    gap: float


def attribute(
    network: nn.Module, tile: NDArray[np.uint8], target: int, method: str, layer: Callable[[], CamLayer]
) -> Attribution:
    """Attribute the probability of class `target` for a tile (tile, tile, 3) by one of `METHODS`.

    `layer` is asked for by Grad-CAM alone. Raises LookupError where the network has none that is a picture.
    """
    device = next(network.parameters()).device
    pixels = (torch.from_numpy(tile).to(device).permute(2, 0, 1)[None].float() / 255).requires_grad_()
    ways: dict[str, Callable[[], tuple[Tensor, float]]] = {
        "grad-cam": lambda: (_grad_cam(network, pixels, target, layer()), float("nan")),
        "integrated-gradients": lambda: _integrated(network, pixels, target),
    }
    with torch.inference_mode(mode=False), torch.enable_grad():
        values, gap = ways[method]()
        probabilities = network(pixels)[0]
    return Attribution(
        values.detach().float().cpu().numpy(), probabilities.detach().float().cpu().numpy().astype(np.float32), gap
    )


def _grad_cam(network: nn.Module, pixels: Tensor, target: int, layer: CamLayer) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum speaks of hooks that it sets itself
        coarse = LayerGradCam(network, layer.module).attribute(pixels, target=target, relu_attributions=True)
    assert isinstance(coarse, Tensor)
    side = pixels.shape[-1] - 2 * layer.margin_px
    fine = nn.functional.interpolate(coarse[:, :1], size=(side, side), mode="bilinear", align_corners=False)
    return nn.functional.pad(fine, [layer.margin_px] * 4)[0, 0]


def _integrated(network: nn.Module, pixels: Tensor, target: int) -> tuple[Tensor, float]:
    white = torch.ones_like(pixels)
    found, gap = IntegratedGradients(network).attribute(
        pixels, white, target=target, n_steps=STEPS, internal_batch_size=8, return_convergence_delta=True
    )
    return found[0].sum(0), abs(float(gap))
