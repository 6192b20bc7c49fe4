"""What acting on a probability is worth: net benefit, and how many examinations it spares at how many missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lnm_desktop.evaluation.auc import binary_labels, finite_scores
from lnm_desktop.evaluation.classification import confusion_counts
from lnm_desktop.evaluation.proportions import ProportionInterval, wilson_interval

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 17))


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """Net benefit per patient at a threshold, of the model and of treating everybody; that of nobody is 0."""

    threshold: float
    model: float
    everybody: float


@dataclass(frozen=True, slots=True)
class Spared:
    """Acting only from a threshold on: the share of all patients spared, and of the positive ones missed."""

    threshold: float
    spared: ProportionInterval
    missed: ProportionInterval


def decision_curve(
    labels: ArrayLike, probabilities: ArrayLike, thresholds: Sequence[float] = THRESHOLDS
) -> tuple[NetBenefit, ...]:
    """Net benefit at each threshold (Vickers & Elkin 2006): TP / n - FP / n * t / (1 - t)."""
    positive = binary_labels(labels)
    share = float(positive.mean())
    found = []
    for threshold in thresholds:
        if not 0.0 < threshold < 1.0:
            raise ValueError(f"a threshold lies between 0 and 1, not at {threshold}")
        counts, odds = confusion_counts(labels, probabilities, threshold), threshold / (1.0 - threshold)
        model = (counts.true_positives - odds * counts.false_positives) / counts.total
        found.append(NetBenefit(threshold, model, share - odds * (1.0 - share)))
    return tuple(found)


def spared_at(labels: ArrayLike, probabilities: ArrayLike, threshold: float) -> Spared:
    """What a frozen threshold spares and misses, with Wilson intervals."""
    counts = confusion_counts(labels, probabilities, threshold)
    below = counts.true_negatives + counts.false_negatives
    positives = counts.true_positives + counts.false_negatives
    return Spared(threshold, wilson_interval(below, counts.total), wilson_interval(counts.false_negatives, positives))


def threshold_missing(labels: ArrayLike, probabilities: ArrayLike, most_missed: float) -> float:
    """The greatest threshold that misses at most this share of the positive. Raises ValueError without one."""
    positive = binary_labels(labels)
    values = np.sort(finite_scores(probabilities, positive.size)[positive])
    if not values.size:
        raise ValueError("there is no positive patient")
    if not 0.0 <= most_missed < 1.0:
        raise ValueError(f"the share of missed patients lies between 0 and 1, not at {most_missed}")
    return float(values[int(np.floor(most_missed * values.size + 1e-9))])
