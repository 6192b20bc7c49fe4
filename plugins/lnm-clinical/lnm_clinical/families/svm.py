"""Support vector machine with a radial kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_clinical.families import Arrays, Family, Matrix, Settings


def fit(x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays:
    """Support vectors (m, columns), their weights (m,), bias (1,) and the kernel's gamma (1,)."""
    from sklearn.svm import SVC  # noqa: PLC0415 - only training needs it

    found = SVC(C=settings["C"], gamma=settings["gamma"], random_state=seed).fit(x, labels)
    return {
        "vectors": found.support_vectors_.astype(np.float32),
        "weights": found.dual_coef_[0].astype(np.float32),
        "bias": found.intercept_,
        "gamma": np.array([settings["gamma"]]),
    }


def score(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix:
    """The distance to the border in the kernel's space; calibration makes log odds of it."""
    vectors = arrays["vectors"].astype(np.float64)
    squares = (x**2).sum(axis=1)[:, None] + (vectors**2).sum(axis=1)[None] - 2 * x @ vectors.T
    return np.exp(-arrays["gamma"][0] * squares) @ arrays["weights"] + arrays["bias"][0]


SVM = Family(
    "svm",
    "support vector machine",
    tuple({"C": c, "gamma": gamma} for c in (0.1, 1.0) for gamma in (0.01, 0.05)),
    fit,
    score,
)
