"""A slide or scan on the canvas: each view is drawn at once from what is at hand, and the rest is asked for."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import ImageKind, Photometric, Window
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import TILE_PX, VirtualPyramid, ancestor, window_limits
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.view_tiles import View, tiles_in_view, wanted_tiles
from lnm_desktop.ui.viewer.atlas import Atlas, atlas_for
from lnm_desktop.ui.viewer.canvas import Canvas
from lnm_desktop.ui.viewer.channels import blended, first_views
from lnm_desktop.ui.viewer.coordinates import Placement
from lnm_desktop.ui.viewer.haste import Haste
from lnm_desktop.ui.viewer.mosaic import BELOW_ALL_LAYERS, Mosaic, matrix_transform
from lnm_desktop.ui.viewer.motion import Motion
from lnm_desktop.ui.viewer.quads import QuadPlan, plan_quads
from lnm_desktop.ui.viewer.tile_store import TileStore, Variant, finest_pixel
from lnm_desktop.ui.viewer.troubles import Troubles
from lnm_desktop.ui.viewer.view_state import ChannelView, Look

# Tiles given to the graphics card for one frame: without a card each costs about half a millisecond, a frame thirty.
UPLOADS_PER_FRAME = 24
# Tiles that come soon after one another share a frame; the last one that the view waits for is shown at once.
COALESCE_MS = 25
# Coarse tiles come first where the sharp ones would keep the eye waiting for so long.
PATIENCE_S = 0.15
OVERVIEW_AGAIN_MS = 250
NEIGHBOUR_PLANES = 2
SMOOTH_FROM_DOWNSAMPLE = 0.5
WINDOW_DRAG_PX = 300.0
GLASS_RGB = (241, 240, 242)
HATCH_PX = 16
HATCH_GREYS = (190, 140)
BEYOND_ALL_VALUES = 1e30


class ImageLayer(QObject):
    """One image on a canvas. `close` before letting it go.

    `hatched_changed` counts the hatched tiles of the view, `bad_tiles_changed` those of the image; `failed` tells the
    first LnmError of each kind until all can be read again.
    """

    bad_tiles_changed = Signal(int)
    hatched_changed = Signal(int)
    failed = Signal(object)
    overview_changed = Signal()
    window_changed = Signal()
    _arrived = Signal()

    def __init__(
        self,
        reader: ImageReader,
        placement: Placement,
        cache_bytes: int,
        canvas: Canvas,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.haste = Haste(self, has_card=not canvas.is_software)
        self.haste.rested.connect(self._smooth)
        self.info = reader.info
        self.plane = 0
        self.look = Look()
        self.channels = first_views(self.info)
        self._pyramid = VirtualPyramid(self.info)
        self._store = TileStore(reader, self._pyramid, cache_bytes, self._arrived.emit)
        self._atlas = Atlas(1, 2)
        self._view: View | None = None
        self._seen: list[TileKey] = []
        self._plan: QuadPlan | None = None
        self._drawn_serial = -1
        self._overview_told: tuple[int, int] | None = None
        self._bad_told = 0
        self._troubles = Troubles(self._store, self.hatched_changed.emit, self.failed.emit)
        self._motion = Motion()
        self.is_grey = self.info.photometric is Photometric.GREY and not self.info.channels
        self.inverted = self.info.inverted
        self._needs_range = self.is_grey and self.info.window is None and self.info.dtype != "uint8"
        self._pause = _single_shot(self, self._update, COALESCE_MS)
        self._retry = _single_shot(self, self._update, COALESCE_MS)
        self._overview_again = _single_shot(self, self._retell_overview, OVERVIEW_AGAIN_MS)
        self._arrived.connect(self._on_arrival)
        self.node = self._make_node(canvas.scene_node)
        self.place(placement)
        self._choose_variant()
        self._range = window_limits(self.info)
        if self.is_grey:
            self._set_range(*self._range)

    # -- what is shown

    def show(self, view: View, width_px: float, height_px: float) -> None:
        """Show a view on a canvas of so many device pixels; plane and variant are the layer's own."""
        self._fit_atlas(width_px, height_px)
        before = self._view
        self._view = View(view.corners, view.downsample, self.plane, self._variant)
        self.node.set_smooth(self.haste.move(smooth=self._is_smooth(view.downsample)))
        self._motion.note(self._view.center, time.monotonic())
        self._update()
        missing = self._missing()
        if before is not None and 2 * missing > len(self._seen) and not self._view.touches(before):
            self.haste.jump(self._store.seconds_for(missing))

    def place(self, placement: Placement) -> None:
        """Lie elsewhere in the world: turned, mirrored, or with another pixel size."""
        self.node.transform = matrix_transform(placement.matrix)
        self._is_upright = placement.rotation_deg % 90.0 == 0.0

    def set_plane(self, plane: int) -> None:
        """Show another plane; blank until it has been read."""
        self.plane = min(max(plane, 0), self.info.planes - 1)
        self._show_again()

    def set_window(self, window: Window) -> None:
        """Show grey values between the window's ends."""
        if self.is_grey:
            half = max(window.width - 1, 1e-6) / 2
            self._needs_range = False
            self._set_range(window.center - 0.5 - half, window.center - 0.5 + half)

    @property
    def window(self) -> Window | None:
        """How grey values are shown; None for colours."""
        low, high = self._range
        return Window((low + high) / 2 + 0.5, high - low + 1) if self.is_grey else None

    def set_inverted(self, inverted: bool) -> None:
        """Show high grey values dark, or bright."""
        if self.is_grey:
            self.inverted = inverted
            self._set_range(*self._range)

    def widen_window(self, right_px: float, down_px: float) -> None:
        """Change the window as a drag does: to the right wider, downwards brighter; in parts of its width."""
        low, high = self._range
        center, width = (low + high) / 2, high - low
        width *= math.exp(right_px / WINDOW_DRAG_PX)
        center -= width * down_px / WINDOW_DRAG_PX
        self._needs_range = False
        self._set_range(center - width / 2, center + width / 2)

    def set_look(self, look: Look) -> None:
        """Show colours otherwise; tiles are read again only for the colour profile."""
        self.look = look
        self.node.set_look(look)
        self._choose_variant()
        self._show_again()

    def set_channels(self, channels: Sequence[ChannelView]) -> None:
        """Show channels otherwise; tiles are read again only for other channels."""
        self.channels = tuple(channels)
        self._atlas.clear()
        self._choose_variant()
        self._overview_again.start()
        self._show_again()

    # -- what is known

    def pixel_at(self, point: Point) -> tuple[float, ...]:
        """Red, green and blue there, or the one grey value; from the finest tile at hand, empty without any."""
        row, col = int(np.floor(point.y)), int(np.floor(point.x))
        if not (0 <= row < self.info.size.height and 0 <= col < self.info.size.width):
            return ()
        key = TileKey(self.plane, 0, 0, 0, self._variant)
        pixel = finest_pixel(self._store, self._pyramid, key, row, col)
        return pixel if self.info.photometric is Photometric.RGB else pixel[:1]

    def overview(self) -> NDArray[np.uint8] | None:
        """The whole image as it is shown without adjustments, uint8 (rows, columns, 3); None until it was read."""
        keys = self._pyramid.all_tiles(self._pyramid.coarsest, self.plane, self._variant)
        tiles = [self._store.get(key) for key in keys]
        if any(tile is None for tile in tiles):
            return None
        columns = self._pyramid.grid(self._pyramid.coarsest)[1]
        found = [self._as_rgb(tile) for tile in tiles if tile is not None]
        rows = [np.concatenate(found[start : start + columns], axis=1) for start in range(0, len(found), columns)]
        return np.concatenate(rows)

    def values(self) -> NDArray[np.generic] | None:
        """Values of the whole plane as far as at hand, coarse: (number,), for channels (number, channels shown)."""
        keys = self._pyramid.all_tiles(self._pyramid.coarsest, self.plane, self._variant)
        tiles = [tile for tile in map(self._store.get, keys) if tile is not None]
        return np.concatenate([tile.reshape(-1, *tile.shape[2:]) for tile in tiles]) if tiles else None

    @property
    def is_sharp(self) -> bool:
        """True when every tile of the view has gone to the screen, or is known to be bad."""
        if self._view is None or self._pause.isActive():
            return False
        return all(key in self._atlas or key in self._store.bad for key in self._seen)

    def set_cache_bytes(self, cache_bytes: int) -> None:
        """Keep so many bytes of tiles."""
        self._store.set_cache_bytes(cache_bytes)

    def close(self, wait_s: float) -> None:
        """Stop reading and take the picture off the canvas; waits so long for reads under way."""
        self._pause.stop()
        self.haste.stop()
        self._retry.stop()
        self._overview_again.stop()
        self._store.close(wait_s)
        self.node.parent = None

    # -- how it comes about

    def _make_node(self, parent_node: object) -> Any:  # a vispy node: its class is made at run time
        node = Mosaic(parent=parent_node)
        node.order = BELOW_ALL_LAYERS
        return node

    def _fillings(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Whole tiles for what is not read yet (glass on a bright slide, else black) and for what cannot be."""
        side = np.arange(TILE_PX)
        stripes = (np.add.outer(side, side) // HATCH_PX) % 2
        if not self.is_grey:
            bright = self.info.kind is ImageKind.SLIDE and not self.info.channels
            blank = np.full((TILE_PX, TILE_PX, 3), GLASS_RGB if bright else (0, 0, 0), np.uint8)
            return blank, np.repeat(np.where(stripes, *HATCH_GREYS).astype(np.uint8)[..., np.newaxis], 3, axis=2)
        black = BEYOND_ALL_VALUES if self.info.inverted else -BEYOND_ALL_VALUES
        return np.full((TILE_PX, TILE_PX), black), np.where(stripes, black, -black)

    def _fit_atlas(self, width_px: float, height_px: float) -> None:
        wanted = atlas_for(width_px, height_px)
        if (wanted.columns, wanted.rows) != (self._atlas.columns, self._atlas.rows):
            self._atlas = wanted
            self.node.use_atlas(wanted, *self._fillings())

    def _is_smooth(self, downsample: float) -> bool:
        """Pixels stay squares when they are large, and when each falls on one of the screen's."""
        ratio = downsample / 2 ** self._pyramid.level_for(downsample)
        falls_on_pixels = self._is_upright and abs(ratio - 1.0) <= 0.01
        return ratio >= SMOOTH_FROM_DOWNSAMPLE and not falls_on_pixels

    def _smooth(self) -> None:
        self.node.set_smooth(True)
        self.node.update()

    def _choose_variant(self) -> None:
        visible = tuple(view.index for view in self.channels if view.visible)
        if self.info.channels:
            self._variant = self._store.number_of(Variant(channels=visible or (0,)))
        else:
            self._variant = self._store.number_of(Variant(srgb=bool(self.info.icc) and self.look.srgb))

    def _show_again(self) -> None:
        if self._view is not None:
            self._view = View(self._view.corners, self._view.downsample, self.plane, self._variant)
            self._update()

    def _on_arrival(self) -> None:
        if self.haste.is_holding:  # nothing is drawn: there is time
            for key in self._seen:
                if key not in self._atlas:
                    self._give(key)
        if all(key in self._store or key in self._store.bad for key in self._seen):
            self._pause.start(0)
        elif not self._pause.isActive():
            self._pause.start(COALESCE_MS)

    def _update(self) -> None:
        """Draw the view anew from what is at hand, and ask for the rest."""
        if self._view is None:
            return
        self._seen = self._tiles_seen(self._view)
        overview = self._pyramid.all_tiles(self._pyramid.coarsest, self.plane, self._variant)
        self._set_range_once(overview)
        self._upload([*overview, *self._seen])
        self._draw()
        if self.haste.is_holding and self.is_sharp:
            self.haste.release()
        slow = self._store.seconds_for(self._missing()) > PATIENCE_S
        seen = wanted_tiles(self._pyramid, self._view, self._seen, self._store, coarse_first=slow)
        self._store.want([*seen, *self._soon_seen(self._view), *self._neighbours()])
        self._tell(overview)

    def _missing(self) -> int:
        return sum(key not in self._store for key in self._seen)

    def _tiles_seen(self, view: View) -> list[TileKey]:
        """The sharpest tiles that there is room for."""
        level = self._pyramid.level_for(view.downsample)
        seen = tiles_in_view(self._pyramid, view, level)
        while len(seen) > self._atlas.capacity - 8 and level < self._pyramid.coarsest:
            level += 1
            seen = tiles_in_view(self._pyramid, view, level)
        return seen

    def _upload(self, keys: Sequence[TileKey]) -> None:
        """Give the card the tiles to be drawn, or the nearest coarser ones at hand; the rest with the next frame."""
        needed = dict.fromkeys(key for key in map(self._at_hand, keys) if key is not None)
        self._atlas.touch(needed)
        fresh = [key for key in needed if key not in self._atlas]
        for key in fresh[:UPLOADS_PER_FRAME]:
            self._give(key)
        if len(fresh) > UPLOADS_PER_FRAME:
            self._on_arrival()

    def _give(self, key: TileKey) -> None:
        """At once, so that one piece of memory serves for all tiles."""
        tile = self._store.get(key)
        if tile is not None:
            self.node.upload(self._atlas.place(key), self._as_shown(tile))
            self._canvas.send()

    def _at_hand(self, key: TileKey) -> TileKey | None:
        coarser = (ancestor(key, up) for up in range(self._pyramid.coarsest - key.level + 1))
        return next((found for found in coarser if found in self._atlas or found in self._store), None)

    def _as_shown(self, tile: NDArray[np.generic]) -> NDArray[np.generic]:
        if not self.info.channels:
            return tile
        visible = [view for view in self.channels if view.visible]
        return blended(tile, visible) if visible else np.zeros((*tile.shape[:2], 3), np.uint8)

    def _draw(self) -> None:
        plan = plan_quads(self._pyramid, self._seen, self._atlas, self._store.bad.__contains__)
        if plan != self._plan or self._drawn_serial != self._store.serial:
            self._plan, self._drawn_serial = plan, self._store.serial
            self.node.show_quads(plan)

    def _soon_seen(self, view: View) -> list[TileKey]:
        """Tiles that come into view if the hand goes on as it does."""
        dx, dy = self._motion.ahead(time.monotonic())
        if not (dx or dy) or not self._seen:
            return []
        span = self._pyramid.span(self._seen[0].level)
        ahead = view.moved(float(np.clip(dx, -span, span)), float(np.clip(dy, -span, span)))
        seen = set(self._seen)
        return [key for key in tiles_in_view(self._pyramid, ahead, self._seen[0].level) if key not in seen]

    def _neighbours(self) -> list[TileKey]:
        """The coarsest tiles of the planes beside this one, so that scrolling meets pictures."""
        last = self.info.planes - 1
        nearby = range(max(0, self.plane - NEIGHBOUR_PLANES), min(last, self.plane + NEIGHBOUR_PLANES) + 1)
        planes = [plane for plane in nearby if plane != self.plane]
        return [key for p in planes for key in self._pyramid.all_tiles(self._pyramid.coarsest, p, self._variant)]

    def _tell(self, overview: Sequence[TileKey]) -> None:
        bad = len(self._store.bad)
        if bad != self._bad_told:
            self._bad_told = bad
            self.bad_tiles_changed.emit(bad)
        self._troubles.tell(self._seen)
        pause_s = self._store.bad.next_retry_s()
        if pause_s is not None:
            self._retry.start(int(pause_s * 1000) + 10)
        shown = (self.plane, self._variant)
        if shown != self._overview_told and all(key in self._store for key in overview):
            self._overview_told = shown
            self.overview_changed.emit()

    def _retell_overview(self) -> None:
        """It looks otherwise now that the hand rests."""
        self._overview_told = None
        self._update()

    def _set_range_once(self, overview: Sequence[TileKey]) -> None:
        """Without a window in the file the first plane's range is shown."""
        tiles = [self._store.get(key) for key in overview] if self._needs_range else []
        found = [tile for tile in tiles if tile is not None]
        if found:
            low, high = min(float(t.min()) for t in found), max(float(t.max()) for t in found)
            self._set_range(low, high if high > low else low + 1)
            self._needs_range = False

    def _set_range(self, low: float, high: float) -> None:
        self._range = (low, high)
        self.node.set_range(*((high, low) if self.inverted else (low, high)))
        self._overview_again.start()
        self.window_changed.emit()

    def _as_rgb(self, tile: NDArray[np.generic]) -> NDArray[np.uint8]:
        shown = self._as_shown(tile)
        if shown.ndim == 3:
            return shown.astype(np.uint8, copy=False)
        low, high = self._range
        grey = np.clip((shown.astype(np.float32) - low) / max(high - low, 1e-6), 0, 1) * 255
        return np.repeat((255 - grey if self.inverted else grey).astype(np.uint8)[..., np.newaxis], 3, axis=2)


def _single_shot(parent: QObject, slot: object, interval_ms: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    timer.timeout.connect(slot)
    return timer
