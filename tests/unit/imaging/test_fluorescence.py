from __future__ import annotations

import numpy as np
import pytest

from lnm_desktop.domain.image import Window
from lnm_desktop.imaging.fluorescence import named_channels, shown_range

RANGE = Window(100.0, 50.0)


def test_names_and_colors_of_the_file_are_kept() -> None:
    first, second = named_channels(["DAPI", "CK"], ["#0000ff", "#ffcc00"], [RANGE, None])
    assert (first.name, first.color, first.window) == ("DAPI", "#0000ff", RANGE)
    assert (second.name, second.color, second.window) == ("CK", "#ffcc00", None)


def test_missing_names_and_colors_are_made_up_and_differ() -> None:
    found = named_channels([], [], [None] * 8)
    assert [channel.name for channel in found] == [f"Channel {n}" for n in range(1, 9)]
    assert len({channel.color for channel in found}) == 8


def test_one_color_for_all_is_none_at_all() -> None:
    found = named_channels(["a", "b", "c"], ["#ffffff"] * 3, [None] * 3)
    assert len({channel.color for channel in found}) == 3


@pytest.mark.parametrize(
    ("name", "color"), [("DAPI (1)", "#3f6fff"), ("Opal 520", "#00d000"), ("AF647", "#ff3030"), ("Cy5", "#ff3030")]
)
def test_dyes_have_their_color(name: str, color: str) -> None:
    assert named_channels(["other", name], [], [None, None])[1].color == color


def test_a_few_bright_specks_do_not_darken_the_rest() -> None:
    values = np.random.default_rng(1).integers(100, 900, (300, 300)).astype(np.uint16)
    values[:3, :3] = 65535
    found = shown_range(values)
    assert found is not None
    assert found.center + found.width / 2 == pytest.approx(900, abs=10)
    assert found.center - found.width / 2 == pytest.approx(108, abs=10)


def test_a_dark_channel_shows_its_specks() -> None:
    values = np.zeros((300, 300), np.uint16)
    values[5, 5] = 700
    found = shown_range(values)
    assert found is not None and found.center + found.width / 2 == 700


def test_a_flat_channel_has_no_range() -> None:
    assert shown_range(np.full((9, 9), 7, np.uint8)) is None
    assert shown_range(np.full((9, 9), np.nan, np.float32)) is None
