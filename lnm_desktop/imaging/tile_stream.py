"""Many regions of one image, read by several threads: in the order asked for, never too many at once."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, Photometric, RegionRequest
from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.reader import ImageReader

# Decoding more at once than this gains nothing, and the window needs a core too.
MOST_WORKERS = 8
# Read while the caller is at work with what came before: a batch for a model.
AHEAD_TILES = 32
AHEAD_BYTES = 16 * 1024**2
_CHANNELS = 3


@dataclass(frozen=True, eq=False, slots=True)
class TileRead:
    """What came of one request: pixels, or the error that its file gave."""

    request: RegionRequest
    found: NDArray[np.generic] | None = None
    error: ImageError | None = None

    @property
    def pixels(self) -> NDArray[np.generic]:
        """As of `ImageReader.read_region`; the caller owns them. Raises the error that there was."""
        if self.found is None:
            raise self.error or ImageError("the region was not read", hint="Read it again.")
        return self.found


def stream_tiles(
    reader: ImageReader, requests: Iterable[RegionRequest], *, workers: int | None = None
) -> Generator[TileRead]:
    """What each request gives, in order. A region that cannot be read is delivered as its error, and reading goes on.

    One of the `workers` is the caller's own thread, which reads too instead of waiting; the others read ahead, at
    most 32 regions or 16 MiB (or one region each, if those are larger), and `requests` is drawn no further: memory
    does not grow with their number, nor when the caller is slow. Closing the iterator stops the threads after the
    region that each is at. A reader that is not thread-safe gets one thread, beside the caller's.
    """
    crew = _Crew(reader, _workers(reader, workers))
    waiting: deque[_Pending] = deque()
    ahead_bytes = 0
    try:
        for request in requests:
            size = _bytes_of(request, reader.info)
            while len(waiting) > crew.size and (len(waiting) >= AHEAD_TILES or ahead_bytes + size > AHEAD_BYTES):
                ahead_bytes -= waiting[0].size_bytes
                yield crew.result(waiting.popleft())
            waiting.append(crew.ask(request, size))
            ahead_bytes += size
        while waiting:
            yield crew.result(waiting.popleft())
    finally:
        crew.close()


@dataclass(frozen=True, eq=False, slots=True)
class _Pending:
    """A region that was asked for; what came of it, or what went wrong otherwise, lies in a queue of one."""

    request: RegionRequest
    size_bytes: int
    arrived: queue.SimpleQueue[TileRead | BaseException] = field(default_factory=queue.SimpleQueue)


class _Crew:
    """The threads that read for one stream."""

    def __init__(self, reader: ImageReader, workers: int) -> None:
        self._reader = reader
        self._caller_reads = reader.thread_safe
        self._todo: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._stopped = False
        count = workers - 1 if self._caller_reads else 1
        self._threads = [threading.Thread(target=self._work, name="decode", daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    @property
    def size(self) -> int:
        """How many threads read beside the caller's."""
        return len(self._threads)

    def ask(self, request: RegionRequest, size_bytes: int) -> _Pending:
        """Let a region be read as soon as a thread is free."""
        pending = _Pending(request, size_bytes)
        self._todo.put(pending)
        return pending

    def result(self, pending: _Pending) -> TileRead:
        """What came of it; the caller reads what is next meanwhile. Raises what is no error of the file."""
        while self._caller_reads and pending.arrived.empty():
            try:
                self._read(self._todo.get_nowait())
            except queue.Empty:
                break
        found = pending.arrived.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def close(self) -> None:
        """Stop reading; returns when no thread reads any more."""
        self._stopped = True
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (pending := self._todo.get()) is not None:
            self._read(pending)
            del pending  # what was handed over is not held here any longer

    def _read(self, pending: _Pending | None) -> None:
        if pending is None or self._stopped:
            return
        try:
            pending.arrived.put(_read(self._reader, pending.request))
        except BaseException as error:  # noqa: BLE001 - a thread's border: the caller raises it
            pending.arrived.put(error)


def _workers(reader: ImageReader, workers: int | None) -> int:
    if not reader.thread_safe:
        return 1
    return max(1, workers if workers is not None else min(os.cpu_count() or 1, MOST_WORKERS))


def _read(reader: ImageReader, request: RegionRequest) -> TileRead:
    try:
        return TileRead(request, reader.read_region(request))
    except ImageError as error:
        return TileRead(request, error=error)


def _bytes_of(request: RegionRequest, info: ImageInfo) -> int:
    width, height = request.output
    channels = _CHANNELS if info.photometric is Photometric.RGB else 1
    return width * height * channels * np.dtype(info.dtype).itemsize
