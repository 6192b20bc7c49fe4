"""Several panes in the real window, with real canvases and real mouse events."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lnm_desktop.domain.geometry import Point
from lnm_desktop.ui.viewer.view_state import ViewPlace
from tests.fakes.formula_reader import FormulaReader, slide_info
from tests.ui.conftest import Bench
from tests.ui.fixtures import FakePixels, a_calibration

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane

pytestmark = pytest.mark.gl
LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier
SIZES_MPP = {"fine.svs": 0.25, "coarse.svs": 0.5, "unknown.svs": 0.0}


class SizedPixels(FakePixels):
    """Slides of 3,000 × 2,200 pixels; the name tells the pixel size."""

    def open(self, path: Path) -> FormulaReader:
        return FormulaReader(slide_info(calibration=a_calibration(SIZES_MPP.get(path.name, 0.25))))


class RealPanes:
    """The window with two canvases and an image in each."""

    def __init__(self, bench: Bench) -> None:
        from lnm_desktop.ui.viewer.pane import ViewerPane

        self.bench = bench
        self.panes = bench.bench.panes
        self.panes.make = ViewerPane
        bench.window.resize(1500, 700)
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

    def canvas(self, place: int) -> QWidget:
        return self.pane(place).canvas_widget

    def place(self, place: int) -> ViewPlace:
        found = self.pane(place).view_place
        assert found is not None
        return found

    def drag(self, place: int, *steps: QPoint, button: Qt.MouseButton = LEFT) -> None:
        canvas = self.canvas(place)
        QTest.mousePress(canvas, button, NONE, steps[0])
        for step in steps[1:]:
            there = QPointF(step)
            none = Qt.MouseButton.NoButton
            move = QMouseEvent(QEvent.Type.MouseMove, there, canvas.mapToGlobal(there), none, button, NONE)
            QCoreApplication.sendEvent(canvas, move)
        QTest.mouseRelease(canvas, button, NONE, steps[-1])

    def wheel(self, place: int, where: QPoint, steps: int) -> None:
        canvas, there = self.canvas(place), QPointF(where)
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        turned = QPoint(0, 120 * steps)
        event = QWheelEvent(there, canvas.mapToGlobal(there), QPoint(), turned, none, NONE, phase, False)
        QCoreApplication.sendEvent(canvas, event)

    def hover(self, place: int, where: QPoint) -> None:
        canvas, there, none = self.canvas(place), QPointF(where), Qt.MouseButton.NoButton
        move = QMouseEvent(QEvent.Type.MouseMove, there, canvas.mapToGlobal(there), none, none, NONE)
        QCoreApplication.sendEvent(canvas, move)

    def click_at(self, place: int, point: Point) -> None:
        QTest.mouseClick(self.canvas(place), LEFT, NONE, self.pane(place).to_screen(point).toPoint())

    def pane(self, place: int) -> ViewerPane:
        pane = self.panes.seats[place].pane
        assert pane is not None
        return pane


@pytest.fixture
def real(qtbot: QtBot, tmp_path: Path) -> Iterator[RealPanes]:
    bench = Bench(qtbot, tmp_path, SizedPixels())
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


def two(real: RealPanes, left: str = "fine.svs", right: str = "fine.svs") -> RealPanes:
    real.arrange("panes-2")
    real.open(left, right)
    return real


def assert_same(found: Point, expected: Point, within: float = 0.01) -> None:
    assert math.hypot(found.x - expected.x, found.y - expected.y) <= within, (found, expected)


def test_each_pane_moves_alone_at_first(real: RealPanes) -> None:
    two(real)
    before = real.place(1)
    real.drag(0, QPoint(200, 200), QPoint(150, 220))
    assert real.place(1) == before


def test_linked_panes_are_panned_together_with_the_offset_they_had(real: RealPanes) -> None:
    two(real)
    real.pane(0).move_to(Point(1000, 1000), 1.0)
    real.pane(1).move_to(Point(1300, 900), 1.0)
    real.bench.actions["sync-panes"].trigger()
    assert_same(real.place(1).center, Point(1300, 900))
    real.drag(0, QPoint(200, 200), QPoint(150, 230), QPoint(100, 260))
    assert_same(real.place(0).center, Point(1100, 940))
    assert_same(real.place(1).center, Point(1400, 840))
    real.drag(1, QPoint(200, 200), QPoint(300, 140))
    assert_same(real.place(0).center, Point(1000, 1000))
    real.bench.actions["sync-panes"].trigger()
    real.drag(0, QPoint(200, 200), QPoint(250, 200))
    assert_same(real.place(1).center, Point(1300, 900))


def test_linked_panes_show_the_same_micrometres_per_pixel(real: RealPanes) -> None:
    two(real, "fine.svs", "coarse.svs")
    real.pane(0).move_to(Point(1000, 1000), 2.0)
    real.pane(1).move_to(Point(500, 500), 4.0)
    real.bench.actions["sync-panes"].trigger()
    assert real.place(0).downsample == 2.0 and real.place(1).downsample == pytest.approx(1.0)
    real.wheel(0, QPoint(100, 100), 2)
    assert real.place(1).downsample == pytest.approx(real.place(0).downsample / 2)
    here, there = real.pane(0).point_at(QPointF(100, 100)), real.pane(1).point_at(QPointF(100, 100))
    assert_same(there, Point(here.x / 2, here.y / 2))


def test_linked_panes_turn_and_mirror_together(real: RealPanes) -> None:
    two(real)
    real.pane(1).rotate_to(30.0)
    real.bench.actions["sync-panes"].trigger()
    real.pane(0).rotate_by(40.0)
    assert (real.place(0).rotation_deg, real.place(1).rotation_deg) == pytest.approx((40.0, 70.0))
    middle = real.canvas(0).rect().center()
    real.drag(0, middle + QPoint(100, 0), middle + QPoint(100, 30), button=RIGHT)
    assert real.place(1).rotation_deg == pytest.approx(real.place(0).rotation_deg + 30.0)
    assert real.place(0).rotation_deg > 50
    real.pane(0).mirror()
    assert real.place(0).mirrored and real.place(1).mirrored


def test_a_linked_pane_follows_beside_its_image(real: RealPanes) -> None:
    two(real)
    real.pane(0).move_to(Point(2800, 2000), 1.0)
    real.pane(1).move_to(Point(200, 200), 1.0)
    real.bench.actions["sync-panes"].trigger()
    real.pane(0).move_to(Point(200, 200), 1.0)
    assert_same(real.place(1).center, Point(-2400, -1600))
    assert real.pane(1).wait_until_sharp(20_000)
    real.pane(0).move_to(Point(2800, 2000), 1.0)
    assert_same(real.place(1).center, Point(200, 200))


def test_without_a_pixel_size_panes_are_linked_by_pixels_and_it_is_said(real: RealPanes) -> None:
    two(real, "fine.svs", "unknown.svs")
    real.bench.actions["sync-panes"].trigger()
    assert real.place(1).downsample == pytest.approx(real.place(0).downsample)
    assert "the pixel size of unknown is not known" in real.bench.window.area.bar.message.text()


def test_an_image_that_comes_in_moves_along(real: RealPanes) -> None:
    real.arrange("panes-2")
    real.open("fine.svs")
    real.bench.actions["sync-panes"].trigger()
    real.pane(0).move_to(Point(1600, 1200), 1.0)
    real.panes.activate(real.panes.seats[1])
    real.open("coarse.svs")
    assert_same(real.place(1).center, Point(1550, 1150))
    assert real.place(1).downsample == pytest.approx(0.5)


def test_the_cursor_of_one_pane_is_marked_in_the_other(real: RealPanes) -> None:
    two(real, "fine.svs", "coarse.svs")
    real.bench.actions["sync-panes"].trigger()
    marks = real.pane(1)._marks
    assert marks.isHidden()
    real.hover(0, QPoint(300, 300))
    assert marks.ghost is not None and marks.isVisible()
    place = real.pane(1).to_screen(marks.ghost)
    assert (place.x(), place.y()) == pytest.approx((300, 300), abs=0.5)
    QCoreApplication.sendEvent(real.canvas(0), QEvent(QEvent.Type.Leave))
    assert marks.isHidden()


def test_one_pane_alone_is_not_linked(real: RealPanes) -> None:
    two(real)
    real.bench.actions["sync-panes"].trigger()
    assert real.bench.actions["sync-panes"].isChecked()
    real.arrange("panes-1")
    assert not real.bench.actions["sync-panes"].isChecked() and not real.bench.actions["sync-panes"].isEnabled()


A1, A2 = Point(800, 900), Point(2000, 1300)
B1, B2 = Point(1000, 600), Point(1400, 1800)


def test_two_points_in_each_pane_match_them(real: RealPanes) -> None:
    two(real)
    real.bench.actions["tool-polygon"].trigger()
    real.bench.actions["match-points"].trigger()
    guides = [seat.frame.guide for seat in real.panes.seats]
    assert all("point 1 of 2" in guide.text() and guide.isVisible() for guide in guides)
    QCoreApplication.processEvents()
    real.click_at(0, A1)
    assert "point 2 of 2" in guides[0].text() and "point 1 of 2" in guides[1].text()
    real.click_at(0, A2)
    real.click_at(1, B1)
    real.click_at(1, B2)
    assert real.bench.actions["sync-panes"].isChecked()
    assert not any(guide.isVisible() for guide in guides)
    for a, b in ((A1, B1), (A2, B2)):
        found = real.pane(0).to_screen(a) - real.pane(1).to_screen(b)
        assert math.hypot(found.x(), found.y()) < 3, "a click is exact to a screen pixel, and the views were small"
    turned = (real.place(0).rotation_deg - real.place(1).rotation_deg + 180) % 360 - 180
    assert abs(turned) == pytest.approx(53.1, abs=1.0)
    assert real.pane(0).tool.value == "move" and real.pane(1).tool.value == "polygon"


def test_a_drag_while_matching_moves_the_picture_and_is_no_click(real: RealPanes) -> None:
    two(real)
    real.bench.actions["match-points"].trigger()
    before = real.place(0)
    real.drag(0, QPoint(200, 200), QPoint(150, 200), QPoint(120, 200))
    assert real.place(0).center.x > before.center.x
    assert "point 1 of 2" in real.panes.seats[0].frame.guide.text()


def test_points_that_are_too_near_are_refused(real: RealPanes) -> None:
    two(real)
    real.bench.actions["match-points"].trigger()
    QCoreApplication.processEvents()
    real.click_at(0, A1)
    real.click_at(0, Point(A1.x + 10, A1.y))
    assert "too near" in real.panes.seats[0].frame.guide.text()


def test_escape_gives_matching_up(real: RealPanes) -> None:
    two(real)
    real.bench.actions["match-points"].trigger()
    QCoreApplication.processEvents()
    real.click_at(0, A1)
    before = real.place(1)
    real.bench.actions["cancel"].trigger()
    assert not any(seat.frame.guide.isVisible() for seat in real.panes.seats)
    assert real.pane(0)._marks.isHidden()
    real.click_at(0, A2)
    assert real.place(1) == before and not real.bench.actions["sync-panes"].isChecked()


def test_matching_needs_two_images(real: RealPanes) -> None:
    real.arrange("panes-2")
    real.open("fine.svs")
    real.bench.actions["match-points"].trigger()
    assert real.bench.window.area.bar.message.text() == "Matching needs two images."
    assert not real.bench.bench.matching.is_on
