"""A small TabNet (Arik & Pfister 2021): in each step a sparse mask chooses the columns that are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_clinical.families import Arrays, Family, Matrix, Settings


def fit(x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays:
    """Arrays of the trained network; see `tabnet_training`."""
    from lnm_clinical.families.tabnet_training import train  # noqa: PLC0415 - torch, for training only

    return train(x, labels, settings, seed)


def score(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix:
    """Log odds."""
    return forward(arrays, x)[0]


def forward(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> tuple[Matrix, Matrix]:
    """Log odds (n,) and the mean mask (n, columns): how much each column was looked at."""
    steps, relaxation = int(arrays["steps"][0]), float(arrays["relaxation"][0])
    prior = np.ones_like(x)
    attention = _block(arrays, "first", x)
    total, looked = np.zeros(len(x)), np.zeros_like(x)
    for step in range(steps):
        mask = sparsemax(prior * (attention @ arrays[f"mask{step}.weight"].T + arrays[f"mask{step}.bias"]))
        prior = prior * (relaxation - mask)
        attention = _block(arrays, f"step{step}", x * mask)
        total = total + np.maximum(attention, 0.0) @ arrays["head.weight"][0]
        looked += mask / steps
    return total + arrays["head.bias"][0], looked


def _block(arrays: Mapping[str, NDArray[Any]], name: str, x: Matrix) -> Matrix:
    """A gated linear unit: half of the outputs decide how much of the other half passes."""
    both = x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]
    value, gate = np.split(both, 2, axis=1)
    return value / (1.0 + np.exp(-np.clip(gate, -60, 60)))


def sparsemax(values: Matrix) -> Matrix:
    """Projection of each row onto the probability simplex (Martins & Astudillo 2016): many entries become 0."""
    ordered = -np.sort(-values, axis=1)
    ranks = np.arange(1, values.shape[1] + 1)
    excess = np.cumsum(ordered, axis=1) - 1.0
    support = (ordered > excess / ranks).sum(axis=1)
    border = excess[np.arange(len(values)), support - 1] / support
    return np.maximum(values - border[:, None], 0.0)


TABNET = Family(
    "tabnet",
    "TabNet",
    tuple({"width": width, "steps": 3, "epochs": epochs} for width in (8, 16) for epochs in (20, 40)),
    fit,
    score,
)
