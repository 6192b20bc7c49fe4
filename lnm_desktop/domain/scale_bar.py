"""The length that a scale bar shows: round, and short enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

_STEPS = (1, 2, 5, 10)
_UM_PER_MM = 1000.0


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """`length` in the unit asked for (micrometres or pixels) and what is written beside it."""

    length: float
    text: str


def micrometre_bar(longest_um: float) -> ScaleBar:
    """The longest round bar (1, 2 or 5 times a power of ten) that is not longer; from 1,000 µm on in mm."""
    length = _round_down(longest_um)
    text = f"{length / _UM_PER_MM:g} mm" if length >= _UM_PER_MM else f"{length:g} µm"
    return ScaleBar(length, text)


def pixel_bar(longest_px: float) -> ScaleBar:
    """The same where no pixel size is known."""
    length = _round_down(longest_px)
    return ScaleBar(length, f"{length:g} px")


def _round_down(longest: float) -> float:
    """Raises ValueError for what is not positive."""
    if not (longest > 0 and math.isfinite(longest)):
        raise ValueError("a scale bar has a positive length")
    power = 10.0 ** math.floor(math.log10(longest))
    # Powers of ten are not exact below one: without slack 0.1 would fall short of itself.
    step = max(step for step in _STEPS if step <= longest / power * (1 + 1e-9))
    return round(step * power, 12)
