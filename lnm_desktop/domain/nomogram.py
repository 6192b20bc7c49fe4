"""A nomogram: points for each value of each field, and the probability for their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from lnm_desktop.domain.clinical import Value

FULL_POINTS = 100.0


@dataclass(frozen=True, slots=True)
class NomogramAxis:
    """One field: its values with their points, and the points of a value that is not known."""

    field: str
    ticks: tuple[tuple[Value, float], ...]
    unknown: float

    def points(self, value: Value | None) -> float:
        """The points of a value; between two numbers in proportion, beyond the last as at it. Raises KeyError."""
        if value is None:
            return self.unknown
        exact = dict(self.ticks)
        if value in exact:
            return exact[value]
        if not isinstance(value, float) or not all(isinstance(tick, float) for tick in exact):
            raise KeyError(f"{self.field}: {value!r} has no points")
        return self._between(value)

    def _between(self, value: float) -> float:
        ticks = sorted((float(tick), points) for tick, points in self.ticks)
        if value <= ticks[0][0]:
            return ticks[0][1]
        for (low, from_points), (high, to_points) in pairwise(ticks):
            if value <= high:
                return from_points + (to_points - from_points) * (value - low) / (high - low)
        return ticks[-1][1]


@dataclass(frozen=True, slots=True)
class Nomogram:
    """The log odds of a patient are `base` plus `per_point` for each of his points."""

    axes: tuple[NomogramAxis, ...]
    base: float
    per_point: float

    def total(self, values: Mapping[str, Value]) -> float:
        """The sum of a patient's points. Raises KeyError."""
        return sum(axis.points(values.get(axis.field)) for axis in self.axes)

    def log_odds(self, total: float) -> float:
        """The linear predictor at a sum of points."""
        return self.base + self.per_point * total
