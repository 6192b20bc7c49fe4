"""Observed beside predicted share in groups of equal size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lnm_desktop.evaluation.auc import binary_labels, finite_scores
from lnm_desktop.evaluation.proportions import ProportionInterval, wilson_interval


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """A group's mean probability and its observed share with Wilson interval."""

    predicted: float
    observed: ProportionInterval


def calibration_curve(labels: ArrayLike, probabilities: ArrayLike, groups: int = 10) -> tuple[CalibrationPoint, ...]:
    """Groups by quantiles of the probability; equal probabilities stay together, so there may be fewer groups."""
    positive = binary_labels(labels)
    values = finite_scores(probabilities, positive.size)
    borders = np.unique(np.quantile(values, np.linspace(0, 1, groups + 1)))
    place = np.clip(np.searchsorted(borders, values, side="right") - 1, 0, max(len(borders) - 2, 0))
    found = []
    for group in np.unique(place):
        own = place == group
        observed = wilson_interval(int(positive[own].sum()), int(own.sum()))
        found.append(CalibrationPoint(float(values[own].mean()), observed))
    return tuple(found)
