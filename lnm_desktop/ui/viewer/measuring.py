"""Lengths and angles in words, as they are read beside what is being drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.staging import classify, longest_diameter

UM_PER_MM = 1000.0


@dataclass(frozen=True, slots=True)
class Measuring:
    """How an image is measured: its pixel size, and whether outlines on it may be metastases."""

    calibration: Calibration
    is_slide: bool

    def words(self, shape: Shape, points: Sequence[Point]) -> str:
        """A ruler's length, an angle, or the longest diameter of an outline; none of a point."""
        if shape is Shape.MEASUREMENT:
            return self.angle(points) if len(points) == 3 else self._banded(self._length(points), "")
        if shape in (Shape.DOT, Shape.POINT_SET):
            return ""
        longest, _ = longest_diameter(tuple(points), *self._pixel())
        return self._banded(longest, "longest ")

    def angle(self, points: Sequence[Point]) -> str:
        """The angle at the second of three points."""
        across, down = self._pixel()
        first, middle, last = points[:3]
        arms = [((end.x - middle.x) * across, (end.y - middle.y) * down) for end in (first, last)]
        (ax, ay), (bx, by) = arms
        return f"{math.degrees(abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by))):.1f}°"

    def _banded(self, length: float, what: str) -> str:
        """In µm or mm, on a slide with the class that a metastasis of that size would have; in px without a size."""
        if not self.calibration.is_known:
            return f"{what}{length:,.0f} px"
        words = f"{what}{length:,.0f} µm" if length < UM_PER_MM else f"{what}{length / UM_PER_MM:.2f} mm"
        if not self.is_slide:
            return words
        return f"{words} · {classify(length / UM_PER_MM)[0].value}"

    def _length(self, points: Sequence[Point]) -> float:
        across, down = self._pixel()
        return sum(math.hypot((b.x - a.x) * across, (b.y - a.y) * down) for a, b in pairwise(points))

    def _pixel(self) -> tuple[float, float]:
        known = self.calibration.is_known
        return (self.calibration.mpp_x, self.calibration.mpp_y) if known else (1.0, 1.0)
