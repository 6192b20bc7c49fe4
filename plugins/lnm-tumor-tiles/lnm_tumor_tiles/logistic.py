"""Logistic regression with a ridge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit


def fit_logistic(
    features: NDArray[np.float64], labels: NDArray[np.int64], ridge: float
) -> tuple[float, NDArray[np.float64]]:
    """Return intercept and coefficients (k,) for features (n, k) and labels 0 or 1.

    Minimises the summed log loss plus half of `ridge` times the squared coefficients; the intercept is free.
    """
    design = np.column_stack([np.ones(len(features)), features])
    penalty = np.concatenate([[0.0], np.full(features.shape[1], ridge)])

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        eta = design @ beta
        value = np.sum(np.logaddexp(0, eta) - labels * eta) + 0.5 * np.sum(penalty * beta**2)
        return float(value), design.T @ (expit(eta) - labels) + penalty * beta

    found: Any = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return float(found.x[0]), found.x[1:]
