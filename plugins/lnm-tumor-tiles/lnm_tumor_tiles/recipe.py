"""The training recipe of one network, and its predictions. Deterministic for a seed on one thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lnm_tumor_tiles.augment import augment
from lnm_tumor_tiles.dataset import TileSet
from lnm_tumor_tiles.network import FIELD_SIZE, TILE_SIZE, DihedralNet

State = dict[str, Tensor]


@dataclass(frozen=True)
class Recipe:
    """What was chosen by cross-validation on the train split."""

    widths: tuple[int, int, int] = (3, 6, 8)
    epochs: int = 30
    batch: int = 64
    peak_rate: float = 3e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    stain_strength: float = 0.2


@dataclass(frozen=True)
class Job:
    """One network to train on `tiles` and, where given, its logits for the tiles `held_out`."""

    tiles: TileSet
    recipe: Recipe
    seed: int
    held_out: TileSet | None = None


@dataclass(frozen=True)
class Fitted:
    """A trained network's state, the mean loss of each epoch and the logits (n,) of the held-out tiles."""

    state: dict[str, NDArray[np.float32]]
    losses: list[float]
    logits: NDArray[np.float64]


def fit(job: Job) -> Fitted:
    """Train one network as the recipe says."""
    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    net = DihedralNet(job.recipe.widths)
    losses = train(net, job.tiles, job.recipe, job.seed)
    logits = predict(net, job.held_out.images) if job.held_out else np.empty(0)
    state = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
    return Fitted(state, losses, logits)


def train(net: nn.Module, tiles: TileSet, recipe: Recipe, seed: int) -> list[float]:
    """Train `net` in place with AdamW on a one-cycle schedule; return the mean loss of each epoch."""
    generator = torch.Generator().manual_seed(seed)
    batch = min(recipe.batch, len(tiles.labels))
    steps = len(tiles.labels) // batch
    optimiser = torch.optim.AdamW(net.parameters(), recipe.peak_rate, weight_decay=recipe.weight_decay)
    total_steps = steps * recipe.epochs
    warm_up = max(0.25, 1.5 / total_steps)  # the schedule divides by warm-up steps - 1, which must not be 0
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.peak_rate, total_steps=total_steps, pct_start=warm_up
    )
    labels = torch.from_numpy(tiles.labels).float()
    net.train()
    losses = []
    for _ in range(recipe.epochs):
        order = torch.randperm(len(labels), generator=generator)[: steps * batch]
        total = 0.0
        for rows in order.split(batch):
            views = augment(tiles.images[rows].float() / 255, recipe.stain_strength, generator)
            loss = smoothed_loss(net(views), labels[rows], recipe.label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        losses.append(total / steps)
    return losses


def smoothed_loss(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Return the binary cross-entropy against labels drawn in from 0 and 1 by half the smoothing."""
    return functional.binary_cross_entropy_with_logits(logits, labels * (1 - smoothing) + smoothing / 2)


@torch.inference_mode()
def predict(net: nn.Module, images: Tensor, batch: int = 128) -> NDArray[np.float64]:
    """Return the logits (n,) of uint8 tiles (n, 3, 96, 96) for a network that takes the centre field."""
    net.eval()
    margin = (TILE_SIZE - FIELD_SIZE) // 2
    fields = images[:, :, margin:-margin, margin:-margin]
    logits = [net(part.float() / 255) for part in fields.split(batch)]
    return torch.cat(logits).double().numpy()
