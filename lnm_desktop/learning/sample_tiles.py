"""Made-up tiles with the colours of H&E, on which backends are timed and compared; they show nothing real."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.learning.seed import SEED

_GRAIN_PX = 8
# Absorbances of haematoxylin and eosin in red, green and blue: Ruifrok & Johnston 2001.
_STAINS = np.array(((0.650, 0.704, 0.286), (0.072, 0.990, 0.105)))


def sample_tiles(count: int, tile_px: int) -> NDArray[np.uint8]:
    """Tiles (count, tile, tile, 3): blobs of two stains of different size and depth, always the same ones."""
    random = np.random.default_rng(SEED)
    cells = -(-tile_px // _GRAIN_PX)
    amounts = random.gamma(0.8, 0.5, (count, cells, cells, 2))
    smooth = amounts.repeat(_GRAIN_PX, axis=1).repeat(_GRAIN_PX, axis=2)[:, :tile_px, :tile_px]
    fine = random.gamma(4.0, 0.25, (count, tile_px, tile_px, 2))
    return np.round(255 * np.exp(-(smooth * fine) @ _STAINS)).astype(np.uint8)
