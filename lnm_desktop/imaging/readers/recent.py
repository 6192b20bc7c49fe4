"""The decoded tiles that were used last, shared by the threads that read one file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Tile = TypeVar("Tile")


class RecentTiles(Generic[Tile]):
    """Tiles by whole numbers that tell their place, bounded in bytes; the newest always stays. Thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._tiles: OrderedDict[tuple[int, ...], tuple[Tile, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[int, ...]) -> Tile | None:
        """A tile at hand."""
        with self._lock:
            found = self._tiles.get(key)
            if found is None:
                return None
            self._tiles.move_to_end(key)
            return found[0]

    def put(self, key: tuple[int, ...], tile: Tile, size_bytes: int) -> None:
        """Keep a tile; the ones used longest ago make room."""
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = (tile, size_bytes)
                self._bytes += size_bytes
            while self._bytes > self._limit_bytes and len(self._tiles) > 1:
                self._bytes -= self._tiles.popitem(last=False)[1][1]
