"""The tiles of one image: what is at hand, what is being read, what cannot be read. No canvas, no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageDamaged, LnmError
from lnm_desktop.imaging.cache import BadTiles, TileCache, TileKey
from lnm_desktop.imaging.memory import keep_freed_memory
from lnm_desktop.imaging.pyramid import VirtualPyramid
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.viewer.fetcher import TileFetcher

# One more than the pixel server has under way, so that none of its processes waits for the next wish.
THREADS = 5
PINNED_PLANES = 8
# How long a tile takes is learnt from the tiles that came, the last ones most; a first guess until then.
FIRST_GUESS_S = 0.1
LEARNING_RATE = 0.2


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to read: with the colour profile applied or not, and which channels (none for plain colour or grey)."""

    srgb: bool = False
    channels: tuple[int, ...] = ()


class TileStore:
    """`on_change` is called on a reading thread when a tile has come or failed; `serial` counts those times.

    `failure` is why a tile could not be read last.
    """

    def __init__(
        self, reader: ImageReader, pyramid: VirtualPyramid, cache_bytes: int, on_change: Callable[[], None]
    ) -> None:
        keep_freed_memory()
        self._reader = reader
        self._pyramid = pyramid
        self._cache = TileCache(cache_bytes)
        self._variants: list[Variant] = []
        self._on_change = on_change
        self.bad = BadTiles()
        self.failure: LnmError | None = None
        self.serial = 0
        self._threads = THREADS if reader.thread_safe else 1
        self._tile_s = FIRST_GUESS_S
        self._fetcher = TileFetcher(self._read, self._keep, self._note_failure, self._threads)

    def __contains__(self, key: object) -> bool:
        return key in self._cache

    def get(self, key: TileKey) -> NDArray[np.generic] | None:
        """A tile at hand: (rows, columns), with 3 colours or with as many values as its variant has channels."""
        return self._cache.get(key)

    def number_of(self, variant: Variant) -> int:
        """The number by which keys name a way to read."""
        if variant not in self._variants:
            self._variants.append(variant)
        return self._variants.index(variant)

    def want(self, keys: Sequence[TileKey]) -> None:
        """Read these, first one first, and nothing else that was wanted before; bad ones when they are due."""
        self.bad.keep_only(frozenset(keys))
        self._fetcher.want([key for key in keys if key not in self._cache and self.bad.is_due(key)])

    def seconds_for(self, count: int) -> float:
        """How long so many tiles will take, as far as can be told."""
        return count * self._tile_s / self._threads

    def set_cache_bytes(self, cache_bytes: int) -> None:
        """Keep so many bytes of tiles."""
        self._cache.set_budget(cache_bytes)

    @property
    def is_idle(self) -> bool:
        """True when nothing is on its way."""
        return self._fetcher.is_idle

    def close(self, wait_s: float) -> None:
        """Stop reading; waits so long for reads under way."""
        self._fetcher.close(wait_s)

    # What follows runs on reading threads.

    def _read(self, key: TileKey) -> NDArray[np.generic]:
        begin = time.monotonic()
        tile = self._read_variant(self._pyramid.request(key), self._variants[key.variant])
        self._tile_s += LEARNING_RATE * (time.monotonic() - begin - self._tile_s)
        return tile

    def _read_variant(self, request: RegionRequest, variant: Variant) -> NDArray[np.generic]:
        if not variant.channels:
            return self._read_one(request, 0, srgb=variant.srgb)
        return np.stack([self._read_one(request, channel, srgb=False) for channel in variant.channels], axis=-1)

    def _read_one(self, request: RegionRequest, channel: int, *, srgb: bool) -> NDArray[np.generic]:
        tile = self._reader.read_region(replace(request, channel=channel, srgb=srgb))
        _check_shape(tile, request.output)
        return tile

    def _keep(self, key: TileKey, tile: NDArray[np.generic]) -> None:
        overview = key.level == self._pyramid.coarsest and self._pyramid.info.planes <= PINNED_PLANES
        self._cache.put(key, tile, pinned=overview)
        self.bad.remove(key)
        self._tell()

    def _note_failure(self, key: TileKey, error: Exception) -> None:
        """Damaged pixels stay bad, anything else is tried again later."""
        if isinstance(error, LnmError):
            self.failure = error
        self.bad.add(key, lasting=isinstance(error, ImageDamaged))
        self._tell()

    def _tell(self) -> None:
        self.serial += 1
        self._on_change()


def finest_pixel(store: TileStore, pyramid: VirtualPyramid, key: TileKey, row: int, col: int) -> tuple[float, ...]:
    """The values at a level-0 pixel from the finest tile at hand; `key` tells plane and variant."""
    for level in range(pyramid.count):
        y, x = row >> level, col >> level
        found = TileKey(key.plane, level, y // pyramid.tile_px, x // pyramid.tile_px, key.variant)
        tile = store.get(found)
        if tile is not None:
            values = np.ravel(tile[y % pyramid.tile_px, x % pyramid.tile_px])
            return tuple(float(value) for value in values) if np.isfinite(values).all() else ()
    return ()


def _check_shape(tile: NDArray[np.generic], output: tuple[int, int]) -> None:
    width, height = output
    if tile.shape[:2] != (height, width):
        raise ImageDamaged(
            f"the reader gave {tile.shape[1]} × {tile.shape[0]} pixels where {width} × {height} were asked for",
            hint="Open the image again; if it happens once more, report the file's format.",
        )
