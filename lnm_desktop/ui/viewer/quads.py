"""What is drawn for each tile seen: itself, a part of a coarser one, glass, or hatching where it cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import TILE_PX, VirtualPyramid, ancestor
from lnm_desktop.ui.viewer.atlas import Atlas

VERTEX = np.dtype(
    [("a_place", np.float32, 2), ("a_texel", np.float32, 2), ("a_inside", np.float32, 4), ("a_kind", np.float32)]
)
_CORNERS = np.array([(0, 0), (1, 0), (1, 1), (0, 0), (1, 1), (0, 1)], np.float64)


class QuadKind(IntEnum):
    """What fills a quad; the shader knows the numbers."""

    TILE = 0
    BLANK = 1
    HATCHED = 2


@dataclass(frozen=True, slots=True)
class Quad:
    """A part of level 0 and, for a tile, the texels that fill it (left, top, right, bottom of the atlas)."""

    region: Region
    kind: QuadKind
    source: TileKey | None = None
    texels: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    inside: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class QuadPlan:
    """All that is drawn."""

    quads: tuple[Quad, ...]

    def vertices(self) -> NDArray[np.void]:
        """Two triangles for each quad, dtype `VERTEX`."""
        found = np.zeros((len(self.quads), len(_CORNERS)), VERTEX)
        if self.quads:
            regions = np.array([(q.region.x, q.region.y, q.region.right, q.region.bottom) for q in self.quads])
            found["a_place"] = _at_corners(regions)
            found["a_texel"] = _at_corners(np.array([quad.texels for quad in self.quads]))
            found["a_inside"] = np.array([quad.inside for quad in self.quads])[:, np.newaxis]
            found["a_kind"] = np.array([quad.kind for quad in self.quads])[:, np.newaxis]
        return found.reshape(-1)


def plan_quads(
    pyramid: VirtualPyramid, seen: Sequence[TileKey], atlas: Atlas, is_bad: Callable[[TileKey], bool]
) -> QuadPlan:
    """One quad for each tile seen; nothing lies over anything else and nothing beyond the image."""
    return QuadPlan(tuple(_quad(pyramid, key, atlas, is_bad) for key in seen))


def _quad(pyramid: VirtualPyramid, key: TileKey, atlas: Atlas, is_bad: Callable[[TileKey], bool]) -> Quad:
    region = pyramid.region(key)
    if key not in atlas and is_bad(key):
        return Quad(region, QuadKind.HATCHED)
    for up in range(pyramid.coarsest - key.level + 1):
        source = ancestor(key, up)
        if source in atlas:
            return _part_of(pyramid, region, source, atlas.place(source))
    return Quad(region, QuadKind.BLANK)


def _part_of(pyramid: VirtualPyramid, region: Region, source: TileKey, square: tuple[int, int]) -> Quad:
    """The part of a tile in the atlas that lies under a region; filtering stays within the tile's own texels."""
    factor, whole = 2.0**source.level, pyramid.region(source)
    left, top = square[0] * TILE_PX, square[1] * TILE_PX
    x, y = left + (region.x - whole.x) / factor, top + (region.y - whole.y) / factor
    texels = (x, y, x + region.width / factor, y + region.height / factor)
    width, height = (max(1.0, np.ceil(extent / factor)) for extent in (whole.width, whole.height))
    inside = (left + 0.5, top + 0.5, left + width - 0.5, top + height - 0.5)
    return Quad(region, QuadKind.TILE, source, texels, inside)


def _at_corners(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes (n, 4) of left, top, right, bottom as the six corners of two triangles, shape (n, 6, 2)."""
    near, extent = boxes[:, np.newaxis, :2], (boxes[:, 2:] - boxes[:, :2])[:, np.newaxis]
    return near + _CORNERS * extent
