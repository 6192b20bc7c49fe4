"""The fully connected network of the paper's clinical branch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_clinical.families import Arrays, Family, Matrix, Settings


def fit(x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays:
    """Weights and biases of each layer; training stops early by a tenth of the rows held out."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - only training needs it
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415

    network = MLPClassifier(
        settings["layers"],
        alpha=settings["alpha"],
        early_stopping=True,
        n_iter_no_change=15,
        max_iter=300,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(x, labels)
    arrays: Arrays = {}
    for place, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        arrays |= {f"weights{place}": weights, f"bias{place}": bias}
    return arrays


def score(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix:
    """The last layer's sum, before its sigmoid."""
    layers = sum(name.startswith("weights") for name in arrays)
    for place in range(layers):
        x = x @ arrays[f"weights{place}"] + arrays[f"bias{place}"]
        if place < layers - 1:
            x = np.maximum(x, 0.0)
    return x[:, 0]


MLP = Family(
    "mlp",
    "fully connected network",
    tuple({"layers": layers, "alpha": alpha} for layers in ((16,), (32, 16)) for alpha in (0.01, 1.0)),
    fit,
    score,
)
