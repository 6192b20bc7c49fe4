"""Fitting of the texture reader, and of its sum with the networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lnm_tumor_tiles.logistic import fit_logistic
from lnm_tumor_tiles.texture import LEAST_SCALE, TextureReader, filter_bank, texture_measures

RIDGE = 100.0  # chosen by cross-validation on the train split


@dataclass(frozen=True)
class Reading:
    """A linear reading of standardised texture measures."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    intercept: float
    coefficients: NDArray[np.float64]

    def logits(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logits (n,) of texture measures (n, k)."""
        return self.intercept + (measures - self.mean) / self.scale @ self.coefficients

    def module(self) -> TextureReader:
        """Return the same reading as a torch module."""
        reader = TextureReader()
        reader.mean.copy_(torch.from_numpy(self.mean))
        reader.scale.copy_(torch.from_numpy(self.scale))
        with torch.no_grad():
            reader.head.weight.copy_(torch.from_numpy(self.coefficients)[None])
            reader.head.bias.fill_(self.intercept)
        return reader


@torch.inference_mode()
def measure_textures(images: Tensor) -> NDArray[np.float64]:
    """Return the texture measures (n, k) of uint8 tiles (n, 3, 96, 96)."""
    torch.set_num_threads(1)
    bank = filter_bank()
    parts = [texture_measures(part.float() / 255, bank) for part in images.split(64)]
    return torch.cat(parts).double().numpy()


def fit_reading(measures: NDArray[np.float64], labels: NDArray[np.int64]) -> Reading:
    """Fit the reading of texture measures (n, k)."""
    mean, scale = measures.mean(axis=0), np.maximum(measures.std(axis=0), LEAST_SCALE)
    intercept, coefficients = fit_logistic((measures - mean) / scale, labels, RIDGE)
    return Reading(mean, scale, intercept, coefficients)


def fit_mixture(
    labels: NDArray[np.int64], networks: NDArray[np.float64], textures: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return intercept, weight of the networks' mean logit and weight of the texture logit.

    To be fitted on held-out logits (n,) of cross-validation only (stacking, Wolpert 1992).
    """
    intercept, weights = fit_logistic(np.column_stack([networks, textures]), labels, ridge=0.0)
    return intercept, float(weights[0]), float(weights[1])


def mix(
    mixture: tuple[float, float, float], networks: NDArray[np.float64], textures: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mixed logits (n,)."""
    return mixture[0] + mixture[1] * networks + mixture[2] * textures
