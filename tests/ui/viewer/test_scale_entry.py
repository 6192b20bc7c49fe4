"""What may be typed into the magnification field, and what stands there."""

from __future__ import annotations

import pytest

from lnm_desktop.domain.geometry import Point
from lnm_desktop.ui.viewer.scale_entry import entry_words, turn_words, wanted_downsample
from lnm_desktop.ui.viewer.view_state import ViewState

HERE = Point(0, 0)
SLIDE = ViewState(20.0, 0.5, 2.0, HERE)
SCAN = ViewState(None, 400.0, 2.0, HERE)
UNKNOWN = ViewState(None, None, 2.0, HERE)


@pytest.mark.parametrize(
    ("text", "downsample"),
    [
        ("20x", 2.0),
        ("20 ×", 2.0),
        (" 12.5 ", 3.2),
        ("12,5X", 3.2),
        ("40", 1.0),
        ("0.5 um", 2.0),
        ("0,25 µm/px", 1.0),
        ("1 μm / pixel", 4.0),
        ("0.001 mm/px", 4.0),
        ("1:4", 4.0),
        ("2 : 1", 0.5),
    ],
)
def test_a_slide_understands(text: str, downsample: float) -> None:
    assert wanted_downsample(text, SLIDE) == pytest.approx(downsample)


@pytest.mark.parametrize("text", ["", "big", "20y", "-3", "1:", "20x 0.5 um", "1e5", "nan"])
def test_what_cannot_be_read_is_answered_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="Type 20x"):
        wanted_downsample(text, SLIDE)


@pytest.mark.parametrize("text", ["0x", "0 um", "1 : 0", "0:3"])
def test_nothing_is_magnified_by_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="above 0"):
        wanted_downsample(text, SLIDE)


def test_a_scan_knows_lengths_and_no_magnification() -> None:
    assert wanted_downsample("0.2 mm/px", SCAN) == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"0\.3 mm/px"):
        wanted_downsample("20x", SCAN)


def test_without_a_pixel_size_only_ratios_have_a_meaning() -> None:
    assert wanted_downsample("1:8", UNKNOWN) == 8.0
    for text in ("20x", "0.5 um"):
        with pytest.raises(ValueError, match="1 : 4"):
            wanted_downsample(text, UNKNOWN)


@pytest.mark.parametrize("view", [SLIDE, SCAN, UNKNOWN])
def test_the_words_that_stand_there_can_be_entered(view: ViewState) -> None:
    assert wanted_downsample(entry_words(view), view) == pytest.approx(view.downsample, rel=0.01)


def test_magnifications_are_told_as_exactly_as_they_are_set() -> None:
    powers = (1.25, 5.0, 2.5, 0.61, 12.5, 40.0)
    words = [entry_words(ViewState(power, 1.0, 1.0, HERE)) for power in powers]
    assert words == ["1.25×", "5.0×", "2.5×", "0.61×", "12.5×", "40.0×"]


def test_the_turn_in_words() -> None:
    turned = [(0.0, False), (90.0, False), (36.5, True), (0.0, True), (359.99, False)]
    words = [turn_words(ViewState(None, None, 1.0, HERE, SLIDE.corners, *turn)) for turn in turned]
    assert words == ["", "90°", "mirrored 36.5°", "mirrored", ""]
