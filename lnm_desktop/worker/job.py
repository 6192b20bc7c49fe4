"""What a running model says, turned into events on the channel."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.inference.events import Event, GridAnnounced, Progress, Stage, TileDone, event_to_dict
from lnm_desktop.plugin.model import Draft, NoDraft
from lnm_desktop.process.loop import Request
from lnm_desktop.worker.draft import RunDraft


class RunJob:
    """The `Job` of one request."""

    def __init__(self, request: Request, draft_file: str = "") -> None:
        self._request = request
        self._draft_file = draft_file
        self._draft: RunDraft | None = None
        self._started = time.monotonic()
        self._done_before: int | None = None
        self.facts: dict[str, Any] = {}

    def stage(self, label: str) -> None:
        """Say what begins; the clock of the rate starts anew."""
        self.check_cancelled()
        self._started = time.monotonic()
        self._done_before = None
        self._emit(Stage(label))

    def progress(self, done: int, total: int, unit: str = "tiles") -> None:
        """Report how far the work is, with rate and remaining time; the first report counts as the start."""
        if self._done_before is None:
            self._done_before = done
        rate = (done - self._done_before) / max(time.monotonic() - self._started, 1e-6)
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

    def draft(self, facts: Mapping[str, Any]) -> Draft:
        """Where finished cells are kept; a run by other means (`self.facts`) begins anew."""
        if not self._draft_file:
            return NoDraft()
        self._draft = RunDraft(Path(self._draft_file), {**self.facts, **facts})
        return self._draft

    def close(self, *, finished: bool) -> None:
        """The run is over; of one that was finished no draft is needed."""
        if self._draft is not None:
            self._draft.close()
        if finished and self._draft_file:
            with contextlib.suppress(OSError):
                Path(self._draft_file).unlink(missing_ok=True)

    def _emit(self, event: Event) -> None:
        self._request.emit(event_to_dict(event))
