"""A stream of tiles keeps the order, is bounded, stops, and gives what `read_region` gives."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Kernel, RegionRequest
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.tile_stream import AHEAD_BYTES, AHEAD_TILES, stream_tiles
from lnm_desktop.imaging.tiling import plan_tiles, tile_requests
from tests.fakes.formula_reader import FormulaReader, slide_info
from tests.unit.imaging.builders import HEIGHT, WIDTH, a_slide

TILE_PX = 32
BAD_X = 7


def a_request(number: int, side_px: int = TILE_PX) -> RegionRequest:
    return RegionRequest(Region(number, 0, side_px, side_px))


class CountingReader(FormulaReader):
    """Remembers how many reads there were, and how many at once; the reads at x = 7 fail."""

    def __init__(self, *, thread_safe: bool = True, seconds: float = 0.0) -> None:
        super().__init__(slide_info())
        self.thread_safe = thread_safe
        self.begun = self.at_once = self.most_at_once = 0
        self.seconds = seconds
        self._counting = threading.Lock()

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        with self._counting:
            self.begun += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            time.sleep(self.seconds)
            if request.region.x == BAD_X:
                raise ImageDamaged("made up", hint="none")
            return super().read_region(request)
        finally:
            with self._counting:
                self.at_once -= 1


def settled(reader: CountingReader) -> int:
    """How many reads there were once no more begin."""
    before = -1
    while reader.begun != before or reader.at_once:
        before = reader.begun
        time.sleep(0.1)
    return reader.begun


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("kernel", [Kernel.AREA, Kernel.BILINEAR])
def test_the_pixels_are_those_of_read_region_in_order(tmp_path: Path, workers: int, kernel: Kernel) -> None:
    path = a_slide(tmp_path / "a.tif")
    with open_image(path) as reader:
        for downsample in (1.0, 2.0, 3.3):
            plan = plan_tiles(reader.info.region, 96, 64, downsample)
            requests = list(tile_requests(plan, kernel))
            assert len(requests) == len(plan) > 9
            reads = list(stream_tiles(reader, iter(requests), workers=workers))
            assert [read.request for read in reads] == requests
            for read in reads:
                assert read.pixels.shape == (96, 96, 3)
                assert np.array_equal(read.pixels, reader.read_region(read.request))


def test_a_plan_is_requested_tile_by_tile() -> None:
    plan = plan_tiles(Region(0, 0, WIDTH, HEIGHT), 100, 100, 2.0)
    first, second, *_ = tile_requests(plan, Kernel.AREA)
    assert first == RegionRequest(Region(0, 0, 200, 200), 2.0, kernel=Kernel.AREA)
    assert second.region.x == 200


def test_slow_reads_that_end_in_another_order_come_in_order() -> None:
    class Uneven(FormulaReader):
        def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
            time.sleep(0.002 * (request.region.x % 3))
            return super().read_region(request)

    reads = stream_tiles(Uneven(slide_info()), map(a_request, range(60)), workers=4)
    assert [read.request.region.x for read in reads] == list(range(60))


def test_a_caller_who_waits_holds_back_reading_and_the_requests() -> None:
    reader, drawn = CountingReader(), 0

    def requests() -> Iterator[RegionRequest]:
        nonlocal drawn
        for drawn in range(100_000):
            yield a_request(100 + drawn)

    reads = stream_tiles(reader, requests(), workers=2)
    for _ in range(200):
        next(reads)
    assert 200 < settled(reader) <= 200 + AHEAD_TILES, "read ahead, and not too far"
    assert drawn <= 200 + AHEAD_TILES
    reads.close()


def test_large_regions_are_read_a_few_at_a_time() -> None:
    side = int((AHEAD_BYTES / 3) ** 0.5) + 1
    reader, workers = CountingReader(), 2
    reads = stream_tiles(reader, (a_request(100 + n, side) for n in range(1000)), workers=workers)
    next(reads)
    assert settled(reader) <= workers + 3
    reads.close()


def test_one_worker_is_the_callers_own_thread() -> None:
    class Noting(FormulaReader):
        def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
            threads.add(threading.current_thread())
            return super().read_region(request)

    threads: set[threading.Thread] = set()
    assert len(list(stream_tiles(Noting(slide_info()), map(a_request, range(9)), workers=1))) == 9
    assert threads == {threading.current_thread()}


def test_what_is_not_thread_safe_is_read_beside_the_caller() -> None:
    reader = CountingReader(thread_safe=False)
    reads = stream_tiles(reader, (a_request(100 + n) for n in range(100)), workers=2)
    next(reads)
    assert settled(reader) > 1
    reads.close()


@pytest.mark.parametrize(("workers", "thread_safe", "most"), [(3, True, 3), (1, True, 1), (3, False, 1)])
def test_no_more_threads_read_than_may(workers: int, thread_safe: bool, most: int) -> None:
    reader = CountingReader(thread_safe=thread_safe, seconds=0.002)
    reads = list(stream_tiles(reader, (a_request(100 + n) for n in range(90)), workers=workers))
    assert len(reads) == reader.begun == 90
    assert reader.most_at_once == most


def test_closing_stops_reading_within_a_region() -> None:
    reader = CountingReader(seconds=0.02)
    reads = stream_tiles(reader, (a_request(100 + n) for n in range(100_000)), workers=2)
    for _ in range(40):
        next(reads)
    begun = reader.begun
    reads.close()
    assert reader.at_once == 0
    assert reader.begun <= begun + 2
    time.sleep(0.1)
    assert reader.begun <= begun + 2


def test_a_region_that_cannot_be_read_is_told_and_the_others_are_read() -> None:
    reads = list(stream_tiles(CountingReader(), map(a_request, range(20)), workers=2))
    bad = reads[BAD_X]
    assert isinstance(bad.error, ImageDamaged)
    with pytest.raises(ImageDamaged, match="made up"):
        _ = bad.pixels
    assert all(read.error is None and read.pixels.shape == (32, 32, 3) for read in reads if read is not bad)


def test_what_is_no_error_of_the_file_ends_the_stream() -> None:
    class Broken(FormulaReader):
        def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
            raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        list(stream_tiles(Broken(slide_info()), [a_request(1)]))


def test_no_requests_give_nothing() -> None:
    assert list(stream_tiles(CountingReader(), [])) == []


def test_what_was_handed_over_is_not_kept() -> None:
    reads = stream_tiles(CountingReader(), (a_request(100 + n) for n in range(60)), workers=1)
    handed_over: list[weakref.ref[NDArray[np.generic]]] = []
    for _ in range(50):
        handed_over.append(weakref.ref(next(reads).pixels))
    assert all(pixels() is None for pixels in handed_over)
    reads.close()
