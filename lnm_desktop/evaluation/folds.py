"""Cross-validation folds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lnm_desktop.evaluation.auc import binary_labels


def stratified_folds(labels: ArrayLike, folds: int, seed: int) -> NDArray[np.int64]:
    """The fold (n,) of each case, drawn so that each fold has nearly the same share of positives.

    Raises ValueError where a class has fewer cases than there are folds.
    """
    positive = binary_labels(labels)
    generator = np.random.default_rng(seed)
    found = np.empty(positive.size, np.int64)
    for own in (np.flatnonzero(~positive), np.flatnonzero(positive)):
        if own.size < folds:
            raise ValueError(f"{folds} folds need at least as many cases of each class")
        found[generator.permutation(own)] = np.arange(own.size) % folds
    return found
