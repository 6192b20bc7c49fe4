"""Running in batches that shrink when the device's memory does not hold them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import InferenceError

Tiles = NDArray[np.uint8]
Run = Callable[[Tiles], NDArray[np.float32]]
_OUT_OF_MEMORY = "out of memory"


class BatchRunner:
    """Runs tiles through a function in batches of at most `size`.

    When the function runs out of memory, the batch is halved, down to one tile, and stays halved: `size` then
    tells what was used. `before` is called ahead of each batch, e.g. to see whether the user asked to stop, and
    `after` behind it with the number of its tiles.
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
        """Outputs (n, classes) of tiles (n, height, width, 3). Raises InferenceError where one tile is too much."""
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
            if len(batch) == 1:
                raise InferenceError(
                    "the device's memory does not hold even one tile",
                    hint="Close other programs that use it, or run on the processor (device cpu).",
                ) from error
            self.size = len(batch) // 2
            return None


def is_out_of_memory(error: BaseException) -> bool:
    """True for numpy's MemoryError and for torch's, which is a RuntimeError that says so."""
    return isinstance(error, MemoryError) or _OUT_OF_MEMORY in str(error).lower()
