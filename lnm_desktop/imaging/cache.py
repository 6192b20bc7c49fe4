"""Decoded tiles pass through here: what is kept, what is let go, and which could not be read."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FIRST_RETRY_S = 1.0
# A file that keeps being unreadable is refused at once by the pixel server, so asking costs little.
LONGEST_RETRY_S = 5.0


class TileKey(NamedTuple):
    """One display tile: plane, level (downsample 2**level), tile row, tile column.

    `variant` numbers ways to read the same place: which channels, with or without the colour profile.
    """

    plane: int
    level: int
    row: int
    col: int
    variant: int = 0


class TileCache:
    """Tiles bounded in bytes; the least recently used go first, pinned ones stay. Thread-safe."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._tiles: OrderedDict[TileKey, NDArray[np.generic]] = OrderedDict()
        self._pinned: dict[TileKey, NDArray[np.generic]] = {}
        self._used_bytes = 0
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """Bytes of the tiles that may be let go; pinned tiles are not counted."""
        return self._used_bytes

    def __contains__(self, key: object) -> bool:
        return key in self._pinned or key in self._tiles

    def get(self, key: TileKey) -> NDArray[np.generic] | None:
        """The tile, now the most recently used, or None."""
        pinned = self._pinned.get(key)
        if pinned is not None:
            return pinned
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def put(self, key: TileKey, tile: NDArray[np.generic], *, pinned: bool = False) -> None:
        """Keep a tile; older ones leave until the budget is met."""
        with self._lock:
            self._drop(key)
            if pinned:
                self._pinned[key] = tile
                return
            self._tiles[key] = tile
            self._used_bytes += tile.nbytes
            self._meet_budget()

    def set_budget(self, budget_bytes: int) -> None:
        """Keep so many bytes from now on; what is too much goes at once."""
        with self._lock:
            self._budget_bytes = budget_bytes
            self._meet_budget()

    def clear(self) -> None:
        """Forget every tile, pinned ones too."""
        with self._lock:
            self._tiles.clear()
            self._pinned.clear()
            self._used_bytes = 0

    def _meet_budget(self) -> None:
        while self._used_bytes > self._budget_bytes and len(self._tiles) > 1:
            self._used_bytes -= self._tiles.popitem(last=False)[1].nbytes

    def _drop(self, key: TileKey) -> None:
        self._pinned.pop(key, None)
        old = self._tiles.pop(key, None)
        if old is not None:
            self._used_bytes -= old.nbytes


@dataclass(frozen=True, slots=True)
class _Failure:
    attempts: int
    retry_at_s: float

    @property
    def lasts(self) -> bool:
        return self.retry_at_s == float("inf")


class BadTiles:
    """Tiles that could not be read and when each may be asked for again. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[TileKey, _Failure] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._failures)

    def __contains__(self, key: object) -> bool:
        return key in self._failures

    def add(self, key: TileKey, *, lasting: bool) -> None:
        """Note a failure; a lasting one (damaged pixels) is never asked for again, others ever more rarely."""
        with self._lock:
            known = self._failures.get(key)
            attempts = known.attempts + 1 if known else 1
            pause_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** (attempts - 1))
            retry_at_s = float("inf") if lasting else self._clock() + pause_s
            self._failures[key] = _Failure(attempts, retry_at_s)

    def remove(self, key: TileKey) -> bool:
        """The tile has been read after all; True when it had been bad."""
        with self._lock:
            return self._failures.pop(key, None) is not None

    def keep_only(self, wanted: Container[TileKey]) -> None:
        """Forget failures that may pass of tiles that nobody wants any more: nothing waits for their next time."""
        with self._lock:
            self._failures = {k: known for k, known in self._failures.items() if known.lasts or k in wanted}

    def is_due(self, key: TileKey) -> bool:
        """True for a tile that may be asked for: never bad, or bad long enough ago."""
        failure = self._failures.get(key)
        return failure is None or self._clock() >= failure.retry_at_s

    def next_retry_s(self) -> float | None:
        """Seconds until some tile may be asked for again; None when there is nothing to wait for."""
        with self._lock:
            times = [failure.retry_at_s for failure in self._failures.values()]
        soonest = min(times, default=float("inf"))
        return None if soonest == float("inf") else max(0.0, soonest - self._clock())
