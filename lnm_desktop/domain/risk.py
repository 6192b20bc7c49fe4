"""The probability of one patient, what it rests on, and the patients that a model has learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lnm_desktop.domain.clinical import Value


@dataclass(frozen=True, slots=True)
class FieldRange:
    """What a field was among the patients of the training: how many had it, its 1st, 5th, 50th, 95th and 99th
    percentile for a number, how many had each choice else."""

    known: int
    percentiles: tuple[float, ...] = ()
    choices: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class RiskBand:
    """Patients of the training whose probability, by a model that had not seen them, lay from `low` to `high`."""

    low: float
    high: float
    patients: int
    positive: int


@dataclass(frozen=True, slots=True)
class ThresholdCount:
    """At a threshold, how many positive and negative patients of the training reached it, each judged unseen."""

    threshold: float
    positive: int
    negative: int


@dataclass(frozen=True, slots=True)
class Population:
    """The patients that a model has learnt from, as aggregates and never as rows."""

    patients: int
    positive: int
    fields: Mapping[str, FieldRange]
    bands: tuple[RiskBand, ...]
    thresholds: tuple[ThresholdCount, ...]

    @property
    def prevalence(self) -> float:
        """Share of the positive."""
        return self.positive / self.patients


@dataclass(frozen=True, slots=True)
class Risk:
    """A probability with its interval of 95 %."""

    probability: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What knowing a field's value adds to the log odds: its Shapley value among the fields that are known."""

    field: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class MissingField:
    """The least and the greatest probability that the values of a missing field could lead to."""

    field: str
    low: float
    high: float
    low_value: Value
    high_value: Value


@dataclass(frozen=True, slots=True)
class RiskAnswer:
    """A patient's risk: `without` is the probability with nothing known, from where the contributions lead."""

    risk: Risk
    without: float
    contributions: tuple[Contribution, ...]
    missing: tuple[MissingField, ...]
    warnings: tuple[str, ...]
