"""Logistic regression on mean optical densities: what colour alone tells about a tile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lnm_tumor_tiles.dataset import TileSet
from lnm_tumor_tiles.logistic import fit_logistic
from lnm_tumor_tiles.network import CENTRE_SIZE, TILE_SIZE

CENTRE = slice((TILE_SIZE - CENTRE_SIZE) // 2, (TILE_SIZE + CENTRE_SIZE) // 2)


def mean_densities(tiles: TileSet, with_centre: bool) -> NDArray[np.float64]:
    """Return the mean optical density of R, G, B over the tile (n, 3), and over its centre (n, 6) if asked for."""
    density = -np.log((tiles.images.numpy().astype(np.float64) + 1) / 256)
    whole = density.mean(axis=(2, 3))
    if not with_centre:
        return whole
    return np.column_stack([whole, density[:, :, CENTRE, CENTRE].mean(axis=(2, 3))])


def baseline_scores(train: TileSet, test: TileSet, with_centre: bool = False) -> NDArray[np.float64]:
    """Return the log odds (n,) that the regression fitted on `train` gives to `test`."""
    features = mean_densities(train, with_centre)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    intercept, coefficients = fit_logistic((features - mean) / deviation, train.labels, ridge=1.0)
    design = (mean_densities(test, with_centre) - mean) / deviation
    return intercept + design @ coefficients
