"""A slide or series on the canvas: tiles come from the fetcher, napari is told when there is more to see."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Window
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.cache import BadTiles, TileCache, TileKey
from lnm_desktop.imaging.pyramid import TiledPicture, VirtualPyramid, window_limits
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.viewer.coordinates import Placement, to_pixel
from lnm_desktop.ui.viewer.fetcher import TileFetcher

SHORTEST_PAUSE_MS = 50
LONGEST_PAUSE_MS = 250
NEIGHBOUR_PLANES = 2


class ImageLayer(QObject):
    """One image layer and the tiles behind it. `close` before letting it go."""

    bad_tiles_changed = Signal(int)
    _arrived = Signal()

    def __init__(
        self, reader: ImageReader, title: str, placement: Placement, cache_bytes: int, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.info = reader.info
        self._pyramid = VirtualPyramid(self.info)
        self._cache = TileCache(cache_bytes)
        self._bad = BadTiles()
        self._stored = self._shown = 0
        self._pause = _single_shot(self, self._refresh)
        self._retry = _single_shot(self, self._refresh)
        self._arrived.connect(self._on_arrival)
        self._fetcher = TileFetcher(reader, self._pyramid, self._keep, self._note_failure)
        self._picture = TiledPicture(self._pyramid, self._cache, self._bad, self._want)
        self._needs_limits = self.info.window is None and not self._picture.is_rgb and self.info.dtype != "uint8"
        self.layer = self._new_layer(title, placement)

    @property
    def plane(self) -> int:
        """The plane that is shown."""
        return self._picture.plane

    def set_plane(self, plane: int) -> None:
        """Show another plane; black until it has been read."""
        self._picture.plane = min(max(plane, 0), self.info.planes - 1)
        self._refresh()

    def set_window(self, window: Window) -> None:
        """Show grey values between the window's ends."""
        if not self._picture.is_rgb:
            half = max(window.width - 1, 1e-6) / 2
            self.layer.contrast_limits = (window.center - 0.5 - half, window.center - 0.5 + half)

    def value_at(self, point: Point) -> float | None:
        """The grey value there from the finest tile at hand; None for RGB, outside, or not yet read."""
        row, col = to_pixel(point)
        if self._picture.is_rgb or not (0 <= row < self.info.size.height and 0 <= col < self.info.size.width):
            return None
        for level in range(self._pyramid.count):
            tile_row, tile_col = (row >> level) // self._pyramid.tile_px, (col >> level) // self._pyramid.tile_px
            tile = self._cache.get(TileKey(self.plane, level, tile_row, tile_col))
            if tile is not None:
                return float(tile[(row >> level) % self._pyramid.tile_px, (col >> level) % self._pyramid.tile_px])
        return None

    @property
    def is_sharp(self) -> bool:
        """True when every tile of the view is on the screen, or known to be bad."""
        if not self._fetcher.is_idle or self._pause.isActive() or self._shown != self._stored:
            return False
        level = self.layer.data_level
        if level >= self._pyramid.count:  # not drawn yet
            return False
        top, left = self.layer.corner_pixels[0]
        bottom, right = self.layer.corner_pixels[1] + 1
        rows, cols = (range(int(top), int(bottom)), range(int(left), int(right)))
        return not self._picture.missing_tiles(level, rows, cols)

    def close(self, wait_s: float) -> None:
        """Stop reading; waits so long for reads under way."""
        self._pause.stop()
        self._retry.stop()
        self._fetcher.close(wait_s)

    def _new_layer(self, title: str, placement: Placement) -> Image:
        # napari reads its last level once and keeps it for a thumbnail; one pixel too coarse ever to be shown.
        thumbnail = np.broadcast_to(self._picture.glass, (1, 1, *self._picture.channels))
        grey = {} if self._picture.is_rgb else {"contrast_limits": window_limits(self.info), "colormap": self._grey()}
        return Image(
            [*self._picture.levels, thumbnail],
            multiscale=True,
            rgb=self._picture.is_rgb,
            name=title,
            scale=placement.scale,
            units=placement.units,
            interpolation2d="linear",
            **grey,
        )

    def _grey(self) -> str:
        return "gray_r" if self.info.inverted else "gray"

    def _want(self, keys: Sequence[TileKey]) -> None:
        self._fetcher.want([*keys, *self._neighbours()])

    def _neighbours(self) -> list[TileKey]:
        """The coarsest tiles of the planes beside this one, so that scrolling meets pictures."""
        nearby = range(
            max(0, self.plane - NEIGHBOUR_PLANES), min(self.info.planes, self.plane + NEIGHBOUR_PLANES + 1)
        )
        keys = [key for plane in nearby for key in self._pyramid.all_tiles(self._pyramid.coarsest, plane)]
        return [key for key in keys if key.plane != self.plane and key not in self._cache and self._bad.is_due(key)]

    def _keep(self, key: TileKey, tile: NDArray[np.generic]) -> None:
        """On a fetcher's thread: a tile has been read."""
        self._picture.store(key, tile)
        self._bad.remove(key)
        self._stored += 1
        self._arrived.emit()

    def _note_failure(self, key: TileKey, error: Exception) -> None:
        """On a fetcher's thread: damaged pixels stay bad, anything else is tried again later."""
        self._bad.add(key, lasting=isinstance(error, ImageDamaged))
        self._stored += 1
        self._arrived.emit()

    def _on_arrival(self) -> None:
        if not self._pause.isActive():
            self._pause.start()

    def _refresh(self) -> None:
        self._pause.stop()
        self._shown = self._stored
        begin = time.perf_counter()
        self._set_limits_once()
        self.layer.refresh(extent=False, thumbnail=False, highlight=False)
        spent_ms = (time.perf_counter() - begin) * 1000
        self._pause.setInterval(int(min(max(SHORTEST_PAUSE_MS, 2 * spent_ms), LONGEST_PAUSE_MS)))
        self.bad_tiles_changed.emit(len(self._bad))
        self._plan_retry()

    def _plan_retry(self) -> None:
        pause_s = self._bad.next_retry_s()
        if pause_s is not None:
            self._retry.start(int(pause_s * 1000) + 10)

    def _set_limits_once(self) -> None:
        """Without a window in the file the first plane's range is shown."""
        if not self._needs_limits:
            return
        tiles = [self._cache.get(key) for key in self._pyramid.all_tiles(self._pyramid.coarsest, self.plane)]
        found = [tile for tile in tiles if tile is not None]
        if found:
            low, high = min(float(t.min()) for t in found), max(float(t.max()) for t in found)
            self.layer.contrast_limits = (low, high if high > low else low + 1)
            self._needs_limits = False


def _single_shot(parent: QObject, slot: object) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(SHORTEST_PAUSE_MS)
    timer.timeout.connect(slot)
    return timer
