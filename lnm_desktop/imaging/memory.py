"""Memory for pixels, such that decoding into it is fast."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int]
# libjpeg-turbo writes around the cache where memory begins at a multiple of this, which takes a quarter longer.
SLOW_ALIGNMENT = 32
AWAY = 16
# The most that the C library of Linux takes as a hint; see `keep_freed_memory`.
LARGEST_HINT_BYTES = 32 * 1024**2 - 64 * 1024


def tile_memory(shape: Shape) -> NDArray[np.uint8]:
    """Memory for the pixels of a tile, uint8, not set to anything."""
    count = shape[0] * shape[1] * shape[2]
    room = np.empty(count + AWAY, np.uint8)
    first = AWAY if room.__array_interface__["data"][0] % SLOW_ALIGNMENT == 0 else 0
    return room[first : first + count].reshape(shape)


class ScratchTile(threading.local):
    """Room for one tile per thread, used again and again."""

    def __init__(self) -> None:
        self._pixels = np.empty((0, 0, 0), np.uint8)

    def of(self, shape: Shape) -> NDArray[np.uint8]:
        """Memory that the next call in this thread hands out again."""
        if self._pixels.shape != shape:
            self._pixels = tile_memory(shape)
        return self._pixels


def keep_freed_memory() -> None:
    """Let this process keep some MiB of freed memory rather than ask the system for each tile's anew.

    The C library of Linux learns from the largest block that was freed; elsewhere this does nothing. Filling fresh
    pages with zeros would take a fifth of the time in which a tile is decoded. At most 64 MiB more are kept.
    """
    np.empty(LARGEST_HINT_BYTES, np.uint8)
