"""Fixed texture measures of an H&E tile and a linear reading of them.

A bank of blob (difference of Gaussians) and gradient filters at six scales, from chromatin grain to groups of
nuclei, over optical densities and the amounts of haematoxylin and eosin. The filters are not learned: with few
labelled tiles a linear reading of a known bank errs differently from a small network, and their sum errs less.
Every measure is the same for all eight views of a tile.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from lnm_tumor_tiles.stain import optical_density, stain_amounts

LEVELS = 3  # octaves: 0.97, 1.94 and 3.88 um/px
SIGMAS = (1.0, 1.5)  # px of a level; with three levels 1 to 6 px of the tile
RADIUS = 5  # px of the filters
STAINS = 2  # haematoxylin, eosin
WINDOWS = (32, 64, 96)  # px about the centre of the tile
KINDS = 1 + 2 * len(SIGMAS) * LEVELS  # the amounts themselves; blobs and gradients per sigma and level
LEAST_SCALE = 1e-4
MEASURES = STAINS * KINDS * len(WINDOWS) * 3  # three moments each


def filter_bank() -> Tensor:
    """Return, per stain and sigma, blob, horizontal and vertical gradient filters: (12, 2, 11, 11).

    Every filter reads one stain; one dense convolution over both is faster on a CPU than two.
    """
    y, x = torch.meshgrid(*[torch.arange(-RADIUS, RADIUS + 1.0)] * 2, indexing="ij")
    bank = []
    for sigma in SIGMAS:
        fine, wide = (torch.exp(-(x**2 + y**2) / (2 * s**2)) for s in (sigma, 1.4 * sigma))
        fine, wide = fine / fine.sum(), wide / wide.sum()
        bank += [fine - wide, fine * x / sigma, fine * y / sigma]
    one_stain = torch.stack(bank)[:, None]
    none = torch.zeros_like(one_stain)
    return torch.cat([torch.cat([one_stain, none], dim=1), torch.cat([none, one_stain], dim=1)])


def standardised_stains(tiles: Tensor) -> Tensor:
    """Return the amounts of haematoxylin and eosin, each of zero mean and near unit deviation in a tile."""
    amounts = stain_amounts(optical_density(tiles))[:, :STAINS]
    spread, mean = torch.std_mean(amounts, dim=(2, 3), keepdim=True)
    return (amounts - mean) / (spread + 0.05)


def moments(maps: Tensor) -> list[Tensor]:
    """Return mean, deviation and cube root of the third moment of (N, C, H, W) in each window, (N, C) each."""
    side = maps.shape[-1]
    square = maps * maps
    powers = (maps, square, square * maps)
    found = []
    for size in WINDOWS:
        edge = side * (WINDOWS[-1] - size) // (2 * WINDOWS[-1])
        inside = slice(edge, side - edge)
        first, second, third = (power[:, :, inside, inside].mean((2, 3)) for power in powers)
        variance = (second - first.square()).clamp_min(0)
        skew = third - 3 * first * second + 2 * first**3
        found += [first, variance.sqrt(), skew.sign() * skew.abs().pow(1 / 3)]
    return found


def texture_measures(tiles: Tensor, bank: Tensor) -> Tensor:
    """Return the texture measures (N, MEASURES) of float32 RGB tiles (N, 3, 96, 96) in [0, 1]."""
    level = standardised_stains(tiles)
    found = moments(level)
    for octave in range(LEVELS):
        if octave:
            level = functional.avg_pool2d(level, 2)
        count, _, height, width = level.shape
        padded = functional.pad(level, [RADIUS] * 4, mode="reflect")
        answers = functional.conv2d(padded, bank).view(count, STAINS, len(SIGMAS), 3, height, width)
        blobs = answers[:, :, :, 0].flatten(1, 2)
        gradients = answers[:, :, :, 1:].square().sum(3).sqrt().flatten(1, 2)
        found += moments(blobs) + moments(gradients)
    return torch.cat(found, dim=1)


class TextureReader(nn.Module):
    """Linear reading of the texture measures: float32 RGB tiles (N, 3, 96, 96) in [0, 1] -> (N,) logits."""

    bank: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bank", filter_bank(), persistent=False)
        self.register_buffer("mean", torch.zeros(MEASURES))
        self.register_buffer("scale", torch.ones(MEASURES))
        self.head = nn.Linear(MEASURES, 1)

    def forward(self, x: Tensor) -> Tensor:
        # A measure that hardly varies (the mean of what was standardised) is rounding noise: it must not be blown up.
        scale = self.scale.clamp_min(LEAST_SCALE)
        return self.head((texture_measures(x, self.bank) - self.mean) / scale)[:, 0]
