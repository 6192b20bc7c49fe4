"""The kind of model that needs no image: probabilities from the clinical record alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.plugin.class_scores import class_scores
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput, ModelPlugin
from lnm_desktop.plugin.output_rules import checked_probabilities
from lnm_desktop.plugin.spec import ModelSpec

Row = Mapping[str, float | str | bool | None]


class TabularModel(ModelPlugin):
    """A model of clinical values; write `predict_proba`. Its spec has `needs_images=()`."""

    task: ClassVar[str] = "tabular-classification"

    @abstractmethod
    def predict_proba(self, rows: Sequence[Row]) -> NDArray[np.floating]:
        """Probabilities (n, classes) for n records of the values that the spec names, by field id."""

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Judge one record. Raises InferenceError, Cancelled."""
        job.check_cancelled()
        answer = self.predict_proba([row_of(self.spec, inputs.clinical)])
        probabilities = checked_probabilities(answer, (1, len(self.spec.classes)))
        return ModelOutput(scores=class_scores(self.spec, probabilities[0]))


def row_of(spec: ModelSpec, record: ClinicalRecord) -> Row:
    """The values that a model names as needed or used, None where there is none."""
    values = {name: record.get(name) for name in dict.fromkeys((*spec.needs_clinical, *spec.uses_clinical))}
    return {name: None if isinstance(value, Absent) else value for name, value in values.items()}
