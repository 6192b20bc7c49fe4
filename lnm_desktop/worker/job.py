"""What a running model says, turned into events on the channel."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.inference.events import Event, GridAnnounced, Progress, Stage, TileDone, event_to_dict
from lnm_desktop.process.loop import Request


class RunJob:
    """The `Job` of one request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._started = time.monotonic()

    def stage(self, label: str) -> None:
        """Say what begins; the clock of the rate starts anew."""
        self.check_cancelled()
        self._started = time.monotonic()
        self._emit(Stage(label))

    def progress(self, done: int, total: int, unit: str = "tiles") -> None:
        """Report how far the work is, with rate and remaining time."""
        rate = done / max(time.monotonic() - self._started, 1e-6)
        left = (total - done) / rate if rate > 0 else 0.0
        self._emit(Progress(done, total, unit, rate, left))

    def check_cancelled(self) -> None:
        """Raises Cancelled once the user has asked to stop."""
        self._request.check_cancelled()

    def publish_tile(self, name: str, column: int, row: int, values: NDArray[np.float32]) -> None:
        """Show a finished block of a map."""
        self._emit(TileDone(name, column, row, values))

    def publish_grid(self, grid: HeatmapGrid) -> None:
        """Announce a map."""
        self._emit(GridAnnounced(grid))

    def _emit(self, event: Event) -> None:
        self._request.emit(event_to_dict(event))
