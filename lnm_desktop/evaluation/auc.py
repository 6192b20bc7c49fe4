"""Area under the ROC curve from ranks, with ties counted half."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata


def binary_labels(labels: ArrayLike) -> NDArray[np.bool_]:
    """Return `labels` (n,) as booleans; raise ValueError unless every one is 0 or 1."""
    values = np.asarray(labels)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"labels must be a non-empty one-dimensional array, not of shape {values.shape}")
    if not np.isin(values, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    return values.astype(bool)


def finite_scores(scores: ArrayLike, count: int) -> NDArray[np.float64]:
    """Return `scores` (count,) as floats; raise ValueError for another length or a score that is not finite."""
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (count,):
        raise ValueError(f"scores must have shape ({count},) like the labels, not {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return values


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the probability that a positive scores above a negative, ties counted half.

    Mann & Whitney 1947: the rank sum of the positives, less its minimum, over the number of pairs.
    Raises ValueError where one of the classes is absent.
    """
    positive = binary_labels(labels)
    values = finite_scores(scores, positive.size)
    n_positive = int(positive.sum())
    n_negative = positive.size - n_positive
    if n_positive == 0 or n_negative == 0:
        raise ValueError("the AUC needs at least one positive and one negative label")
    rank_sum = float(rankdata(values)[positive].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)
