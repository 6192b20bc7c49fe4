"""The kind of model that judges a case: the features of a slide's tiles together with the clinical record."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.plugin.model import ModelInputs
from lnm_desktop.plugin.slide_model import BagModel
from lnm_desktop.plugin.tabular_model import Row, row_of
from lnm_desktop.plugin.tile_features import Bag, BagAnswer


class CaseModel(BagModel):
    """A model of a slide and the patient's record; write `features` and `predict_case`.

    The record holds the fields of `spec.needs_clinical`, without which it is not run.
    """

    task: ClassVar[str] = "case-classification"

    @abstractmethod
    def predict_case(self, features: NDArray[np.float32], coordinates: NDArray[np.float64], record: Row) -> BagAnswer:
        """The answer for features (n, d), centres of tiles (n, 2) in level-0 pixels, and values by field."""

    def answer(self, bag: Bag, inputs: ModelInputs) -> BagAnswer:
        """See `predict_case`."""
        return self.predict_case(bag.features, bag.coordinates, row_of(self.spec, inputs.clinical))
