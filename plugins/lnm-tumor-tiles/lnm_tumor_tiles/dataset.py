"""Reading of the labelled tiles and the grouped folds of cross-validation."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from lnm_tumor_tiles.network import TILE_SIZE


@dataclass(frozen=True)
class TileSet:
    """Labelled tiles of one split.

    `images` uint8 (n, 3, 96, 96) RGB at 0.97 um/px; `labels` int64 (n,), 1 = tumour in the centre 32x32;
    `clusters` int64 (n,), the stain cluster each tile belongs to.
    """

    images: Tensor
    labels: NDArray[np.int64]
    clusters: NDArray[np.int64]

    def part(self, rows: NDArray[np.int64]) -> TileSet:
        """Return the tiles at `rows`."""
        return TileSet(self.images[torch.from_numpy(rows)], self.labels[rows], self.clusters[rows])

    def with_shuffled_labels(self, seed: int) -> TileSet:
        """Return the same tiles with their labels permuted among them."""
        shuffled = np.random.default_rng(seed).permutation(self.labels)
        return TileSet(self.images, shuffled, self.clusters)


def read_tiles(folder: Path, split: str) -> TileSet:
    """Read one split ("train" or "test") of `folder`/tiles.csv and `folder`/images."""
    with (folder / "tiles.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == split]
    if not rows:
        raise ValueError(f"{folder / 'tiles.csv'} holds no tiles of the split {split!r}")
    pixels = np.stack([_read_pixels(folder / "images" / row["file"]) for row in rows])
    return TileSet(
        torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(),
        np.array([int(row["label"]) for row in rows]),
        np.array([int(row["stain_cluster"]) for row in rows]),
    )


def _read_pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    if pixels.shape != (TILE_SIZE, TILE_SIZE, 3):
        raise ValueError(f"{path.name} is not {TILE_SIZE}x{TILE_SIZE}")
    return pixels


def grouped_folds(tiles: TileSet, folds: int, seed: int) -> list[NDArray[np.int64]]:
    """Return the held-out rows of each fold; a stain cluster is never split over folds.

    Clusters go, largest first (ties in random order), to the fold where they leave positives and negatives most even.
    """
    order = np.random.default_rng(seed).permutation(np.unique(tiles.clusters))
    counts = {c: np.bincount(tiles.labels[tiles.clusters == c], minlength=2) for c in order}
    totals = np.bincount(tiles.labels, minlength=2)
    filled = np.zeros((folds, 2))
    fold_of: dict[int, int] = {}
    for cluster in sorted(order, key=lambda c: -float(counts[c].std())):
        spread = [_spread(filled, fold, counts[cluster], totals) for fold in range(folds)]
        fold_of[cluster] = int(np.argmin(spread))
        filled[fold_of[cluster]] += counts[cluster]
    member = np.array([fold_of[c] for c in tiles.clusters])
    return [np.flatnonzero(member == fold) for fold in range(folds)]


def _spread(filled: NDArray[np.float64], fold: int, added: NDArray[np.int64], totals: NDArray[np.int64]) -> float:
    trial = filled.copy()
    trial[fold] += added
    return float((trial / totals).std(axis=0).sum())
