"""What is read, in which order, and what is not. No canvas."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from lnm_desktop.errors import ImageTimeout
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import VirtualPyramid
from lnm_desktop.ui.viewer.fetcher import TileFetcher
from tests.fakes.formula_reader import FormulaReader, slide_info


class Desk:
    """A fetcher and what it delivered."""

    def __init__(self, reader: FormulaReader) -> None:
        self.reader = reader
        self.tiles: list[TileKey] = []
        self.failures: list[TileKey] = []
        self.pyramid = VirtualPyramid(reader.info)
        self.fetcher = TileFetcher(
            lambda key: reader.read_region(self.pyramid.request(key)),
            lambda key, _: self.tiles.append(key),
            lambda key, _: self.failures.append(key),
            count=2 if reader.thread_safe else 1,
        )


def wait_for(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def keys(*cols: int) -> list[TileKey]:
    return [TileKey(0, 0, 0, col) for col in cols]


def test_stale_wishes_are_dropped_before_they_are_read() -> None:
    reader = FormulaReader(slide_info(20_000, 512))
    reader.thread_safe = False
    reader.gate.clear()
    desk = Desk(reader)
    desk.fetcher.want(keys(0, 1, 2, 3))
    wait_for(lambda: bool(desk.fetcher._in_flight))
    desk.fetcher.want(keys(9, 8))
    reader.gate.set()
    wait_for(lambda: desk.fetcher.is_idle)
    assert desk.tiles == keys(0, 9, 8)
    desk.fetcher.close()


def test_a_tile_on_its_way_is_not_read_twice() -> None:
    reader = FormulaReader(slide_info(20_000, 512))
    reader.gate.clear()
    desk = Desk(reader)
    desk.fetcher.want(keys(0, 1))
    wait_for(lambda: len(desk.fetcher._in_flight) == 2)
    desk.fetcher.want(keys(0, 1, 2))
    reader.gate.set()
    wait_for(lambda: desk.fetcher.is_idle)
    assert sorted(desk.tiles) == keys(0, 1, 2)
    desk.fetcher.close()


def test_failures_are_told_and_reading_goes_on() -> None:
    desk = Desk(FormulaReader(slide_info(20_000, 512)))
    desk.reader.error = ImageTimeout("killed")
    desk.fetcher.want(keys(0))
    wait_for(lambda: desk.failures == keys(0))
    desk.reader.error = None
    desk.fetcher.want(keys(0))
    wait_for(lambda: desk.tiles == keys(0))
    desk.fetcher.close()


def test_a_reader_that_breaks_its_contract_is_a_failure_not_a_frozen_picture() -> None:
    desk = Desk(FormulaReader(slide_info(20_000, 512)))
    desk.reader._info = None  # type: ignore[assignment]
    desk.fetcher.want(keys(0))
    wait_for(lambda: desk.failures == keys(0))
    desk.fetcher.close()


def test_close_leaves_a_hanging_read_behind_and_delivers_nothing_more() -> None:
    reader = FormulaReader(slide_info(20_000, 512))
    reader.gate.clear()
    desk = Desk(reader)
    desk.fetcher.want(keys(0))
    wait_for(lambda: bool(desk.fetcher._in_flight))
    desk.fetcher.close(timeout_s=0.1)
    assert any(thread.name.startswith("tiles-") for thread in threading.enumerate())
    reader.gate.set()
    wait_for(lambda: not any(t.name.startswith("tiles-") and t.is_alive() for t in desk.fetcher._threads))
    assert desk.tiles == []
