"""The tumour tile network as a tile classifier of LNM Desktop; torch is loaded here, in a worker only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lnm_desktop.learning.cam_layer import CamLayer
from lnm_desktop.learning.torch_tiles import TorchTileClassifier
from lnm_tumor_tiles.colors import TrainingColors
from lnm_tumor_tiles.network import FIELD_SIZE, TILE_SIZE, DihedralNet, TumorTileNet
from lnm_tumor_tiles.weights import load_weights


class TumorTiles(TorchTileClassifier):
    """Probability of at least one tumour pixel in the centre 32 × 32 of a tile."""

    def build(self, weights: Path) -> nn.Module:
        """The network that answers with the probabilities of normal and tumour."""
        return BothClasses(load_weights(weights))

    def unlike_training(self, tiles: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which tiles have colours further from the training tiles' than 99 % of those."""
        return TrainingColors.read().unlike(tiles)

    def cam_layer(self) -> CamLayer:
        """The last layer of the last member; it looks at the centre of the tile only."""
        network = self.network()
        assert isinstance(network, BothClasses)
        member = network.network.members[-1]
        assert isinstance(member, DihedralNet)
        return CamLayer(member.layers[-1], (TILE_SIZE - FIELD_SIZE) // 2)


class BothClasses(nn.Module):
    """Float32 RGB tiles (n, 3, 96, 96) in [0, 1] to probabilities of normal and tumour (n, 2)."""

    def __init__(self, network: TumorTileNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, tiles: Tensor) -> Tensor:
        tumor = self.network.probabilities(tiles)
        return torch.stack([1 - tumor, tumor], dim=1)
