"""Colours of the training tiles, so that a tile of another stain or scanner is told from them.

Six numbers of a tile, mean and standard deviation of red, green and blue, are held against their distribution in the
training split by the Mahalanobis distance (Lee et al. 2018, "A simple unified framework for detecting
out-of-distribution samples"). It knows colours only: tissue of another organ in the same stain passes.

    python -m lnm_tumor_tiles.colors TILES    writes colors.json from the training split of TILES/tiles.csv
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).resolve().parent / "colors.json"
KEPT_SHARE = 0.99
_DIGITS = 6


@dataclass(frozen=True)
class TrainingColors:
    """Mean (6,) and precision (6, 6) of the training tiles' numbers, and the squared distance of `KEPT_SHARE`."""

    mean: list[float]
    precision: list[list[float]]
    limit: float

    @classmethod
    def read(cls) -> TrainingColors:
        """The kept ones."""
        return cls(**json.loads(FILE.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, tiles: NDArray[np.uint8]) -> TrainingColors:
        """Those of tiles (n, tile, tile, 3)."""
        numbers = color_numbers(tiles)
        mean, precision = numbers.mean(axis=0).round(_DIGITS), np.linalg.inv(np.cov(numbers.T)).round(_DIGITS)
        limit = np.quantile(_distances(numbers, mean, precision), KEPT_SHARE).round(_DIGITS)
        return cls(mean.tolist(), precision.tolist(), float(limit))

    def unlike(self, tiles: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which tiles (n, tile, tile, 3) lie further out than `KEPT_SHARE` of the training tiles."""
        return _distances(color_numbers(tiles), np.array(self.mean), np.array(self.precision)) > self.limit


def color_numbers(tiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean and standard deviation of red, green and blue (n, 6) of tiles (n, tile, tile, 3)."""
    return np.concatenate(
        [tiles.mean(axis=(1, 2), dtype=np.float64), tiles.std(axis=(1, 2), dtype=np.float64)], axis=1
    )


def _distances(
    numbers: NDArray[np.float64], mean: NDArray[np.floating], precision: NDArray[np.floating]
) -> NDArray[np.float64]:
    away = numbers - mean
    return np.einsum("ni,ij,nj->n", away, precision, away)


def main(folder: Path) -> None:
    """Measure the training tiles of a folder and keep what was found."""
    from lnm_tumor_tiles.dataset import read_tiles  # noqa: PLC0415 - torch

    tiles = read_tiles(folder, "train").images.permute(0, 2, 3, 1).numpy()
    FILE.write_text(json.dumps(asdict(TrainingColors.of(tiles))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
