"""Random views of H&E tiles: pose, stain and noise.

Stain is varied in optical density along the directions of haematoxylin, eosin and a residual (Ruifrok & Johnston
2001), since laboratories and scanners differ there and held-out stains are what the network must cope with
(Tellez et al. 2019, "Quantifying the effects of data augmentation and stain color normalization").
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from lnm_tumor_tiles.network import FIELD_SIZE, TILE_SIZE
from lnm_tumor_tiles.stain import optical_density, stain_amounts, stain_matrix

MARGIN = (TILE_SIZE - FIELD_SIZE) // 2


def augment(tiles: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Return randomly posed and stained centre fields (N, 3, 64, 64) of `tiles` (N, 3, 96, 96), all in [0, 1].

    `strength` scales the stain variation; 0.2 means +-20 % of each stain's amount. The result depends on
    nothing but the arguments and the generator's state.
    """
    posed = random_pose(tiles, generator)
    return random_noise(random_stain(posed, strength, generator), strength, generator)


def random_pose(tiles: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate by any angle, mirror, scale by +-12 % and shift by up to 3 px; keep the centre field.

    The shift is small because the label speaks of the centre 32x32 alone.
    """
    count = len(tiles)
    angle, scale = math.pi * _signed(generator, count), 1 + 0.12 * _signed(generator, count)
    mirror = torch.sign(_signed(generator, count))
    shift = 3 / (TILE_SIZE / 2) * _signed(generator, count, 2)
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    rows = torch.stack([cosine * mirror, -sine, shift[:, 0], sine * mirror, cosine, shift[:, 1]], dim=1)
    grid = functional.affine_grid(rows.view(count, 2, 3), [count, 3, TILE_SIZE, TILE_SIZE], align_corners=False)
    field = grid[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    return functional.grid_sample(tiles, field, mode="bilinear", padding_mode="reflection", align_corners=False)


def random_stain(tiles: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Vary the amount of each stain, the overall density and the background's tint in optical density."""
    count = len(tiles)
    amounts = stain_amounts(optical_density(tiles))
    amounts = amounts * (1 + strength * _signed(generator, count, 3, 1, 1))
    amounts = amounts + 0.25 * strength * _signed(generator, count, 3, 1, 1)
    density = torch.einsum("nshw,sc->nchw", amounts, stain_matrix(tiles))
    density = density * (1 + 0.5 * strength * _signed(generator, count, 1, 1, 1))
    density = density + 0.1 * strength * _signed(generator, count, 3, 1, 1)
    return torch.exp(-density).clamp(0, 1)


def random_noise(tiles: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Vary saturation and add pixel noise of up to 2 % of the range."""
    count = len(tiles)
    grey = tiles.mean(dim=1, keepdim=True)
    tinted = grey + (tiles - grey) * (1 + strength * _signed(generator, count, 1, 1, 1))
    level = 0.02 * torch.rand(count, 1, 1, 1, generator=generator)
    return (tinted + level * torch.randn(tiles.shape, generator=generator)).clamp(0, 1)


def _signed(generator: torch.Generator, *shape: int) -> Tensor:
    """Return uniform values in [-1, 1)."""
    return 2 * torch.rand(shape, generator=generator) - 1
