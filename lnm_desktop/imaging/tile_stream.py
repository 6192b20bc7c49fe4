"""Many regions of one image, read by several threads: in the order asked for, never too many at once."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, Photometric, RegionRequest
from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.read_ahead import read_ahead
from lnm_desktop.imaging.reader import ImageReader

# Decoding more at once than this gains nothing, and the window needs a core too.
MOST_WORKERS = 8
# A thread takes so many regions at a time: handing over each by itself would cost a tenth of the time to decode it.
# More bytes would leave the processor's cache before the caller sees them.
CHUNK_TILES = 8
CHUNK_BYTES = 2 * 1024**2
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

    At most `workers` + 2 chunks exist at once, each of 8 regions or 2 MiB (or one region, if that is larger), and
    `requests` is drawn no further: memory does not grow with their number, nor when the caller is slow. Closing the
    iterator stops the threads after the region that each is at. A reader that is not thread-safe gets one thread.
    """
    threads = _threads(reader, workers)
    stopped = threading.Event()

    def read(chunk: list[RegionRequest]) -> list[TileRead]:
        return [_read(reader, request) for request in chunk if not stopped.is_set()]

    chunks = read_ahead(read, _chunks(requests, reader.info), depth=threads, workers=threads)
    with contextlib.closing(chunks):
        try:
            for _, tiles in chunks:
                tiles.reverse()
                while tiles:  # what was handed over is not held here any longer
                    yield tiles.pop()
        finally:
            stopped.set()


def _threads(reader: ImageReader, workers: int | None) -> int:
    if not reader.thread_safe:
        return 1
    return max(1, workers if workers is not None else min(os.cpu_count() or 1, MOST_WORKERS))


def _read(reader: ImageReader, request: RegionRequest) -> TileRead:
    try:
        return TileRead(request, reader.read_region(request))
    except ImageError as error:
        return TileRead(request, error=error)


def _chunks(requests: Iterable[RegionRequest], info: ImageInfo) -> Iterator[list[RegionRequest]]:
    """Small ones first, so that the caller soon has something to do."""
    chunk: list[RegionRequest] = []
    held_bytes, limit = 0, 1
    for request in requests:
        size = _bytes_of(request, info)
        if chunk and (held_bytes + size > CHUNK_BYTES or len(chunk) >= limit):
            yield chunk
            chunk, held_bytes, limit = [], 0, min(2 * limit, CHUNK_TILES)
        chunk.append(request)
        held_bytes += size
    if chunk:
        yield chunk


def _bytes_of(request: RegionRequest, info: ImageInfo) -> int:
    width, height = request.output
    channels = _CHANNELS if info.photometric is Photometric.RGB else 1
    return width * height * channels * np.dtype(info.dtype).itemsize
