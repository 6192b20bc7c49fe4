"""Calibration slope and intercept by logistic recalibration (Cox 1958, Biometrika 45:562)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from lnm_desktop.evaluation.auc import binary_labels, finite_scores


@dataclass(frozen=True)
class Calibration:
    """Line of the observed on the predicted log odds.

    `slope` below 1 means predictions too extreme. `intercept` belongs to that line; `intercept_in_the_large` is
    the shift with the slope held at 1: above 0 the predictions are too low on average.
    """

    slope: float
    intercept: float
    intercept_in_the_large: float


def calibration(labels: ArrayLike, probabilities: ArrayLike, margin: float = 1e-7) -> Calibration:
    """Fit logit P(label = 1) = intercept + slope * logit(probability) by maximum likelihood.

    Probabilities are clipped by `margin` so that their log odds are finite. Raises ValueError where a class is
    absent; where the predictions separate the classes, or do not vary, the line is undefined: slope and
    intercept are nan.
    """
    positive = binary_labels(labels)
    values = finite_scores(probabilities, positive.size)
    if positive.all() or not positive.any():
        raise ValueError("calibration needs both classes")
    if np.any((values < 0.0) | (values > 1.0)):
        raise ValueError("probabilities must lie between 0 and 1")
    log_odds = logit(np.clip(values, margin, 1.0 - margin))
    in_the_large = float(_fit(positive, np.ones((positive.size, 1)), log_odds)[0])
    if np.ptp(log_odds) == 0.0 or _separated(positive, log_odds):
        return Calibration(float("nan"), float("nan"), in_the_large)
    design = np.column_stack([np.ones_like(log_odds), log_odds])
    intercept, slope = _fit(positive, design, np.zeros_like(log_odds))
    return Calibration(float(slope), float(intercept), in_the_large)


def _separated(positive: NDArray[np.bool_], log_odds: NDArray[np.float64]) -> bool:
    ones, zeros = log_odds[positive], log_odds[~positive]
    return bool(ones.min() >= zeros.max() or ones.max() <= zeros.min())


def _fit(
    positive: NDArray[np.bool_], design: NDArray[np.float64], offset: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the maximum likelihood coefficients (k,) of a logistic regression on `design` (n, k)."""

    def loss(coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        eta = offset + design @ coefficients
        negative_log_likelihood = np.mean(np.logaddexp(0.0, eta) - positive * eta)
        return float(negative_log_likelihood), design.T @ (expit(eta) - positive) / positive.size

    start = np.zeros(design.shape[1])
    return minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-8}).x
