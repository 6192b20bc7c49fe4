"""The tiles of a plan through a model: read, cut and classified at once, each part on threads of its own."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import Kernel
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.tile_stream import stream_tiles
from lnm_desktop.imaging.tiling import TilePlan
from lnm_desktop.plugin.batching import BatchRunner
from lnm_desktop.plugin.model import Job
from lnm_desktop.plugin.tile_blocks import Block
from lnm_desktop.plugin.tile_order import NET_STEP, net_blocks, net_cells, net_square, ranked_blocks

Tiles = NDArray[np.uint8]
Cells = NDArray[np.intp]
Item = TypeVar("Item")
Answer = TypeVar("Answer")
# A batch is computed on each stream while the next one waits for it.
AHEAD_PER_STREAM = 2


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Tiles (n, tile, tile, 3) and their cells (n, 2) of row and column."""

    cells: Cells
    tiles: Tiles


class TileRun:
    """Examines the chosen cells of a plan: `layers` (layers, rows, columns) is what was found, nan where nothing was.

    The runner answers with one column for each layer. The first, `values`, is shown while the run goes on.
    The net over the whole slide comes first, then the blocks in which it found most. Finished cells are kept in
    the draft, and what an earlier run of the same kind kept there is not computed again: `resumed` counts it.
    """

    def __init__(
        self,
        slide: ImageReader,
        plan: TilePlan,
        grid: HeatmapGrid,
        kernel: Kernel,
        runner: BatchRunner,
        job: Job,
        layers: int = 1,
    ) -> None:
        self._slide, self._plan, self._grid, self._kernel = slide, plan, grid, kernel
        self._runner, self._job = runner, job
        self._draft = job.draft(_facts(plan, kernel, layers))
        self.layers: NDArray[np.float32] = np.full((layers, *plan.chosen.shape), np.nan, np.float32)
        self.values = self.layers[0]
        self._shown = self.values.copy()
        self._done = 0
        self.resumed = self._resume()

    def run(self, streams: int) -> None:
        """Examine what is not examined yet; `streams` batches are computed at once. Raises Cancelled, ImageError."""
        self._job.publish_grid(self._grid)
        self._publish(slice(0, None), slice(0, None))
        self._job.progress(self._done, len(self._plan))
        with ThreadPoolExecutor(streams, "infer") as pool:
            net = net_blocks(self._plan, net_cells(self._missing()), self._kernel)
            for cells, found in self._answers(pool, streams, net):
                self._spread(cells, found[:, 0])
                self._take(cells, found, NET_STEP)
            # Only now is it known what the net has caught.
            rest = ranked_blocks(self._plan, self._missing(), self._shown, self._kernel)
            for cells, found in self._answers(pool, streams, rest):
                self._take(cells, found)

    def _missing(self) -> NDArray[np.bool_]:
        return self._plan.chosen & np.isnan(self.values)

    def _answers(
        self, pool: ThreadPoolExecutor, streams: int, blocks: Iterable[Block]
    ) -> Iterator[tuple[Cells, NDArray[np.float32]]]:
        """Cells and what was found in them (n, layers), in order; a wish to stop is heard before each batch."""
        batches = _batches(self._slide, list(blocks), lambda: self._runner.size)
        with contextlib.closing(batches):
            for batch, output in in_order(pool, lambda item: self._runner(item.tiles), batches, streams):
                yield batch.cells, output

    def _take(self, cells: Cells, found: NDArray[np.float32], margin: int = 0) -> None:
        rows, columns = cells.T
        self.layers[:, rows, columns] = found.T
        self._shown[rows, columns] = found[:, 0]
        self._draft.keep(self._stacked(cells), found.T.ravel())
        self._done += len(cells)
        self._job.progress(self._done, len(self._plan))
        self._publish(_span(rows, margin), _span(columns, margin))

    def _spread(self, cells: Cells, values: NDArray[np.float32]) -> None:
        """Let each cell of the net speak for those around it that nothing is known of."""
        for (row, column), value in zip(cells.tolist(), values, strict=True):
            square = net_square(row, column)
            part, chosen = self._shown[square], self._plan.chosen[square]
            part[chosen & np.isnan(part)] = value

    def _publish(self, rows: slice, columns: slice) -> None:
        part = self._shown[rows, columns]
        if part.size and np.isfinite(part).any():
            self._job.publish_tile(self._grid.name, columns.start, rows.start, part.copy())

    def _stacked(self, cells: Cells) -> Cells:
        """The cells of every layer, the layers one below the other, as the draft keeps them."""
        below = np.array([self._plan.chosen.shape[0], 0])
        return np.concatenate([cells + layer * below for layer in range(len(self.layers))])

    def _resume(self) -> int:
        cells, values = self._draft.finished()
        stacked = self.layers.reshape(-1, self.layers.shape[2])
        inside = (cells < stacked.shape).all(axis=1)
        rows, columns = cells[inside].T
        stacked[rows, columns] = values[inside]
        self.layers[:, ~self._plan.chosen] = np.nan
        self._shown[:] = self.values
        self._done = int(np.isfinite(self.values).sum())
        return self._done


def _facts(plan: TilePlan, kernel: Kernel, layers: int) -> dict[str, Any]:
    """What must be equal for a cell of an earlier run to be the same cell."""
    return {
        "tile_px": plan.tile_px,
        "stride_px": plan.stride_px,
        "downsample": plan.downsample,
        "origin": [plan.origin.x, plan.origin.y],
        "cells": [plan.rows, plan.columns],
        "kernel": kernel.value,
        "layers": layers,
    }


def _span(places: NDArray[np.intp], margin: int) -> slice:
    return slice(max(0, int(places.min()) - margin), int(places.max()) + 1 + margin)


def in_order(
    pool: ThreadPoolExecutor, work: Callable[[Item], Answer], items: Iterable[Item], streams: int
) -> Generator[tuple[Item, Answer]]:
    """Each item with what came of it, in order; few are under way at once. What waits is dropped on closing."""
    waiting: deque[tuple[Item, Future[Answer]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            while len(waiting) > AHEAD_PER_STREAM * streams or (waiting and waiting[0][1].done()):
                first, answer = waiting.popleft()
                yield first, answer.result()
        while waiting:
            first, answer = waiting.popleft()
            yield first, answer.result()
    finally:
        for _, answer in waiting:
            answer.cancel()


def _batches(slide: ImageReader, blocks: list[Block], size: Callable[[], int]) -> Generator[Batch]:
    """Full batches of the blocks' tiles in their order; the last one holds the rest."""
    cells: list[Cells] = []
    tiles: list[Tiles] = []
    waiting = 0
    with contextlib.closing(stream_tiles(slide, (block.request for block in blocks))) as reads:
        for block, read in zip(blocks, reads, strict=True):
            cells.append(block.cells())
            tiles.append(block.tiles(read.pixels))
            waiting += len(cells[-1])
            if waiting >= size():
                whole = Batch(np.concatenate(cells), np.concatenate(tiles))
                full = waiting // size() * size()
                yield from _cut(whole, full, size())
                cells, tiles, waiting = [whole.cells[full:]], [whole.tiles[full:]], waiting - full
    if waiting:
        yield Batch(np.concatenate(cells), np.concatenate(tiles))


def _cut(whole: Batch, full: int, size: int) -> Iterator[Batch]:
    for start in range(0, full, size):
        yield Batch(whole.cells[start : start + size], whole.tiles[start : start + size])
