"""Where no graphics card draws: square pixels while the hand moves, and no frame before a jump's tiles have come."""

from __future__ import annotations

import pytest

from lnm_desktop.domain.geometry import Point
from tests.fakes.formula_reader import slide_info
from tests.faults.window import pulse_of

pytestmark = pytest.mark.gl


def test_pixels_are_smooth_once_the_hand_rests(show_slide) -> None:
    pane, _ = show_slide(slide_info(6000, 4400))
    image = pane._scene.image
    image.haste.has_card = False
    pane.move_to(Point(2000, 1500), 1.5)
    assert image.haste.is_moving
    assert image.node._texture.interpolation == "nearest"
    assert pane.wait_until_sharp(30_000)
    assert not image.haste.is_moving
    assert image.node._texture.interpolation == "linear"


def test_pixels_that_fall_on_those_of_the_screen_stay_squares_unless_the_image_is_turned(show_slide) -> None:
    pane, _ = show_slide(slide_info(6000, 4400))
    image = pane._scene.image
    image.haste.has_card = True
    for degrees, expected in ((0.0, "nearest"), (37.0, "linear"), (90.0, "nearest")):
        pane.rotate_to(degrees)
        pane.move_to(Point(2000, 1500), 1.0)
        assert image.node._texture.interpolation == expected


def test_after_a_jump_the_first_frame_has_its_tiles(show_slide, qtbot) -> None:
    """Without a card; where tiles take long, or never come, the view is drawn all the same."""
    pane, _ = show_slide(slide_info(40_000, 30_000))
    haste = pane._scene.image.haste
    haste.has_card = False
    held: list[bool] = []
    haste.held.connect(held.append)
    pane.move_to(Point(8000, 8000), 1.0)
    assert pane.wait_until_sharp(30_000)
    held.clear()
    pane.move_to(Point(30_000, 20_000), 1.0)
    assert held == [True]
    with pulse_of(pane.canvas_widget) as pulse:
        painted: list[int] = []
        haste.held.connect(lambda _held: painted.append(pulse.paints))
        qtbot.waitUntil(lambda: pulse.paints > 0, timeout=10_000)
        assert painted == [0]
    assert held == [True, False]
    pane.move_to(Point(30_100, 20_000), 1.0)
    haste.jump(10.0)
    assert held == [True, False]
