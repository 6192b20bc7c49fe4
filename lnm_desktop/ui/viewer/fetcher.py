"""Tiles on their way from a reader to the picture; the newest view's wishes replace the older ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.log import get_logger

_log = get_logger(__name__)

ReadTile = Callable[[TileKey], NDArray[np.generic]]
OnTile = Callable[[TileKey, NDArray[np.generic]], None]
OnFailure = Callable[[TileKey, Exception], None]


class TileFetcher:
    """Threads that read wanted tiles, most urgent first. Callbacks come on those threads."""

    def __init__(self, read: ReadTile, on_tile: OnTile, on_failure: OnFailure, count: int) -> None:
        self._read_tile = read
        self._on_tile = on_tile
        self._on_failure = on_failure
        self._wanted: list[TileKey] = []
        self._in_flight: set[TileKey] = set()
        self._closed = False
        self._changed = threading.Condition()
        self._delivery = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, name=f"tiles-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_idle(self) -> bool:
        """True when nothing is wanted and nothing is on its way."""
        with self._changed:
            return not self._wanted and not self._in_flight

    def want(self, keys: Sequence[TileKey]) -> None:
        """Read these, first one first; whatever was wanted before and not yet begun is dropped."""
        with self._changed:
            self._wanted = [key for key in keys if key not in self._in_flight]
            self._changed.notify_all()

    def close(self, timeout_s: float = 0.0) -> None:
        """Stop; a thread that is inside a read is left to end on its own and delivers nothing more."""
        with self._delivery, self._changed:
            self._closed = True
            self._wanted = []
            self._changed.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (key := self._next()) is not None:
            self._read(key)
            with self._changed:
                self._in_flight.discard(key)

    def _next(self) -> TileKey | None:
        with self._changed:
            while not self._wanted and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            key = self._wanted.pop(0)
            self._in_flight.add(key)
            return key

    def _read(self, key: TileKey) -> None:
        try:
            tile = self._read_tile(key)
        except Exception as error:  # noqa: BLE001 - a thread's border: a dead fetcher would freeze the picture silently
            self._fail(key, error)
        else:
            self._deliver(lambda: self._on_tile(key, tile))

    def _fail(self, key: TileKey, error: Exception) -> None:
        if not isinstance(error, ImageError) and not self._closed:
            _log.warning("a tile could not be read", exc_info=error)
        self._deliver(lambda: self._on_failure(key, error))

    def _deliver(self, tell: Callable[[], None]) -> None:
        """Under a lock, so that nobody is told anything after `close` has returned."""
        with self._delivery:
            if not self._closed:
                tell()
