"""The families of models: each fits a matrix with scikit-learn or torch, and scores it with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Settings = Mapping[str, Any]


class Fit(Protocol):
    """Arrays of a model of `x` (n, columns) and labels (n,) of 0 and 1."""

    def __call__(self, x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays: ...


class Score(Protocol):
    """Log odds (n,) before calibration."""

    def __call__(self, arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix: ...


@dataclass(frozen=True, slots=True)
class Family:
    """How a family is fitted, with which settings to choose from, and how its arrays score."""

    id: str
    title: str
    settings: tuple[Settings, ...]
    fit: Fit
    score: Score
