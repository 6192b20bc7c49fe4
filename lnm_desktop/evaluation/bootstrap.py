"""Percentile bootstrap of any measure of labels and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lnm_desktop.evaluation.auc import binary_labels, finite_scores

Measure = Callable[[NDArray[np.bool_], NDArray[np.float64]], float]


@dataclass(frozen=True)
class BootstrapInterval:
    """A measure with its percentile interval; `used` resamples gave a finite value."""

    value: float
    lower: float
    upper: float
    level: float
    resamples: int
    used: int


def bootstrap_interval(
    measure: Measure,
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> BootstrapInterval:
    """Return the percentile interval of `measure` (Efron & Tibshirani 1993, chapter 13).

    Cases are drawn with replacement within each class, so that every resample holds both classes. Resamples
    whose measure is not finite are left out and show in `used`.
    """
    if resamples < 1:
        raise ValueError("the bootstrap needs at least one resample")
    if not 0.0 < level < 1.0:
        raise ValueError(f"the confidence level must lie between 0 and 1, not {level}")
    positive = binary_labels(labels)
    values = finite_scores(scores, positive.size)
    generator = np.random.default_rng(seed)
    strata = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    drawn = np.empty(resamples)
    for number in range(resamples):
        chosen = np.concatenate([generator.choice(s, s.size) for s in strata if s.size])
        drawn[number] = measure(positive[chosen], values[chosen])
    finite = drawn[np.isfinite(drawn)]
    tail = (1.0 - level) / 2.0
    lower, upper = np.quantile(finite, [tail, 1.0 - tail]) if finite.size else (np.nan, np.nan)
    value = float(measure(positive, values))
    return BootstrapInterval(value, float(lower), float(upper), level, resamples, int(finite.size))
