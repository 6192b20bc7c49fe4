"""Running in batches that shrink when the device's memory does not hold them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import InferenceError

Tiles = NDArray[np.uint8]
Run = Callable[[Tiles], NDArray[np.float32]]
_OUT_OF_MEMORY = "out of memory"
# Halved three times; a device that has no room for an eighth is taken by something else.
LEAST_SHARE = 8


class BatchRunner:
    """Runs tiles through a function in batches of at most `size`.

    When the function runs out of memory, the batch is halved, three times at most, and stays halved: `size` then
    tells what was used. `before` is called ahead of each batch, e.g. to see whether the user asked to stop, and
    `after` behind it with the number of its tiles. May be called from several threads at once.
    """

    def __init__(
        self,
        run: Run,
        size: int,
        *,
        before: Callable[[], None] = lambda: None,
        after: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._run = run
        self._before = before
        self._after = after
        self.size = size
        self.requested = size

    def __call__(self, tiles: Tiles) -> NDArray[np.float32]:
        """Outputs (n, classes) of tiles (n, height, width, 3). Raises InferenceError for too little memory."""
        outputs: list[NDArray[np.float32]] = []
        start = 0
        while start < len(tiles):
            self._before()
            output = self._try(tiles[start : start + self.size])
            if output is not None:
                outputs.append(output)
                start += len(output)
                self._after(len(output))
        return np.concatenate(outputs) if outputs else np.empty((0, 0), np.float32)

    def _try(self, batch: Tiles) -> NDArray[np.float32] | None:
        """The output, or None after the size was halved."""
        try:
            return self._run(batch)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            smaller = len(batch) // 2
            if smaller < max(1, self.requested // LEAST_SHARE):
                raise InferenceError(
                    f"the device's memory does not hold {len(batch)} tiles",
                    hint="Close what else uses it, choose a smaller batch, or run on the processor (device cpu).",
                ) from error
            # Another thread may have found so too, and gone further down.
            self.size = min(self.size, smaller)
            return None


def is_out_of_memory(error: BaseException) -> bool:
    """True for numpy's MemoryError and for torch's, which is a RuntimeError that says so."""
    return isinstance(error, MemoryError) or _OUT_OF_MEMORY in str(error).lower()
