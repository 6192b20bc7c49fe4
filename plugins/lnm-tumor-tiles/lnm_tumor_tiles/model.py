"""The tumour tile network as a tile classifier of LNM Desktop; torch is loaded here, in a worker only."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from lnm_desktop.api import TileClassifier, WeightsError
from lnm_tumor_tiles.network import TumorTileNet
from lnm_tumor_tiles.weights import load_weights


class TumorTiles(TileClassifier):
    """Probability of at least one tumour pixel in the centre 32 × 32 of a tile."""

    backend: ClassVar[str] = "torch eager channels_last"

    def load(self, device: str, weights: Path) -> None:
        """Put the network on the device. Raises WeightsError."""
        try:
            network = load_weights(weights)
        except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
            raise WeightsError(
                f"the weights {weights.name} do not fit the network", hint="Install the plugin again."
            ) from error
        self._device = torch.device(device)
        self._network: TumorTileNet = network.to(self._device)

    def classify(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities of normal and tumour, float32 (n, 2), of uint8 tiles (n, 96, 96, 3)."""
        images = torch.from_numpy(tiles).to(self._device).permute(0, 3, 1, 2)
        tumor = self._network.probabilities(images.float() / 255)
        return torch.stack([1 - tumor, tumor], dim=1).float().cpu().numpy()
