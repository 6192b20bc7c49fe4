"""Rows S06 and S07 as a person sees them: hatched and counted in the window, never grey as tissue."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.open import open_image
from lnm_desktop.ui.viewer.image_layer import HATCH_GREYS
from tests.e2e.real_window import RealWindow, running
from tests.faults.slides import TILE_PX, a_pyramid, move_tile_to_end, tiles_of, zero
from tests.faults.window import mean_color, pane_of, pixels_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = [pytest.mark.gl, pytest.mark.timeout(300)]
BAD_COLUMN, BAD_ROW, BAD_TILE = 1, 1, 5
INSIDE_PX = 12


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[RealWindow]:
    """The real application with its real readers."""
    with running(qtbot, tmp_path / "workspace") as real:
        yield real


def cut_tile(path: Path) -> None:
    move_tile_to_end(path, BAD_TILE)
    path.write_bytes(path.read_bytes()[:-200])


def zeroed_tile(path: Path) -> None:
    offset, count = tiles_of(path)[BAD_TILE]
    zero(path, offset + count // 3, 4096)


FAULTS = {"s06 cut": ("lzw", cut_tile), "s07 zeroed": ("jpeg", zeroed_tile)}


@pytest.mark.parametrize("fault", FAULTS)
def test_slide_with_a_bad_tile_is_hatched_there_and_counted(window: RealWindow, tmp_path: Path, fault: str) -> None:
    compression, damage = FAULTS[fault]
    whole = a_pyramid(tmp_path / "whole.tif", compression)
    path = tmp_path / "damaged.tif"
    shutil.copy(whole, path)
    damage(path)
    window.open(path)
    pane = pane_of(window)
    pane.move_to(Point(512, 512), 1.0)
    assert pane.wait_until_sharp(60_000)
    seen = pixels_of(pane, inside(BAD_COLUMN, BAD_ROW))
    assert set(map(tuple, seen.reshape(-1, 3))) == {(grey,) * 3 for grey in HATCH_GREYS}
    check_others(window, whole)
    assert pane._unreadable.isVisible()
    assert pane._unreadable.text() == "Hatched: 1 part of this view cannot be read"
    (told,) = window.told()
    assert told == "Part of damaged cannot be read; it is hatched in the view."
    pane.move_to(Point(900, 900), 0.4)
    assert pane.wait_until_sharp(60_000)
    assert not pane._unreadable.isVisible()
    assert len(window.told()) == 1


def inside(column: int, row: int) -> Region:
    """A stored tile of level 0 without its edge."""
    edge = TILE_PX - 2 * INSIDE_PX
    return Region(column * TILE_PX + INSIDE_PX, row * TILE_PX + INSIDE_PX, edge, edge)


def check_others(window: RealWindow, whole: Path) -> None:
    """What is drawn apart from the bad one, in parts of 512 pixels, looks as it does in the whole file."""
    with open_image(whole) as intact:
        for column, row in ((2, 1), (1, 2), (2, 2)):
            truth: NDArray[np.generic] = intact.read_region(RegionRequest(inside(column, row)))
            expected = truth.reshape(-1, 3).mean(axis=0)
            found = mean_color(pane_of(window), inside(column, row))
            assert np.abs(found - expected).max() < 3, (column, row)
