"""A decoder that takes three seconds for each tile: the window draws on, what is not seen any more is not decoded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.remote import PixelServer
from tests.fakes.formula_reader import FormulaReader, slide_info
from tests.faults.window import pulse_of
from tests.unit.imaging import faulty_pixels
from tests.unit.imaging.faulty_pixels import arm, reads_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from lnm_desktop.ui.viewer.pane import ViewerPane

pytestmark = [pytest.mark.gl, pytest.mark.timeout(200)]
NAP_S = 3
PATIENCE_MS = 60_000
SCREENS = 20
START, STEP_PX = 1000, 900


class SlowReader(FormulaReader):
    """Takes three seconds for each tile, and fails when the window's thread enters it."""

    def __init__(self) -> None:
        super().__init__(slide_info(20_000, 15_000))
        self.window_thread = threading.get_ident()
        self.begun: list[Region] = []

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        assert threading.get_ident() != self.window_thread, "the window's thread was in a decoder"
        self.begun.append(request.region)
        time.sleep(NAP_S)
        return super().read_region(request)


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[ViewerPane]:
    """An empty pane on the screen."""
    from lnm_desktop.ui.viewer.pane import ViewerPane

    pane = ViewerPane()
    pane.resize(900, 700)
    with qtbot.waitExposed(pane, timeout=30_000):
        pane.show()
    yield pane
    pane.close()
    pane.deleteLater()
    qtbot.wait(50)


def fling(qtbot: QtBot, pane: ViewerPane, begun: list[Region]) -> Region:
    """Pan over twenty screens while the first tiles are being decoded; gives the region where the hand stops."""
    with pulse_of(pane.canvas_widget) as pulse:
        qtbot.waitUntil(lambda: bool(begun), timeout=PATIENCE_MS)
        for number in range(SCREENS):
            pane.move_to(Point(START + STEP_PX * number % 18_000, 7000), 1.0)
            painted = pulse.paints
            qtbot.waitUntil(lambda painted=painted: pulse.paints > painted, timeout=PATIENCE_MS)
        assert pulse.paints >= SCREENS
    return pane.visible_region()


def passed_by(begun: list[Region], seen: Region) -> list[Region]:
    """Full-resolution tiles that were read though they lie outside what is seen in the end."""
    return [region for region in begun if region.width <= 256 and region.intersect(seen).is_empty]


def test_a_slow_slide_in_this_process_does_not_stop_the_hand(pane: ViewerPane, qtbot: QtBot) -> None:
    reader = SlowReader()
    pane.show_image(reader, "slow", reader.info.calibration)
    seen = fling(qtbot, pane, reader.begun)
    before = len(reader.begun)
    qtbot.waitUntil(lambda: len(reader.begun) > before + 3, timeout=PATIENCE_MS)
    late = reader.begun[before + 1 :]
    assert not passed_by(late, seen), "what the hand has left behind is not decoded"
    assert len(passed_by(reader.begun, seen)) <= 2 * SCREENS, "of some hundred tiles that were passed by"


def test_a_slow_slide_in_the_pixel_server_does_not_stop_the_hand(
    pane: ViewerPane, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "slow.svs"
    path.write_bytes(b"pixels come from a formula")
    arm(path, "nap", always=True)
    server = PixelServer(tmp_path / "log" / "pixels.log", target=faulty_pixels.run_slides)
    try:
        with server.open(path) as reader:
            pane.show_image(reader, "slow", reader.info.calibration)
            begun = Begun(path)
            seen = fling(qtbot, pane, begun)
            before = len(begun)
            qtbot.waitUntil(lambda: len(begun) > before + 4, timeout=PATIENCE_MS)
            late = begun.regions[before + 1 :]  # one more may have waited in the server's own queue
            assert not passed_by(late, seen)
            pane.clear()
    finally:
        server.close()


class Begun(list[Region]):
    """The regions that the reader in the other process has begun to read, as it writes them down."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @property
    def regions(self) -> list[Region]:
        return [Region(*region) for region in reads_of(self._path)]

    def __len__(self) -> int:
        return len(reads_of(self._path))

    def __bool__(self) -> bool:
        return len(self) > 0
