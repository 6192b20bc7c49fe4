"""How far two raters agree beyond chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def share_agreeing(one: ArrayLike, two: ArrayLike) -> float:
    """Share of the cases that both call the same; nan without cases."""
    first, second = np.asarray(one), np.asarray(two)
    if first.shape != second.shape:
        raise ValueError("both raters must judge the same cases")
    return float(np.mean(first == second)) if first.size else float("nan")


def cohen_kappa(one: ArrayLike, two: ArrayLike) -> float:
    """Agreement of two raters' classes beyond chance (Cohen 1960): 1 for all, 0 for as much as by chance.

    nan where it is undefined: without cases, or where both call every case the same.
    """
    first, second = np.asarray(one), np.asarray(two)
    observed = share_agreeing(first, second)
    classes = np.union1d(first, second)
    expected = sum(float(np.mean(first == known) * np.mean(second == known)) for known in classes)
    return (observed - expected) / (1.0 - expected) if expected < 1.0 else float("nan")
