"""Turning, exact magnification and going to a coordinate, from keys and fields to the pane."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.ui.viewer.view_state import ViewState
from lnm_desktop.ui.widgets.go_to_dialog import GoToDialog
from lnm_desktop.ui.widgets.scale_field import ScaleField
from tests.fakes.formula_reader import slide_info
from tests.ui.conftest import Bench

HALF = Calibration(0.5, 0.5, CalibrationSource.FILE)
VIEW = ViewState(10.0, 1.0, 2.0, Point(400, 300))


@pytest.fixture
def field(qtbot) -> ScaleField:
    made = ScaleField()
    qtbot.addWidget(made)
    made.show_view(VIEW, HALF)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def typed(field: ScaleField, words: str) -> None:
    field.begin()
    QTest.keyClicks(field.entry, words)


def test_a_typed_magnification_is_told_and_the_field_left(field: ScaleField, qtbot) -> None:
    assert field.text() == "10.0×   1 µm/px"
    typed(field, "12.5")
    told: list[float] = []
    field.downsample_wanted.connect(told.append)
    with qtbot.waitSignal(field.left):
        QTest.keyClick(field.entry, Qt.Key.Key_Return)
    assert told == [pytest.approx(1.6)]
    assert not field.entry.hasFocus()
    assert field.text() == "10.0×   1 µm/px", "it shows what the view then tells"


def test_an_error_is_said_in_the_field_and_esc_leaves(field: ScaleField, qtbot) -> None:
    typed(field, "large")
    QTest.keyClick(field.entry, Qt.Key.Key_Return)
    assert field.problem.isVisible() and "20x" in field.problem.text()
    assert field.entry.property("role") == "invalid" and field.text() == "large"
    QTest.keyClicks(field.entry, "r")
    assert not field.problem.isVisible(), "typing on takes the complaint away"
    with qtbot.waitSignal(field.left):
        QTest.keyClick(field.entry, Qt.Key.Key_Escape)
    assert field.text() == "10.0×   1 µm/px"


def test_without_a_picture_there_is_no_field(field: ScaleField) -> None:
    field.clear()
    assert field.entry.isHidden()
    field.begin()
    assert not field.entry.hasFocus()
    field.show_view(VIEW, HALF)
    assert field.entry.isVisible()


def test_what_is_being_typed_stays_while_the_view_moves(field: ScaleField) -> None:
    typed(field, "4")
    field.show_view(ViewState(11.0, 0.9, 1.8, VIEW.center), HALF)
    assert field.text() == "4"


def test_turns_are_led_to_the_pane(bench: Bench) -> None:
    bench.open_slide()
    for action in ("rotate-left", "rotate-right-1", "mirror", "upright"):
        bench.actions[action].trigger()
    assert bench.pane.called("rotate_by") == [(-90,), (1,)]
    assert bench.pane.called("mirror") == [()]
    assert bench.pane.called("rotate_to") == [(0.0,)]


def test_upright_takes_mirror_and_turn_back(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.view = ViewState(10.0, 1.0, 2.0, VIEW.center, VIEW.corners, 30.0, mirrored=True)
    bench.actions["upright"].trigger()
    assert [name for name, _ in bench.pane.calls[-2:]] == ["mirror", "rotate_to"]


def test_the_head_tells_the_turn_and_a_click_sets_upright(bench: Bench) -> None:
    bench.open_slide()
    frame = bench.bench.panes.active.frame
    bench.pane.view_changed.emit(VIEW)
    assert frame.turn.isHidden()
    bench.pane.view_changed.emit(ViewState(10.0, 1.0, 2.0, VIEW.center, VIEW.corners, 37.0))
    assert (frame.turn.isHidden(), frame.turn.text()) == (False, "37°")
    frame.turn.click()
    assert bench.pane.called("rotate_to") == [(0.0,)]


def test_actions_of_looking_need_an_image(bench: Bench) -> None:
    assert not bench.actions["go-to"].isEnabled() and not bench.actions["rotate-left"].isEnabled()
    bench.open_slide()
    assert bench.actions["go-to"].isEnabled() and bench.actions["zoom-1"].isEnabled()


def test_a_magnification_typed_into_the_head_zooms_around_the_middle(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.view = VIEW
    bench.pane.view_changed.emit(VIEW)
    bench.bench.panes.active.frame.scale.downsample_wanted.emit(4.0)
    assert bench.pane.called("move_to") == [(VIEW.center, 4.0)]


def test_going_to_a_coordinate_in_micrometres(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.view, bench.pane.image_info = VIEW, slide_info(1000, 800, HALF)
    bench.actions["go-to"].trigger()
    dialog = bench.window.findChild(GoToDialog)
    assert dialog is not None
    assert (dialog.x_.value(), dialog.y_.value()) == (400, 300)
    dialog.unit.setCurrentText("µm")
    assert (dialog.x_.value(), dialog.y_.value(), dialog.x_.maximum()) == (200, 150, 500)
    dialog.x_.setValue(50)
    QTest.keyClick(dialog.x_, Qt.Key.Key_Return)
    assert bench.pane.called("move_to") == [(Point(100, 300), 2.0)]
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "200.0, 150.0 µm"


def test_without_a_pixel_size_there_are_only_pixels(uncalibrated: Bench) -> None:
    uncalibrated.open_slide()
    uncalibrated.pane.view, uncalibrated.pane.image_info = VIEW, slide_info(1000, 800, Calibration())
    uncalibrated.actions["go-to"].trigger()
    dialog = uncalibrated.window.findChild(GoToDialog)
    assert dialog is not None
    assert [dialog.unit.itemText(place) for place in range(dialog.unit.count())] == ["px"]
    assert dialog.position_words() == "400.0, 300.0 px"
