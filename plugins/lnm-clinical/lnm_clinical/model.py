"""The models as the application sees them: trained arrays in, probabilities with intervals out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from scipy.special import expit
from scipy.stats import t

from lnm_clinical.families import Family
from lnm_clinical.families.all import FAMILIES
from lnm_clinical.features import Encoder, Records, Row
from lnm_clinical.fitting import GROUPS, Fitted, Trained, facts_of, log_odds, train
from lnm_clinical.population import population_of
from lnm_desktop.api import (
    Job,
    Judged,
    Population,
    RiskModel,
    TrainedRisk,
    WeightsError,
    population_from_dict,
    population_to_dict,
)

FITS = ("whole", *(f"group{number}" for number in range(GROUPS)))


class ClinicalRisk(RiskModel):
    """Probability of lymph node metastasis by one family of models."""

    family: ClassVar[Family]
    backend = "numpy"

    @classmethod
    def train(cls, rows: Sequence[Row], labels: NDArray[np.int64], seed: int, job: Job) -> TrainedRisk:
        """See `RiskModel.train`."""
        trained = train(cls.family, rows, labels, seed, job.check_cancelled)
        arrays = {
            f"{name}/{key}": np.ascontiguousarray(array)
            for name, fitted in zip(FITS, (trained.whole, *trained.groups), strict=True)
            for key, array in fitted.arrays.items()
        }
        population = population_to_dict(population_of(rows, labels, trained.unseen))
        return TrainedRisk(arrays, {**facts_of(trained), "family": cls.family.id, "population": population})

    def use(self, trained: TrainedRisk) -> None:
        """See `RiskModel.use`. Raises WeightsError."""
        try:
            self._trained = _trained(trained.arrays, trained.facts)
            self._population = population_from_dict(trained.facts["population"])
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(
                f"the weights do not fit {self.spec.id}: {error}", hint="Install the plugin again."
            ) from error

    def load(self, device: str, weights: Path) -> None:
        """See `ModelPlugin.load`."""
        try:
            with safe_open(weights, framework="np") as file:
                facts = json.loads((file.metadata() or {})["facts"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        except (SafetensorError, KeyError, ValueError) as error:
            raise WeightsError(
                f"the weights {weights.name} cannot be read", hint="Install the plugin again."
            ) from error
        if facts.get("family") != self.family.id:
            raise WeightsError(f"{weights.name} holds no {self.family.title}", hint="Install the plugin again.")
        self.use(TrainedRisk(arrays, facts))

    def judge(self, rows: Sequence[Row]) -> Judged:
        """Probabilities; the interval is that of a delete-a-group jackknife (Kott 2001) of the log odds.

        It tells how far other training patients would have moved the number, not how far this patient is from others.
        """
        trained, records = self._trained, Records.read(rows)
        whole = log_odds(self.family, trained, trained.whole, records)
        groups = np.stack([log_odds(self.family, trained, fitted, records) for fitted in trained.groups])
        spread = np.sqrt((GROUPS - 1) / GROUPS * ((groups - groups.mean(axis=0)) ** 2).sum(axis=0))
        half = t.ppf(0.975, GROUPS - 1) * spread
        return Judged(expit(whole), expit(whole - half), expit(whole + half))

    def probability(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """See `RiskModel.probability`."""
        return expit(log_odds(self.family, self._trained, self._trained.whole, Records.read(rows)))

    def population(self) -> Population:
        """See `RiskModel.population`."""
        return self._population


def _trained(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Trained:
    fits = []
    for name, encoder in zip(FITS, facts["encoders"], strict=True):
        own = {key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")}
        fits.append(Fitted(Encoder.from_dict(encoder), own))
    return Trained(
        fits[0],
        tuple(fits[1:]),
        facts["slope"],
        facts["intercept"],
        facts["operating_point"],
        facts["settings"],
        np.empty(0),
    )


class LogisticRisk(ClinicalRisk):
    """Logistic regression."""

    family = FAMILIES["lr"]


class ForestRisk(ClinicalRisk):
    """Random forest."""

    family = FAMILIES["rf"]


class SvmRisk(ClinicalRisk):
    """Support vector machine."""

    family = FAMILIES["svm"]


class BoostingRisk(ClinicalRisk):
    """Gradient boosting."""

    family = FAMILIES["gb"]


class MlpRisk(ClinicalRisk):
    """Fully connected network."""

    family = FAMILIES["mlp"]


class TabNetRisk(ClinicalRisk):
    """TabNet."""

    family = FAMILIES["tabnet"]
