"""One way of reading in a process of its own: a task per line comes in, what was measured goes out.

python -m readers.child NAME
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readers.peers import PEERS, Peer, Use
from readers.task import Task


class Ours(Peer):
    """The product: `stream_tiles` over `open_image`, as a model uses them."""

    kernel = "area"

    def open(self, path: str) -> None:
        from lnm_desktop.imaging.open import open_image

        self.reader = open_image(Path(path))

    def run(self, use: Use) -> None:
        from lnm_desktop.domain.geometry import Region
        from lnm_desktop.domain.image import Kernel, RegionRequest
        from lnm_desktop.imaging.tile_stream import stream_tiles

        task, kernel = self.task, Kernel(self.kernel)
        factor, span, downsample = task.factor, task.read_px * task.factor, task.read_px * task.factor / task.size
        requests = (
            RegionRequest(Region(x * factor, y * factor, span, span), downsample, kernel=kernel)
            for x, y in task.places
        )
        for index, tile in enumerate(stream_tiles(self.reader, requests, workers=task.workers)):
            use(index, tile.pixels)


class OursReduced(Ours):
    """The product with JPEG decoded at a fraction of its size, which gives other pixels."""

    kernel = "dct"


def main() -> None:
    """Answer until the input ends."""
    peer = {**PEERS, "ours": Ours, "ours, dct": OursReduced}[sys.argv[1]]
    for line in sys.stdin:
        try:
            answer = _answer(peer, Task(**json.loads(line)))
        except ImportError as error:
            answer = {"missing": str(error)}
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way; that is its result
            answer = {"failed": f"{type(error).__name__}: {error}"[:200]}
        print("answer", json.dumps(answer), flush=True)


def _answer(peer: type[Peer], task: Task) -> dict[str, Any]:
    """Tiles per second and milliseconds of processor time per tile; opening is not counted."""
    kept: dict[int, NDArray[np.uint8]] = {}

    def use(index: int, pixels: NDArray[np.uint8]) -> None:
        if pixels.shape != (task.size, task.size, 3):
            raise ValueError(f"gives pixels of the shape {pixels.shape}")
        if task.kept_in:
            kept[index] = pixels.copy()

    opened = peer(task)
    count, began, worked = len(task.places), time.perf_counter(), time.process_time()
    opened.run(use)
    seconds, work_s = time.perf_counter() - began, time.process_time() - worked
    if task.kept_in:
        np.save(task.kept_in, np.stack([kept[n] for n in range(count)]))
    return {"tiles_per_s": count / seconds, "cpu_ms": 1000 * work_s / count}


if __name__ == "__main__":
    main()
