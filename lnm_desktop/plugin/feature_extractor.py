"""The kind of model that writes the features of a slide's tiles down, for others to learn from."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel

from lnm_desktop.domain.prediction import Score
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput
from lnm_desktop.plugin.tile_features import TileFeatures


class FeatureExtractor(TileFeatures):
    """A model that gives each tile its features; write `features`.

    The result's `features.safetensors` holds `features` (n, d), `coordinates` (n, 2): the centres of the tiles, x
    and y in level-0 pixels.
    """

    task: ClassVar[str] = "feature-extraction"

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Extract the features of a slide. Raises CalibrationMissing, InferenceError, Cancelled."""
        bag = self.bag(inputs, options, job)
        count, length = bag.features.shape
        return ModelOutput(
            scores=(
                Score("tiles", "Tiles", float(count), "tiles", "Tiles whose features were written."),
                Score("features", "Features of a tile", float(length), "numbers", "Length of a tile's features."),
            ),
            features={"features": bag.features, "coordinates": bag.coordinates},
            warnings=bag.warnings,
            facts=bag.facts,
        )
