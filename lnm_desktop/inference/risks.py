"""Questions about clinical risks to a plugin's worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.clinical import Absent, ClinicalRecord, Value
from lnm_desktop.domain.nomogram import Nomogram
from lnm_desktop.domain.risk import Population, Risk, RiskAnswer
from lnm_desktop.formats.risk_json import answer_from_dict, nomogram_from_dict, population_from_dict
from lnm_desktop.inference.client import RunControl, WorkerClient
from lnm_desktop.inference.events import OnEvent

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One patient's risk, and where he is unlike those of the training."""

    risk: Risk
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class CrossValidated:
    """Probabilities (n,) of patients by models trained without them, with each one's frozen threshold (n,).

    `others` (m,) are the probabilities of other patients by a model of all, `threshold` its operating point.
    """

    probability: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    others: NDArray[np.float64]
    threshold: float
    libraries: Mapping[str, str]


class RiskClient:
    """Asks one model. Raises PluginError, InferenceError, Cancelled."""

    def __init__(self, client: WorkerClient, model_id: str) -> None:
        self._client = client
        self._model_id = model_id

    def judge(self, rows: Sequence[Values]) -> tuple[JudgedRow, ...]:
        """The risk of each patient."""
        answer = self._ask("judge", rows=list(rows))
        ends = zip(answer["probability"], answer["lower"], answer["upper"], answer["warnings"], strict=True)
        return tuple(JudgedRow(Risk(p, low, high), tuple(warnings)) for p, low, high, warnings in ends)

    def reasons(self, values: Values) -> tuple[RiskAnswer, Population]:
        """One patient's risk with all that it rests on, and whom the model has learnt from."""
        answer = self._ask("reasons", row=dict(values))
        return answer_from_dict(answer["answer"]), population_from_dict(answer["population"])

    def nomogram(self) -> Nomogram:
        """The nomogram of a model whose fields add. Raises InferenceError for another one."""
        return nomogram_from_dict(self._ask("nomogram")["nomogram"])

    def train(self, rows: Sequence[Values], labels: NDArray[np.int64], seed: int, file: Path) -> Mapping[str, Any]:
        """Train and write the weights; gives their hash, the operating point, settings and libraries."""
        return self._ask("train", rows=list(rows), labels=labels.tolist(), seed=seed, file=str(file))

    def cross_validate(
        self,
        rows: Sequence[Values],
        labels: NDArray[np.int64],
        folds: NDArray[np.int64],
        seed: int,
        others: Sequence[Values] = (),
        on_event: OnEvent | None = None,
    ) -> CrossValidated:
        """Judge each patient by a model that was trained on the other folds (n,)."""
        answer = self._ask(
            "cross_validate",
            on_event,
            rows=list(rows),
            labels=labels.tolist(),
            folds=folds.tolist(),
            seed=seed,
            others=list(others),
        )
        return CrossValidated(
            np.array(answer["probability"]),
            np.array(answer["thresholds"]),
            np.array(answer.get("others", []), float),
            answer.get("threshold", float("nan")),
            answer["libraries"],
        )

    def _ask(self, operation: str, on_event: OnEvent | None = None, **arguments: Any) -> Any:
        asked = {"model_id": self._model_id, **arguments}
        return self._client.ask(operation, asked, self._model_id, on_event, RunControl())


def known_values(record: ClinicalRecord) -> dict[str, Value]:
    """The values that a record has."""
    return {field: value for field, value in record.values.items() if not isinstance(value, Absent)}
