from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.domain.scale_bar import micrometre_bar, pixel_bar


@pytest.mark.parametrize(
    ("longest", "text"),
    [
        (99, "50 µm"),
        (100, "100 µm"),
        (0.1, "0.1 µm"),
        (1999, "1 mm"),
        (2000, "2 mm"),
        (51_000, "50 mm"),
        (4.9, "2 µm"),
    ],
)
def test_lengths_are_round_and_have_a_unit(longest: float, text: str) -> None:
    assert micrometre_bar(longest).text == text


@given(st.floats(1e-3, 1e7))
def test_a_bar_is_never_too_long_and_never_shorter_than_two_fifths(longest: float) -> None:
    assert 0.4 * longest <= pixel_bar(longest).length <= longest * (1 + 1e-8)


def test_nothing_has_no_bar() -> None:
    with pytest.raises(ValueError, match="positive"):
        pixel_bar(0)
