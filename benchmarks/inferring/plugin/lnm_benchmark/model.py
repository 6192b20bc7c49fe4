"""A network as a tile classifier."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel
from torch import nn

from lnm_benchmark.nets import build
from lnm_desktop.learning.torch_tiles import TorchTileClassifier, TorchTileOptions


class Options(TorchTileOptions):
    """Tiles side by side."""

    stride_px: Literal[256] = 256


class Net(TorchTileClassifier):
    """Runs the network that its weights are named after."""

    Options: ClassVar[type[BaseModel]] = Options

    def build(self, weights: Path) -> nn.Module:
        """The network with its weights."""
        return build(weights.stem, weights)
