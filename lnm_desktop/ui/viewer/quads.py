"""What is drawn for each tile seen: itself, a part of a coarser one, glass, or hatching where it cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import VirtualPyramid, ancestor
from lnm_desktop.ui.viewer.atlas import SQUARE_PX, Atlas, Square

VERTEX = np.dtype([("a_place", np.float32, 2), ("a_texel", np.float32, 2)])
_CORNERS = np.array([(0, 0), (1, 0), (1, 1), (0, 0), (1, 1), (0, 1)], np.float64)


class QuadKind(Enum):
    """What fills a quad."""

    TILE = auto()
    BLANK = auto()
    HATCHED = auto()


@dataclass(frozen=True, slots=True)
class Quad:
    """A part of level 0 and the texels that fill it (left, top, right, bottom in the atlas)."""

    region: Region
    kind: QuadKind
    texels: tuple[float, float, float, float]
    source: TileKey | None = None


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
        return found.reshape(-1)


def plan_quads(
    pyramid: VirtualPyramid, seen: Sequence[TileKey], atlas: Atlas, is_bad: Callable[[TileKey], bool]
) -> QuadPlan:
    """One quad for each tile seen; nothing lies over anything else and nothing beyond the image."""
    return QuadPlan(tuple(_quad(pyramid, key, atlas, is_bad) for key in seen))


def _quad(pyramid: VirtualPyramid, key: TileKey, atlas: Atlas, is_bad: Callable[[TileKey], bool]) -> Quad:
    region = pyramid.region(key)
    if key not in atlas and is_bad(key):
        return Quad(region, QuadKind.HATCHED, _texels(atlas.hatched, 0, 0, region, 2**key.level))
    for up in range(pyramid.coarsest - key.level + 1):
        source = ancestor(key, up)
        if source in atlas:
            return _part_of(pyramid, region, source, atlas.place(source))
    return Quad(region, QuadKind.BLANK, _texels(atlas.blank, 0, 0, region, 2**key.level))


def _part_of(pyramid: VirtualPyramid, region: Region, source: TileKey, square: Square) -> Quad:
    """The part of a tile in the atlas that lies under a region."""
    factor, whole = 2**source.level, pyramid.region(source)
    x, y = (region.x - whole.x) / factor, (region.y - whole.y) / factor
    return Quad(region, QuadKind.TILE, _texels(square, x, y, region, factor), source)


def _texels(square: Square, x: float, y: float, region: Region, factor: int) -> tuple[float, float, float, float]:
    """Where in the atlas a region begins and ends that lies at (x, y) of a square's tile; the border is not shown."""
    left, top = square.column * SQUARE_PX + 1 + x, square.row * SQUARE_PX + 1 + y
    return left, top, left + region.width / factor, top + region.height / factor


def _at_corners(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes (n, 4) of left, top, right, bottom as the six corners of two triangles, shape (n, 6, 2)."""
    near, extent = boxes[:, np.newaxis, :2], (boxes[:, 2:] - boxes[:, :2])[:, np.newaxis]
    return near + _CORNERS * extent
