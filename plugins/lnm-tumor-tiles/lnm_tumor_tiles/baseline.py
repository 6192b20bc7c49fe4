"""Logistic regression on mean optical densities: what colour alone tells about a tile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from lnm_tumor_tiles.dataset import TileSet
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
    coefficients = _fit((features - mean) / deviation, train.labels)
    design = (mean_densities(test, with_centre) - mean) / deviation
    return coefficients[0] + design @ coefficients[1:]


def _fit(features: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return intercept and slopes of maximum likelihood, with a slight ridge that keeps them finite."""
    design = np.column_stack([np.ones(len(features)), features])

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        eta = design @ beta
        value = np.sum(np.logaddexp(0, eta) - labels * eta) + 0.5 * np.sum(beta[1:] ** 2)
        gradient = design.T @ (expit(eta) - labels)
        gradient[1:] += beta[1:]
        return float(value), gradient

    return minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS").x
