"""The veil lies where it is told to, however the picture is turned, and is away while it moves."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lnm_desktop.domain.geometry import Point
from lnm_desktop.ui.resting import Resting
from lnm_desktop.ui.viewer.veil import AT_REST_MS, VEIL_RGBA, veil_picture

pytestmark = pytest.mark.gl
SEEN, UNSEEN = Point(900, 700), Point(2100, 1500)


def half(rows: int = 4, columns: int = 6) -> np.ndarray:
    """The right half of the slide was not looked at."""
    cells = np.zeros((rows, columns), bool)
    cells[:, columns // 2 :] = True
    return cells


def color_at(pane, point: Point) -> np.ndarray:
    place = pane.to_screen(point).toPoint()
    color = pane.screenshot().pixelColor(place)
    return np.array((color.red(), color.green(), color.blue()))


def veiled(color: np.ndarray) -> np.ndarray:
    part = VEIL_RGBA[3] / 255
    return color * (1 - part) + np.array(VEIL_RGBA[:3]) * part


@pytest.mark.parametrize(("degrees", "mirrored"), [(0, False), (33, False), (200, True)])
def test_it_lies_on_the_cells_however_the_picture_is_turned(show_slide, degrees: float, mirrored: bool) -> None:
    pane, _reader = show_slide()
    pane.rotate_to(degrees)
    if mirrored:
        pane.mirror()
    pane.zoom_to_magnification(20.0)
    pane.zoom_to_fit()
    assert pane.wait_until_sharp(30_000)
    before = [color_at(pane, point) for point in (SEEN, UNSEEN)]
    pane.show_veil(half())
    QTest.qWait(AT_REST_MS + 200)
    after = [color_at(pane, point) for point in (SEEN, UNSEEN)]
    assert np.abs(after[0] - before[0]).max() <= 2
    assert np.abs(after[1] - veiled(before[1])).max() <= 3
    pane.show_veil(None)
    assert np.abs(color_at(pane, UNSEEN) - before[1]).max() <= 2


def test_it_is_away_while_the_picture_moves_and_comes_back_at_rest(show_slide) -> None:
    pane, _reader = show_slide()
    pane.show_veil(half())
    assert pane._veil.isVisible()
    canvas = pane.canvas_widget
    start = QPoint(400, 300)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(canvas, start + QPoint(10 * step, 0))
        QTest.qWait(20)
    assert not pane._veil.isVisible()
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(50, 0))
    QTest.qWait(AT_REST_MS + 300)
    assert pane._veil.isVisible()


def test_another_image_has_no_veil(show_slide) -> None:
    pane, reader = show_slide()
    pane.show_veil(half())
    pane.show_image(reader, "again", reader.info.calibration)
    QTest.qWait(AT_REST_MS + 200)
    assert not pane._veil.isVisible()


def test_a_drag_that_ends_rests_once(show_slide, qtbot) -> None:
    pane, _reader = show_slide()
    QTest.qWait(600)
    told: list[None] = []
    resting = Resting(pane)
    resting.rested.connect(lambda: told.append(None))
    QTest.mousePress(pane.canvas_widget, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    for step in range(1, 8):
        QTest.mouseMove(pane.canvas_widget, QPoint(400 + 8 * step, 300))
        QTest.qWait(30)
    assert told == []
    QTest.mouseRelease(pane.canvas_widget, Qt.MouseButton.LeftButton, pos=QPoint(456, 300))
    qtbot.waitUntil(lambda: len(told) == 1, timeout=20_000)
    QTest.qWait(800)
    assert len(told) == 1


def test_a_picture_has_one_pixel_for_each_cell() -> None:
    picture = veil_picture(half(2, 4))
    assert (picture.width(), picture.height()) == (4, 2)
    assert [picture.pixelColor(x, 1).alpha() for x in range(4)] == [0, 0, VEIL_RGBA[3], VEIL_RGBA[3]]
