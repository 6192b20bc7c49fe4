"""Training of the small TabNet with torch; the numbers it gives are used by `tabnet` without torch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lnm_clinical.families import Arrays, Matrix, Settings

RELAXATION = 1.5
SPARSITY = 1e-3
BATCH = 128
LEARNING_RATE = 0.01


class TabNet(nn.Module):
    """Columns (n, columns) to log odds (n,) and the entropy of the masks."""

    def __init__(self, columns: int, width: int, steps: int) -> None:
        super().__init__()
        self.first = nn.Linear(columns, 2 * width)
        self.masks = nn.ModuleList(nn.Linear(width, columns) for _ in range(steps))
        self.blocks = nn.ModuleList(nn.Linear(columns, 2 * width) for _ in range(steps))
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        prior, attention = torch.ones_like(x), functional.glu(self.first(x))
        total, entropy = x.new_zeros(len(x)), x.new_zeros(())
        for mask_layer, block in zip(self.masks, self.blocks, strict=True):
            mask = sparsemax(prior * mask_layer(attention))
            prior = prior * (RELAXATION - mask)
            attention = functional.glu(block(x * mask))
            total = total + (functional.relu(attention) @ self.head.weight[0])
            entropy = entropy - (mask * (mask + 1e-10).log()).sum(1).mean()
        return total + self.head.bias[0], entropy


def sparsemax(values: Tensor) -> Tensor:
    """See `tabnet.sparsemax`."""
    ordered = values.sort(dim=1, descending=True).values
    ranks = torch.arange(1, values.shape[1] + 1, dtype=values.dtype)
    excess = ordered.cumsum(1) - 1.0
    support = (ordered > excess / ranks).sum(1, keepdim=True)
    border = excess.gather(1, support - 1) / support
    return (values - border).clamp(min=0.0)


def train(x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays:
    """Adam over shuffled batches, for so many epochs as the settings say."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = TabNet(x.shape[1], settings["width"], settings["steps"]).double()
    inputs, targets = torch.from_numpy(x), torch.from_numpy(labels.astype(np.float64))
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE, weight_decay=1e-4)
    for _ in range(settings["epochs"]):
        for batch in torch.randperm(len(x), generator=generator).split(BATCH):
            scores, entropy = network(inputs[batch])
            loss = functional.binary_cross_entropy_with_logits(scores, targets[batch]) + SPARSITY * entropy
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return _arrays(network)


def _arrays(network: TabNet) -> Arrays:
    layers = {"first": network.first, "head": network.head}
    layers |= {f"mask{place}": layer for place, layer in enumerate(network.masks)}
    layers |= {f"step{place}": layer for place, layer in enumerate(network.blocks)}
    arrays = {
        f"{name}.{part}": tensor.detach().numpy().copy()
        for name, layer in layers.items()
        for part, tensor in layer.named_parameters()
    }
    facts = {"steps": np.array([len(network.masks)]), "relaxation": np.array([RELAXATION])}
    return {**arrays, **facts}
