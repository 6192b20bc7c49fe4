"""The kind of model that judges a whole slide by the features of its tiles: multiple-instance learning."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from lnm_desktop.plugin.class_scores import class_scores
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput
from lnm_desktop.plugin.tile_features import Bag, BagAnswer, TileFeatures, attended, attention_map, checked_answer


class BagModel(TileFeatures):
    """What models of a slide and of a case share; subclass one of those."""

    @abstractmethod
    def answer(self, bag: Bag, inputs: ModelInputs) -> BagAnswer:
        """What the model says of the bag; called only where there is a tile."""

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Judge a slide. Raises CalibrationMissing, InferenceError, Cancelled."""
        bag = self.bag(inputs, options, job)
        if not len(bag.features):
            return ModelOutput(warnings=bag.warnings, facts=bag.facts)
        job.check_cancelled()
        answer = checked_answer(self.answer(bag, inputs), bag, len(self.spec.classes))
        found = attention_map(answer, bag.plan)
        return ModelOutput(
            scores=class_scores(self.spec, np.asarray(answer.probabilities)),
            grids=(found[0],) if found else (),
            maps={found[0].name: found[1]} if found else {},
            regions=attended(found[1], bag.plan) if found else (),
            warnings=bag.warnings,
            facts=bag.facts,
        )


class SlideModel(BagModel):
    """A model of whole slides; write `features` and `predict_bag`. Attention is shown as a map."""

    task: ClassVar[str] = "slide-classification"

    @abstractmethod
    def predict_bag(self, features: NDArray[np.float32], coordinates: NDArray[np.float64]) -> BagAnswer:
        """The answer for features (n, d) of tiles with their centres (n, 2), x and y in level-0 pixels."""

    def answer(self, bag: Bag, inputs: ModelInputs) -> BagAnswer:
        """See `predict_bag`."""
        return self.predict_bag(bag.features, bag.coordinates)
