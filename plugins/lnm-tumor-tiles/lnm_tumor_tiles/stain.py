"""Optical density and the stains of H&E."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Ruifrok & Johnston 2001. Rows: haematoxylin, eosin, residual; columns: absorbance in R, G, B.
STAINS = ((0.650, 0.704, 0.286), (0.072, 0.990, 0.105), (0.268, 0.570, 0.776))


def optical_density(x: Tensor) -> Tensor:
    """Return the optical density of RGB in [0, 1], per channel; 0 for white, 5.5 for black."""
    return -torch.log((x * 255 + 1) / 256)


def stain_matrix(like: Tensor) -> Tensor:
    """Return the stains' unit absorbances (3, 3), of the type and on the device of `like`."""
    return functional.normalize(torch.tensor(STAINS, dtype=like.dtype, device=like.device), dim=1)


# Inverted once: a converted network must hold the matrix itself, not the way to it.
_UNMIXING = torch.linalg.inv(stain_matrix(torch.empty(0)))


def stain_amounts(density: Tensor) -> Tensor:
    """Return the amounts of the three stains that make up optical densities (N, 3, H, W)."""
    return torch.einsum("nchw,cs->nshw", density, _UNMIXING.to(density))
