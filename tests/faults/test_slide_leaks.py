"""Row S24: slides opened and closed five hundred times leave no descriptor, memory or shared block behind."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.blocks import KEPT_FREE, PREFIX, SHARED_MEMORY
from lnm_desktop.imaging.remote import PixelServer
from tests.faults.slides import a_pyramid, an_aperio_slide
from tests.unit.imaging.builders import a_png

TIMES = 500
WARM_UP = 250
MOST_GROWTH = 0.05
REQUESTS = [RegionRequest(Region(x, y, 256, 256)) for x in (0, 200) for y in (0, 200)]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc"),
]


class Measured:
    """Descriptors and resident bytes of this process and of the pixel server's, by process id, and its shared blocks.

    How many of the blocks each process has met is a matter of chance, so they are not among its descriptors.
    """

    def __init__(self, server: PixelServer) -> None:
        gc.collect()
        processes = [psutil.Process(), *map(psutil.Process, server.pids)]
        self.descriptors = {process.pid: _descriptors(process.pid) for process in processes}
        self.resident_bytes = {process.pid: process.memory_info().rss for process in processes}
        self.own_bytes = {process.pid: _own_bytes(process) for process in processes}
        self.blocks = len(server._blocks._all)


def _own_bytes(process: psutil.Process) -> int:
    """What nobody else has a share in, which leaves out libraries and blocks."""
    memory = process.memory_info()
    return memory.rss - memory.shared


def _descriptors(pid: int) -> int:
    blocks = str(SHARED_MEMORY / PREFIX)
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return sum(not link.startswith(blocks) for link in links)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PixelServer]:
    """A pixel server of its own."""
    made = PixelServer(tmp_path / "log" / "pixels.log")
    yield made
    made.close()


def eight_slides(folder: Path) -> list[Path]:
    """Through every reader that a single file leads to."""
    tiled = [a_pyramid(folder / f"{name}.tif", name, edge_px=512) for name in ("jpeg", "deflate", "lzw")]
    aperio = [an_aperio_slide(folder / f"{seed}.svs", seed=seed) for seed in range(3)]
    strips = a_pyramid(folder / "strips.tif", "deflate", edge_px=512, tile=None, rowsperstrip=64)
    return [*tiled, *aperio, strips, a_png(folder / "picture.png")]


def open_and_close(server: PixelServer, slides: list[Path], times: int) -> None:
    for number in range(times):
        with server.open(slides[number % len(slides)]) as slide:
            for future in [slide.submit(request) for request in REQUESTS]:
                future.result()


def measured_at_rest(server: PixelServer, before: Measured) -> Measured:
    """Once what was released last has been closed, which each process does a moment later."""
    deadline = time.monotonic() + 20
    while True:
        after = Measured(server)
        grown = any(after.descriptors.get(pid, 0) > count for pid, count in before.descriptors.items())
        if not grown or time.monotonic() > deadline:
            return after
        time.sleep(0.1)


def test_s24_slide_open_and_close_five_hundred_times(server: PixelServer, tmp_path: Path) -> None:
    """What a process loads once may come in one half; what leaks grows in both."""
    slides = eight_slides(tmp_path)
    open_and_close(server, slides, WARM_UP)
    before = Measured(server)
    assert len(server.pids) == 2
    open_and_close(server, slides, TIMES // 2)
    between = measured_at_rest(server, before)
    open_and_close(server, slides, TIMES // 2)
    after = measured_at_rest(server, before)
    assert after.descriptors.keys() == before.descriptors.keys(), "a process was replaced"
    for pid, count in before.descriptors.items():
        assert after.descriptors[pid] <= count * (1 + MOST_GROWTH) + 1, (count, after.descriptors[pid])
    for pid, resident in before.resident_bytes.items():
        halves = [between.own_bytes[pid] - before.own_bytes[pid], after.own_bytes[pid] - between.own_bytes[pid]]
        assert min(halves) <= resident * MOST_GROWTH / 2, (resident, halves)
    assert after.blocks <= KEPT_FREE
