"""Several panes in the real window, with real canvases and real mouse events."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Bench
from tests.ui.fixtures import FakePixels

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane

pytestmark = pytest.mark.gl


class RealPanes:
    """The window with two canvases and an image in each."""

    def __init__(self, bench: Bench) -> None:
        from lnm_desktop.ui.viewer.pane import ViewerPane

        self.bench = bench
        self.panes = bench.bench.panes
        self.panes.make = ViewerPane
        bench.window.resize(1400, 800)
        bench.window.show()
        bench.bench.set_pane(ViewerPane())

    def arrange(self, action: str) -> None:
        self.bench.actions[action].trigger()
        self.bench.wait(lambda: self.panes.settled)

    def open(self, *names: str) -> None:
        self.bench.bench.open_paths([self.bench.folder / name for name in names])
        self.bench.wait(lambda: self.bench.background.idle)
        for pane in self.panes.built():
            assert pane.wait_until_sharp(30_000)

    def pane(self, place: int) -> ViewerPane:
        pane = self.panes.seats[place].pane
        assert pane is not None
        return pane


@pytest.fixture
def real(qtbot: QtBot, tmp_path: Path) -> Iterator[RealPanes]:
    bench = Bench(qtbot, tmp_path, FakePixels())
    yield RealPanes(bench)
    bench.close()
    qtbot.wait(50)


def test_closed_panes_leave_nothing_behind(real: RealPanes, qtbot: QtBot) -> None:
    from napari.qt import QtViewer

    def alive() -> int:
        gc.collect()
        return len(QtViewer._instances)

    before = alive()
    real.arrange("panes-4")
    real.open("a.svs", "b.svs", "c.svs", "d.svs")
    assert alive() == before + 3
    readers = [seat.slot.reader for seat in real.panes.seats]
    real.arrange("panes-1")
    qtbot.waitUntil(lambda: alive() == before, timeout=10_000)
    assert [reader.closed for reader in readers] == [False, True, True, True]  # type: ignore[union-attr]
