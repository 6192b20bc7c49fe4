"""Logistic regression with an L2 penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_clinical.families import Arrays, Family, Matrix, Settings


def fit(x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays:
    """Weights (columns,) and bias (1,)."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only training needs it

    found = LogisticRegression(C=settings["C"], max_iter=1000, random_state=seed).fit(x, labels)
    return {"weights": found.coef_[0], "bias": found.intercept_}


def score(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix:
    """The linear predictor."""
    return x @ arrays["weights"] + arrays["bias"][0]


LOGISTIC = Family("lr", "logistic regression", tuple({"C": c} for c in (0.01, 0.1, 1.0, 10.0)), fit, score)
