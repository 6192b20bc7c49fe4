"""A look at some tiles of a plan before it is run: are they like those that the model was trained on?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import Kernel, RegionRequest
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.tiling import TilePlan

# A few tiles tell another stain or scanner; each costs a read.
SAMPLED = 16
STRANGE_SHARE = 0.5
Judge = Callable[[NDArray[np.uint8]], NDArray[np.bool_]]


def strange_tiles_warning(judge: Judge, slide: ImageReader, plan: TilePlan, kernel: Kernel) -> Iterator[str]:
    """A warning where half of the sampled tiles or more are unlike those of the training. Raises ImageError."""
    tiles = sample(slide, plan, kernel)
    strange = int(np.count_nonzero(judge(tiles))) if len(tiles) else 0
    if strange and strange >= STRANGE_SHARE * len(tiles):
        yield (
            f"{strange} of {len(tiles)} sampled tiles do not look like those that the model was trained on (another "
            "stain, scanner or tissue?): its answers here rest on nothing that was tested."
        )


def sample(slide: ImageReader, plan: TilePlan, kernel: Kernel) -> NDArray[np.uint8]:
    """Up to `SAMPLED` of the chosen tiles (n, tile, tile, 3), evenly spread, the same ones each time."""
    cells = np.argwhere(plan.chosen)
    if not len(cells):
        return np.empty((0, plan.tile_px, plan.tile_px, 3), np.uint8)
    places = np.unique(np.linspace(0, len(cells) - 1, SAMPLED).round().astype(np.intp))
    regions = (plan.tile_region(int(column), int(row)) for row, column in cells[places])
    reads = (slide.read_region(RegionRequest(region, plan.downsample, kernel=kernel)) for region in regions)
    return np.stack([pixels[: plan.tile_px, : plan.tile_px, :3] for pixels in reads]).astype(np.uint8)
