"""The kind of tabular model that states a risk with its interval, can be questioned, and can be trained anew."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from lnm_desktop.domain.prediction import Score
from lnm_desktop.domain.risk import Population
from lnm_desktop.plugin.class_scores import class_scores
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput
from lnm_desktop.plugin.output_rules import checked_numbers, checked_probabilities
from lnm_desktop.plugin.risk_warnings import population_warnings
from lnm_desktop.plugin.tabular_model import Row, TabularModel, row_of


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """Probabilities (n,) of the finding and the ends (n,) of their intervals of 95 %."""

    probability: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class TrainedRisk:
    """What training gives: named arrays and facts in JSON, all that `use` needs.

    `facts` holds at least "operating_point" (a threshold frozen on patients that the model had not seen).
    """

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]


class RiskModel(TabularModel):
    """Write `train`, `use`, `judge` and `population`. It has two classes, the finding being the last, and says in
    `spec.uses_clinical` which fields it reads; each of them may be missing."""

    @classmethod
    @abstractmethod
    def train(cls, rows: Sequence[Row], labels: NDArray[np.int64], seed: int, job: Job) -> TrainedRisk:
        """Learn from rows with labels (n,) of 0 and 1. All that is fitted is fitted here.

        Raises ValueError for too few rows, Cancelled.
        """

    @abstractmethod
    def use(self, trained: TrainedRisk) -> None:
        """Work with this from now on."""

    @abstractmethod
    def judge(self, rows: Sequence[Row]) -> Judged:
        """The risk of each row."""

    @abstractmethod
    def population(self) -> Population:
        """The patients that it has learnt from."""

    def probability(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Probabilities (n,) without intervals; write it where that is quicker than `judge`."""
        return self.judge(rows).probability

    def predict_proba(self, rows: Sequence[Row]) -> NDArray[np.floating]:
        """See `TabularModel.predict_proba`."""
        probability = self.probability(rows)
        return np.stack([1.0 - probability, probability], axis=1)

    def judge_checked(self, rows: Sequence[Row]) -> Judged:
        """What `judge` answers. Raises InferenceError naming the rule that the answer breaks."""
        judged, shape = self.judge(rows), (len(rows),)
        checked_probabilities(judged.probability, shape)
        checked_numbers(judged.lower, shape)
        checked_numbers(judged.upper, shape)
        return judged

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Judge one record, with the interval as scores of their own. Raises InferenceError, Cancelled."""
        job.check_cancelled()
        row = row_of(self.spec, inputs.clinical)
        judged = self.judge_checked([row])
        probability = float(judged.probability[0])
        ends = zip(("lower", "upper"), (judged.lower, judged.upper), strict=True)
        interval = tuple(
            Score(f"{name}_95", f"95 % interval, {name} end", float(end[0]), meaning="Of the probability above.")
            for name, end in ends
        )
        scores = class_scores(self.spec, np.array([1 - probability, probability], np.float32))
        warnings = population_warnings(row, self.population())
        return ModelOutput(scores=(*scores[:1], *interval), warnings=warnings)
