"""How fast a backend is on this machine, and with which batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.learning.backends import Backend
from lnm_desktop.log import Safe, get_logger

_log = get_logger(__name__)
BATCH_SIZES = (8, 16, 32, 64)
# A wish to stop is heard between two batches.
LONGEST_BATCH_S = 0.2
TRIAL_S = 0.25
# More tiles in a batch must be worth the wait.
WORTHWHILE = 1.03


@dataclass(frozen=True, slots=True)
class Timing:
    """What a backend did with one size of batch."""

    backend: str
    batch_size: int
    tiles_per_s: float


def best_batch(make: Callable[[int], Backend], tiles: NDArray[np.uint8], streams: int) -> tuple[Backend, Timing]:
    """The backend with the batch size beyond which it gains no more, or a batch takes more than a fifth of a second.

    A size that the device's memory does not hold, or for which there is no backend, ends the trial. Raises what
    `make` raises for the first size.
    """
    best: tuple[Backend, Timing] | None = None
    for size in BATCH_SIZES:
        try:
            backend = make(size)
            timing = Timing(backend.name, size, tiles_per_s(backend, tiles[:size], streams))
        except (RuntimeError, MemoryError) as error:
            if best is None:
                raise
            _log.info("a batch of %d is no use: %s", size, Safe(type(error).__name__))
            break
        too_long = size * streams / timing.tiles_per_s > LONGEST_BATCH_S
        if best is not None and (too_long or timing.tiles_per_s < WORTHWHILE * best[1].tiles_per_s):
            break
        best = (backend, timing)
    assert best is not None
    return best


def tiles_per_s(backend: Backend, tiles: NDArray[np.uint8], streams: int) -> float:
    """The rate with that batch on so many threads at once, after one batch to warm up."""
    with ThreadPoolExecutor(streams, "trial") as pool:
        list(pool.map(lambda _: backend(tiles), range(streams)))
        started = time.perf_counter()
        counts = pool.map(lambda _: _count(backend, tiles, started + TRIAL_S), range(streams))
        done = sum(counts)
        return done / (time.perf_counter() - started)


def _count(backend: Backend, tiles: NDArray[np.uint8], until: float) -> int:
    done = 0
    while done == 0 or time.perf_counter() < until:
        done += len(backend(tiles))
    return done
