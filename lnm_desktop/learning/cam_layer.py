"""The layer whose map Grad-CAM shows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, eq=False, slots=True)
class CamLayer:
    """The layer that Grad-CAM looks at; its map covers the tile but for a margin on each side."""

    module: nn.Module
    margin_px: int = 0


def last_layer(network: nn.Module, tile_px: int) -> CamLayer:
    """The last layer whose answer is still a picture. Raises LookupError for a network that has none."""
    found: list[nn.Module] = []

    def note(module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            found.append(module)

    hooks = [module.register_forward_hook(note) for module in network.modules()]
    try:
        with torch.no_grad():
            network(torch.zeros(1, 3, tile_px, tile_px, device=next(network.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        raise LookupError("no layer of the network gives a picture")
    return CamLayer(found[-1])
