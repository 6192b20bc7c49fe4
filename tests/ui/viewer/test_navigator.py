"""The overview in the corner, with a real mouse on a real canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration, CalibrationSource
from tests.fakes.formula_reader import slide_info

pytestmark = pytest.mark.gl
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
WIDTH, HEIGHT = 24_000, 16_000


class Overview:
    """A pane that shows a part of a slide, and the mouse over its navigator."""

    def __init__(self, pane) -> None:
        self.pane = pane
        self.navigator = pane.navigator

    def at(self, point: Point) -> QPoint:
        """Where a level-0 point lies in the navigator."""
        across, down = self.navigator.width() / WIDTH, self.navigator.height() / HEIGHT
        return QPointF(point.x * across, point.y * down).toPoint()

    def move(self, place: QPoint) -> None:
        """QTest's own move carries no pressed button when the window system did not see one."""
        there = QPointF(place)
        far = self.navigator.mapToGlobal(there)
        event = QMouseEvent(QEvent.Type.MouseMove, there, far, Qt.MouseButton.NoButton, LEFT, NONE)
        QCoreApplication.sendEvent(self.navigator, event)

    def drag(self, *points: Point) -> None:
        QTest.mousePress(self.navigator, LEFT, NONE, self.at(points[0]))
        for point in points[1:]:
            self.move(self.at(point))
        QTest.mouseRelease(self.navigator, LEFT, NONE, self.at(points[-1]))


@pytest.fixture
def overview(show_slide, qtbot) -> Overview:
    pane, _ = show_slide(slide_info(WIDTH, HEIGHT))
    pane.move_to(Point(12_000, 8_000), 4.0)
    assert pane.wait_until_sharp(30_000)
    qtbot.waitUntil(pane.navigator.isVisible, timeout=10_000)
    return Overview(pane)


def step_px(overview: Overview) -> float:
    """Level-0 pixels that one pixel of the navigator stands for."""
    return WIDTH / overview.navigator.width()


def test_it_appears_with_the_overview_and_goes_while_all_is_in_view(overview: Overview, qtbot) -> None:
    navigator, pane = overview.navigator, overview.pane
    assert navigator.geometry().right() == pane.canvas_widget.width() - 13
    assert navigator.width() / navigator.height() == pytest.approx(WIDTH / HEIGHT, rel=0.02)
    pane.zoom_to_fit()
    qtbot.waitUntil(navigator.isHidden, timeout=5000)
    pane.zoom_by(8)
    qtbot.waitUntil(navigator.isVisible, timeout=5000)
    pane.clear()
    assert navigator.isHidden()


def test_a_click_jumps(overview: Overview) -> None:
    QTest.mouseClick(overview.navigator, LEFT, NONE, overview.at(Point(20_000, 3_000)))
    center = overview.pane.view.center
    assert (center.x, center.y) == pytest.approx((20_000, 3_000), abs=step_px(overview))
    assert overview.pane.view.downsample == pytest.approx(4.0)


def test_a_drag_takes_the_rectangle_along_without_a_jump(overview: Overview) -> None:
    seen: list[float] = []
    overview.pane.moved.connect(lambda: seen.append(overview.pane.view.center.x))
    overview.drag(Point(12_900, 8_500), Point(13_900, 8_500), Point(15_900, 9_500))
    center = overview.pane.view.center
    assert (center.x, center.y) == pytest.approx((15_000, 9_000), abs=2 * step_px(overview))
    assert any(12_500 < x < 14_500 for x in seen), "it moves with the hand, not at its end"


def test_the_rectangle_turns_with_the_picture(overview: Overview, qtbot) -> None:
    pane, navigator = overview.pane, overview.navigator
    pane.rotate_to(30)
    pane.mirror()
    navigator.refresh()
    expected = [overview.at(corner) for corner in pane.view.corners]
    found = [place.toPoint() for place in navigator._seen.toList()]
    assert len({point.y() for point in found}) == 4, "no edge is level"
    for one, other in zip(found, expected, strict=True):
        assert (one - other).manhattanLength() <= 2


def test_it_folds_and_unfolds_by_its_mark(overview: Overview) -> None:
    navigator = overview.navigator
    told: list[bool] = []
    navigator.open_changed.connect(told.append)
    before = overview.pane.view
    QTest.mouseClick(navigator, LEFT, NONE, QPoint(navigator.width() - 10, 10))
    assert (navigator.width(), told) == (30, [False])
    QTest.mouseClick(navigator, LEFT, NONE, QPoint(15, 15))
    assert navigator.width() > 100 and told == [False, True]
    assert overview.pane.view == before, "folding moves nothing"


def test_it_follows_the_view_and_is_painted_seldom_meanwhile(overview: Overview, qtbot) -> None:
    painted = Paints(overview.navigator)
    for step in range(40):
        overview.pane.move_to(Point(6_000 + 200 * step, 8_000), 4.0)
        qtbot.wait(10)
    assert painted.count < 20
    last = overview.at(Point(13_800, 0)).x()
    qtbot.waitUntil(lambda: abs(overview.navigator._seen.boundingRect().center().x() - last) < 2, timeout=5000)


def test_it_is_no_part_of_a_saved_picture(overview: Overview) -> None:
    picture, navigator = overview.pane.screenshot(), overview.navigator
    with_it = overview.pane.canvas_widget.grab().toImage()
    corner = navigator.geometry().topLeft() + QPoint(0, 5)
    assert picture.pixelColor(corner) != with_it.pixelColor(corner)
    assert navigator.isVisible()


def test_pixels_that_are_not_square_keep_their_proportions(show_slide, qtbot) -> None:
    pane, _ = show_slide(slide_info(8_000, 8_000, Calibration(0.25, 0.5, CalibrationSource.FILE)))
    pane.zoom_by(8)
    qtbot.waitUntil(pane.navigator.isVisible, timeout=10_000)
    assert pane.navigator.height() / pane.navigator.width() == pytest.approx(2.0, rel=0.05)


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QObject) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False
