"""Memory for pixels, such that decoding into it is fast."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int]
# libjpeg-turbo writes around the cache where memory begins at a multiple of 32, which takes a quarter longer. The
# system's memory begins at multiples of 16, and so many bytes later never at one of 32.
SLOW_ALIGNMENT = 32
AWAY = 8
# The most that the C library of Linux takes as a hint; see `keep_freed_memory`.
LARGEST_HINT_BYTES = 32 * 1024**2 - 64 * 1024


def tile_memory(shape: Shape) -> NDArray[np.uint8]:
    """Memory for the pixels of a tile, uint8, not set to anything."""
    return np.empty(shape[0] * shape[1] * shape[2] + AWAY, np.uint8)[AWAY:].reshape(shape)


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
