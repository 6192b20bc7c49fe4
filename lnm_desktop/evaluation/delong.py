"""DeLong variance of the AUC, and the paired test of two AUCs on the same cases.

DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837; computed from midranks as in Sun & Xu 2014, "Fast
implementation of DeLong's algorithm", IEEE Signal Processing Letters 21:1389.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

from lnm_desktop.evaluation.auc import binary_labels, finite_scores


@dataclass(frozen=True)
class AucInterval:
    """An AUC with its DeLong standard error and confidence interval."""

    auc: float
    standard_error: float
    lower: float
    upper: float
    level: float
    n_positive: int
    n_negative: int


@dataclass(frozen=True)
class AucDifference:
    """First AUC less second AUC on the same cases, with interval and two-sided p value."""

    first: float
    second: float
    difference: float
    standard_error: float
    lower: float
    upper: float
    level: float
    z: float
    p_value: float


def auc_interval(labels: ArrayLike, scores: ArrayLike, level: float = 0.95) -> AucInterval:
    """Return the AUC with an interval built on the logit scale, so that it stays inside (0, 1).

    Where the AUC is exactly 0 or 1 the DeLong variance is 0 and carries no information: both bounds are nan.
    """
    aucs, covariance, n_positive, n_negative = _aucs(labels, [scores])
    value, error = float(aucs[0]), float(np.sqrt(covariance[0, 0]))
    lower = upper = float("nan")
    if 0.0 < value < 1.0:
        # Delta method: the derivative of logit(a) is 1 / (a (1 - a)).
        half = _quantile(level) * error / (value * (1.0 - value))
        lower, upper = float(expit(logit(value) - half)), float(expit(logit(value) + half))
    return AucInterval(value, error, lower, upper, level, n_positive, n_negative)


def auc_difference(labels: ArrayLike, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> AucDifference:
    """Return the paired DeLong comparison of two scores of the same cases, interval by the normal law.

    Where the difference has no variance, z is nan and p is 1 for equal AUCs, 0 for unequal ones.
    """
    aucs, covariance, _, _ = _aucs(labels, [first, second])
    difference = float(aucs[0] - aucs[1])
    contrast = np.array([1.0, -1.0])
    error = float(np.sqrt(max(float(contrast @ covariance @ contrast), 0.0)))
    half = _quantile(level) * error
    if error > 0.0:
        z = difference / error
        p_value = float(2.0 * norm.sf(abs(z)))
    else:
        z, p_value = float("nan"), 1.0 if difference == 0.0 else 0.0
    bounds = max(difference - half, -1.0), min(difference + half, 1.0)
    return AucDifference(float(aucs[0]), float(aucs[1]), difference, error, bounds[0], bounds[1], level, z, p_value)


def _aucs(labels: ArrayLike, scores: list[ArrayLike]) -> tuple[NDArray[np.float64], NDArray[np.float64], int, int]:
    """Return the AUCs (k,), their DeLong covariance (k, k) and the numbers of positives and negatives."""
    positive = binary_labels(labels)
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if n_positive < 2 or n_negative < 2:  # a sample variance of one value is undefined
        raise ValueError("the DeLong variance needs at least two positives and two negatives")
    pairs = [_placements(positive, finite_scores(s, positive.size)) for s in scores]
    of_positives = np.stack([p for p, _ in pairs])
    of_negatives = np.stack([n for _, n in pairs])
    covariance = np.atleast_2d(np.cov(of_positives)) / n_positive
    covariance = covariance + np.atleast_2d(np.cov(of_negatives)) / n_negative
    return of_positives.mean(axis=1), covariance, n_positive, n_negative


def _placements(
    positive: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each positive the share of negatives below it, for each negative of positives above it.

    A midrank among all cases less the midrank within the own class counts the other class below.
    """
    ranks = rankdata(scores)
    n_positive, n_negative = positive.sum(), (~positive).sum()
    of_positives = (ranks[positive] - rankdata(scores[positive])) / n_negative
    of_negatives = 1.0 - (ranks[~positive] - rankdata(scores[~positive])) / n_positive
    return of_positives, of_negatives


def _quantile(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError(f"the confidence level must lie between 0 and 1, not {level}")
    return float(norm.ppf(0.5 + level / 2.0))
