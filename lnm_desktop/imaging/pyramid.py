"""An image as levels of exactly ×2, composed from whatever tiles are at hand: nothing here reads pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import ImageInfo, ImageKind, Photometric, RegionRequest
from lnm_desktop.imaging.cache import BadTiles, TileCache, TileKey

TILE_PX = 512
COARSEST_PX = 1024
GLASS_RGB = (241, 240, 242)
_HATCH_PX = 16
_HATCH_DARK = 0.55
_HATCH_LIGHT = 0.75

Pixels = NDArray[np.generic]


class VirtualPyramid:
    """Levels of downsample 1, 2, 4 … until the long side is at most `coarsest_px`.

    Every level spans the same padded rectangle, so that the factors between levels are whole numbers
    and each level lies exactly on the others; the padding (right and below) is less than one pixel of the
    coarsest level.
    """

    def __init__(self, info: ImageInfo, tile_px: int = TILE_PX, coarsest_px: int = COARSEST_PX) -> None:
        self.info = info
        self.tile_px = tile_px
        width, height = math.ceil(info.size.width), math.ceil(info.size.height)
        self.count = _halvings(max(width, height), coarsest_px) + 1
        coarsest = 2 ** (self.count - 1)
        self._coarse_rows, self._coarse_cols = math.ceil(height / coarsest), math.ceil(width / coarsest)

    @property
    def coarsest(self) -> int:
        """The number of the coarsest level."""
        return self.count - 1

    def downsample(self, level: int) -> int:
        """Level-0 pixels per pixel of a level along both axes."""
        return 2**level

    def shape(self, level: int) -> tuple[int, int]:
        """Rows and columns of a level, padding included."""
        factor = 2 ** (self.coarsest - level)
        return self._coarse_rows * factor, self._coarse_cols * factor

    def tile_shape(self, key: TileKey) -> tuple[int, int]:
        """Rows and columns of a tile, smaller than `tile_px` at the right and lower edge."""
        rows, cols = self.shape(key.level)
        height = min(self.tile_px, rows - key.row * self.tile_px)
        return height, min(self.tile_px, cols - key.col * self.tile_px)

    def tiles(self, level: int, plane: int, rows: range, cols: range) -> Iterator[TileKey]:
        """The tiles that a rectangle of a level's pixels touches."""
        for row in range(rows.start // self.tile_px, -(-rows.stop // self.tile_px)):
            for col in range(cols.start // self.tile_px, -(-cols.stop // self.tile_px)):
                yield TileKey(plane, level, row, col)

    def all_tiles(self, level: int, plane: int = 0) -> list[TileKey]:
        """Every tile of a level."""
        rows, cols = self.shape(level)
        return list(self.tiles(level, plane, range(rows), range(cols)))

    def request(self, key: TileKey) -> RegionRequest | None:
        """What to read for a tile: whole pixels of its level that touch the image; None beyond the image."""
        factor = self.downsample(key.level)
        x, y = key.col * self.tile_px * factor, key.row * self.tile_px * factor
        height, width = self.tile_shape(key)
        width = min(width, math.ceil((self.info.size.width - x) / factor))
        height = min(height, math.ceil((self.info.size.height - y) / factor))
        if width <= 0 or height <= 0:
            return None
        return RegionRequest(Region(x, y, width * factor, height * factor), factor, key.plane)


class TiledPicture:
    """Composes rectangles from cached tiles, fills gaps from the nearest coarser one and tells what is missing.

    `on_missing` receives the tiles to read, most urgent first, after each composition (an empty list too).
    """

    def __init__(
        self,
        pyramid: VirtualPyramid,
        cache: TileCache,
        bad: BadTiles,
        on_missing: Callable[[Sequence[TileKey]], None],
    ) -> None:
        self.pyramid = pyramid
        self.plane = 0
        self._cache = cache
        self._bad = bad
        self._on_missing = on_missing
        info = pyramid.info
        self.is_rgb = info.photometric is Photometric.RGB
        self._is_slide = self.is_rgb and info.kind is ImageKind.SLIDE
        self.dtype = np.dtype(np.uint8 if self.is_rgb else info.dtype)
        self.glass = _unread(info, self.dtype)
        self._beyond = np.array((255, 255, 255), np.uint8) if self._is_slide else self.glass
        self._frames: list[Pixels] = [np.empty(0, self.dtype), np.empty(0, self.dtype)]
        self.levels = [TiledLevel(self, level) for level in range(pyramid.count)]

    @property
    def channels(self) -> tuple[int, ...]:
        """What follows rows and columns in a shape: (3,) for RGB, nothing for grey."""
        return (3,) if self.is_rgb else ()

    def compose(self, level: int, rows: range, cols: range) -> Pixels:
        """Pixels of a rectangle of one level from what is at hand. The array is reused by the second next call."""
        frame = self._next_frame(len(rows), len(cols))
        missing: list[TileKey] = []
        for key in self.pyramid.tiles(level, self.plane, rows, cols):
            self._place(frame, key, rows, cols, missing)
        self._on_missing([*self._missing_coarse(), *_nearest_first(missing, rows, cols, self.pyramid.tile_px)])
        return frame

    def store(self, key: TileKey, tile: Pixels) -> None:
        """Keep a tile that has been read; it may be smaller than `tile_shape` at the image's edge."""
        self._cache.put(key, self._padded(key, tile), pinned=key.level == self.pyramid.coarsest)

    def missing_tiles(self, level: int, rows: range, cols: range) -> list[TileKey]:
        """Tiles of a rectangle that are neither at hand nor known to be bad."""
        keys = self.pyramid.tiles(level, self.plane, rows, cols)
        return [key for key in keys if self._is_wanted(key) and key not in self._bad]

    def _is_wanted(self, key: TileKey) -> bool:
        return key not in self._cache and self.pyramid.request(key) is not None

    def _missing_coarse(self) -> list[TileKey]:
        keys = self.pyramid.all_tiles(self.pyramid.coarsest, self.plane)
        return [key for key in keys if self._is_wanted(key) and self._bad.is_due(key)]

    def _place(self, frame: Pixels, key: TileKey, rows: range, cols: range, missing: list[TileKey]) -> None:
        tile_px = self.pyramid.tile_px
        height, width = self.pyramid.tile_shape(key)
        top, left = key.row * tile_px, key.col * tile_px
        y = range(max(rows.start, top), min(rows.stop, top + height))
        x = range(max(cols.start, left), min(cols.stop, left + width))
        if not y or not x:
            return
        target = frame[y.start - rows.start : y.stop - rows.start, x.start - cols.start : x.stop - cols.start]
        tile = self._cache.get(key)
        if tile is not None:
            target[...] = tile[y.start - top : y.stop - top, x.start - left : x.stop - left]
            return
        self._fill_gap(target, key, y, x)
        if key.level != self.pyramid.coarsest and self._is_wanted(key) and self._bad.is_due(key):
            missing.append(key)

    def _fill_gap(self, target: Pixels, key: TileKey, y: range, x: range) -> None:
        if key in self._bad:
            target[...] = self._hatch(y, x)
            return
        for up in range(1, self.pyramid.coarsest - key.level + 1):
            ancestor = TileKey(key.plane, key.level + up, key.row >> up, key.col >> up)
            tile = self._cache.get(ancestor)
            if tile is not None:
                target[...] = _enlarged(tile, ancestor, up, y, x, self.pyramid.tile_px)
                return
        target[...] = self.glass

    def _hatch(self, y: range, x: range) -> Pixels:
        """Diagonal stripes, unlike any tissue; they run on from tile to tile."""
        stripes = (np.add.outer(np.arange(y.start, y.stop), np.arange(x.start, x.stop)) // _HATCH_PX) % 2
        low, high = (0.0, 255.0) if self.is_rgb else _shown_range(self.pyramid.info, self.dtype)
        values = low + (high - low) * np.where(stripes, _HATCH_LIGHT, _HATCH_DARK)
        grey = values.astype(self.dtype)
        return np.repeat(grey[..., np.newaxis], 3, axis=2) if self.is_rgb else grey

    def _padded(self, key: TileKey, tile: Pixels) -> Pixels:
        shape = self.pyramid.tile_shape(key)
        if tile.shape[:2] == shape:
            return np.ascontiguousarray(tile)
        full = np.empty((*shape, *self.channels), self.dtype)
        full[...] = self._beyond
        full[: tile.shape[0], : tile.shape[1]] = tile
        return full

    def _next_frame(self, height: int, width: int) -> Pixels:
        """A pooled array: fresh memory costs ten times the copying (page faults)."""
        shape = (height, width, *self.channels)
        size = math.prod(shape)
        self._frames.reverse()
        if self._frames[0].size < size:
            self._frames[0] = np.empty(size, self.dtype)
        return self._frames[0][:size].reshape(shape)


class TiledLevel:
    """One level as an array that a viewer may slice; slicing never waits for a file."""

    def __init__(self, picture: TiledPicture, level: int) -> None:
        self._picture = picture
        self._level = level
        self.shape: tuple[int, ...] = (*picture.pyramid.shape(level), *picture.channels)
        self.dtype = picture.dtype
        self.ndim = len(self.shape)
        self.size = math.prod(self.shape)
        self.chunks: tuple[int, ...] = (picture.pyramid.tile_px, picture.pyramid.tile_px, *picture.channels)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Pixels:
        """Pixels of a rectangle named by two slices of step 1 (further slices must be whole)."""
        slices = key if isinstance(key, tuple) else (key,)
        rows, cols = (_range(slices, axis, self.shape[axis]) for axis in (0, 1))
        return self._picture.compose(self._level, rows, cols)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Pixels:
        pixels = self[:, :].copy()
        return pixels if dtype is None else pixels.astype(dtype)


def _halvings(side_px: int, limit_px: int) -> int:
    count = 0
    while math.ceil(side_px / 2**count) > limit_px:
        count += 1
    return count


def _range(slices: tuple[Any, ...], axis: int, length: int) -> range:
    part = slices[axis] if axis < len(slices) else slice(None)
    if not isinstance(part, slice) or part.step not in (None, 1):
        raise TypeError("a tiled level is sliced by plain ranges only")
    return range(*part.indices(length))


def _nearest_first(keys: list[TileKey], rows: range, cols: range, tile_px: int) -> list[TileKey]:
    center_row = (rows.start + rows.stop) / 2 / tile_px - 0.5
    center_col = (cols.start + cols.stop) / 2 / tile_px - 0.5
    return sorted(keys, key=lambda key: (key.row - center_row) ** 2 + (key.col - center_col) ** 2)


def _enlarged(tile: Pixels, ancestor: TileKey, up: int, y: range, x: range, tile_px: int) -> Pixels:
    """The part of a coarser tile under a rectangle of a level `up` levels finer, each pixel repeated."""
    rows = (np.arange(y.start, y.stop) >> up) - ancestor.row * tile_px
    cols = (np.arange(x.start, x.stop) >> up) - ancestor.col * tile_px
    return tile[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1][rows - rows[0]][:, cols - cols[0]]


def _unread(info: ImageInfo, dtype: np.dtype[Any]) -> Pixels:
    """The colour of a place not yet read: glass on a slide, black on the screen in radiology, inverted or not."""
    if info.photometric is Photometric.RGB:
        return np.array(GLASS_RGB if info.kind is ImageKind.SLIDE else (0, 0, 0), np.uint8)
    low, high = _shown_range(info, dtype)
    return np.array(high if info.inverted else low).astype(dtype)


def _shown_range(info: ImageInfo, dtype: np.dtype[Any]) -> tuple[float, float]:
    limits = window_limits(info)
    if dtype.kind not in "ui":
        return limits
    kinds = np.iinfo(dtype)
    return max(limits[0], kinds.min), min(limits[1], kinds.max)


def window_limits(info: ImageInfo) -> tuple[float, float]:
    """Lowest and highest shown value: the window by DICOM PS3.3 C.11.2.1.2.1, else all of 8 bits, else 0 to 1."""
    window = info.window
    if window is None:
        return (0.0, 255.0) if info.dtype == "uint8" else (0.0, 1.0)
    half = max(window.width - 1, 1e-6) / 2
    return window.center - 0.5 - half, window.center - 0.5 + half
