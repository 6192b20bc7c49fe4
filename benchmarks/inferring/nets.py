"""The networks that every pipeline runs: float32 RGB (n, 3, 256, 256) in 0…1 to probabilities (n, 2)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

NAMES = ("shipped", "resnet18", "small")
CLASSES = ("normal", "tumor")
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SEED = 20261126


def build(name: str, weights: Path) -> nn.Module:
    """A network with its weights, in evaluation mode."""
    if name == "shipped":
        return _shipped(weights).eval()
    network = _untrained(name)
    network.load_state_dict(load_file(weights))
    return network.eval()


def make_weights(name: str, patches: Tensor, path: Path) -> None:
    """Seeded weights whose activations and probabilities have a sensible spread on patches (n, 3, 256, 256)."""
    torch.manual_seed(SEED)
    network = _untrained(name)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # statistics become plain means over what is seen
    with torch.no_grad():
        network.train()(patches)
        logits = network.eval().logits(patches)
        apart = logits[:, 1] - logits[:, 0]
        network.head.weight.mul_(1.5 / apart.std())
        logits = network.logits(patches)
        network.head.bias[1] -= (logits[:, 1] - logits[:, 0]).mean()
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, path)


def _untrained(name: str) -> Classifier:
    return Classifier(*{"resnet18": resnet18, "small": small}[name]())


class Classifier(nn.Module):
    """Colours normalised as for ImageNet, features averaged over the patch, two classes."""

    def __init__(self, features: nn.Module, width: int) -> None:
        super().__init__()
        self.features, self.head = features, nn.Linear(width, len(CLASSES))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD).view(1, 3, 1, 1), persistent=False)

    def logits(self, x: Tensor) -> Tensor:
        """Before the softmax."""
        return self.head(self.features((x - self.mean) / self.spread).mean((2, 3)))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(x).softmax(1)


def small() -> tuple[nn.Module, int]:
    """Three convolutions of stride 2."""
    widths = (3, 32, 64, 128)
    layers = [_normed(a, b, 3, 2) for a, b in pairwise(widths)]
    return nn.Sequential(*(part for layer in layers for part in (layer, nn.ReLU()))), widths[-1]


def resnet18() -> tuple[nn.Module, int]:
    """He et al. 2016, table 1, 18 layers."""
    stages: list[nn.Module] = [_normed(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    before = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        stages += [Residual(before, width, stride), Residual(width, width, 1)]
        before = width
    return nn.Sequential(*stages), before


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.first, self.second = _normed(before, width, 3, stride), _normed(width, width, 3, 1)
        same = before == width and stride == 1
        self.short = nn.Identity() if same else _normed(before, width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.second(functional.relu(self.first(x))) + self.short(x))


def _normed(before: int, width: int, kernel: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, width, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(width))


class BothClasses(nn.Module):
    """The shipped network, which knows one class, with the probability of the other one."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        tumor = self.network.probabilities(x)
        return torch.stack([1 - tumor, tumor], dim=1)


def _shipped(weights: Path) -> nn.Module:
    from lnm_tumor_tiles.network import TumorTileNet

    with safe_open(weights, framework="pt") as file:
        notes = file.metadata()
    fine, middle, coarse = (int(width) for width in notes["widths"].split(","))
    network = TumorTileNet(int(notes["members"]), (fine, middle, coarse))
    network.load_state_dict(load_file(weights))
    return BothClasses(network)
