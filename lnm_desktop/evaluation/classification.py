"""Measures of a binary classification at a threshold; a measure without cases is nan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lnm_desktop.evaluation.auc import binary_labels, finite_scores


@dataclass(frozen=True)
class ConfusionCounts:
    """Counts of the four outcomes; the measures follow from them."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def total(self) -> int:
        """Number of cases."""
        return self.true_positives + self.false_positives + self.true_negatives + self.false_negatives

    @property
    def sensitivity(self) -> float:
        """Share of the positives that are called positive."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> float:
        """Share of the negatives that are called negative."""
        return _ratio(self.true_negatives, self.true_negatives + self.false_positives)

    @property
    def positive_predictive_value(self) -> float:
        """Share of the positive calls that are right."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def negative_predictive_value(self) -> float:
        """Share of the negative calls that are right."""
        return _ratio(self.true_negatives, self.true_negatives + self.false_negatives)

    @property
    def accuracy(self) -> float:
        """Share of the calls that are right."""
        return _ratio(self.true_positives + self.true_negatives, self.total)


def confusion_counts(labels: ArrayLike, scores: ArrayLike, threshold: float) -> ConfusionCounts:
    """Count the outcomes of calling a case positive where its score reaches `threshold`."""
    positive = binary_labels(labels)
    called = finite_scores(scores, positive.size) >= threshold
    return ConfusionCounts(
        true_positives=int(np.sum(positive & called)),
        false_positives=int(np.sum(~positive & called)),
        true_negatives=int(np.sum(~positive & ~called)),
        false_negatives=int(np.sum(positive & ~called)),
    )


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Return the mean squared difference of probability and label (Brier 1950)."""
    positive = binary_labels(labels)
    values = finite_scores(probabilities, positive.size)
    if np.any((values < 0.0) | (values > 1.0)):
        raise ValueError("probabilities must lie between 0 and 1")
    return float(np.mean((values - positive) ** 2))


def youden_threshold(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the score at which sensitivity + specificity - 1 is largest (Youden 1950), the highest of equals."""
    positive = binary_labels(labels)
    values = finite_scores(scores, positive.size)
    if positive.all() or not positive.any():
        raise ValueError("Youden's threshold needs both classes")
    candidates = np.unique(values)[::-1]
    missed = np.searchsorted(np.sort(values[positive]), candidates) / positive.sum()
    spared = np.searchsorted(np.sort(values[~positive]), candidates) / (~positive).sum()
    return float(candidates[int(np.argmax(spared - missed))])


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
