"""A tile classifier that is a torch network: give the network, and it runs on the fastest backend of the machine."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from safetensors import SafetensorError
from torch import nn

from lnm_desktop import paths
from lnm_desktop.errors import InferenceError, WeightsError
from lnm_desktop.learning.backends import TorchBackend
from lnm_desktop.learning.cam_layer import CamLayer, last_layer
from lnm_desktop.learning.choice import Chosen, Wish, Workplace
from lnm_desktop.learning.sample_tiles import sample_tiles
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput
from lnm_desktop.plugin.tile_classifier import TileClassifier, TileOptions, checked_output


class TorchTileOptions(TileOptions):
    """Options that every tile classifier with a torch network has."""

    backend: Literal["auto", "torch", "openvino"] = Field(
        default="auto", title="Backend", description="auto takes what a trial at the first run found fastest."
    )
    precision: Literal["f32", "bf16"] = Field(
        default="f32",
        title="Precision",
        description="bf16 is faster on some machines and changes probabilities; the result says by how much.",
    )


class TorchTileClassifier(TileClassifier):
    """Subclass it and write `build`."""

    Options: ClassVar[type[BaseModel]] = TorchTileOptions

    @abstractmethod
    def build(self, weights: Path) -> nn.Module:
        """The network with its weights: float32 RGB (n, 3, tile, tile) in 0…1 to probabilities (n, classes)."""

    def network(self) -> nn.Module:
        """The network on its device, in evaluation mode."""
        return self._workplace.network

    def cam_layer(self) -> CamLayer:
        """The layer for Grad-CAM. Write it where the network looks at a part of the tile only. Raises LookupError."""
        return last_layer(self.network(), self.spec.tile_px)

    def load(self, device: str, weights: Path) -> None:
        """Put the network on the device and choose its backend. Raises WeightsError, InferenceError."""
        try:
            network = self.build(weights).eval().requires_grad_(False)
        except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
            raise WeightsError(
                f"the weights {weights.name} do not fit the network", hint="Install the plugin again."
            ) from error
        # A batch is computed on one core, and several batches at once: no number depends on how many.
        torch.set_num_threads(1 if device == "cpu" else self.threads)
        placed = network.to(torch.device(device)).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._workplace = Workplace(placed, self.spec, device, self.threads, paths.cache_dir() / "backends")
        self.streams = self._workplace.streams
        self._chosen: dict[Wish, Chosen] = {}
        self._test(weights)
        self._use(Wish())

    def classify(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (n, classes) of tiles (n, tile, tile, 3)."""
        return self._current.backend(tiles)

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """See `TileClassifier.predict`; with what is known of the backend."""
        if not isinstance(options, TorchTileOptions):
            raise InferenceError(f"the Options of {self.spec.id} do not extend TorchTileOptions")
        chosen = self._use(Wish(options.backend, options.precision))
        output = super().predict(inputs, options, job)
        facts = {**output.facts, "backend_difference": chosen.difference, "backend_reason": chosen.reason}
        warnings = output.warnings if options.precision == "f32" else (*output.warnings, _precision_words(chosen))
        return replace(output, facts=facts, warnings=warnings)

    def _test(self, weights: Path) -> None:
        """Raises WeightsError for a network whose answer to two made-up tiles is not fit to be one."""
        try:
            tiles = sample_tiles(2, self.spec.tile_px)
            checked_output(TorchBackend(self.network(), self._workplace.device, 2)(tiles), 2, len(self.spec.classes))
        except (InferenceError, RuntimeError) as error:
            raise WeightsError(
                f"the network with the weights {weights.name} fails its test: {error}",
                hint="Report it to its publisher.",
            ) from error

    def _use(self, wish: Wish) -> Chosen:
        if wish not in self._chosen:
            try:
                self._chosen[wish] = self._workplace.choose(wish)
            except RuntimeError as error:
                raise InferenceError(
                    f"{wish.backend} cannot run {self.spec.id} here: {error}", hint="Choose the backend auto."
                ) from error
        self._current = self._chosen[wish]
        self.backend = self._current.backend.name
        self.batch_size = self._current.backend.batch_size
        return self._current


def _precision_words(chosen: Chosen) -> str:
    return (
        f"Computed by {chosen.backend.name}: on made-up tiles its probabilities differ by up to "
        f"{chosen.difference:.2g} from those in f32."
    )
