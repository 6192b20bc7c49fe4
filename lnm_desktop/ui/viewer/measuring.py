"""Lengths and angles in words, as they are read beside what is being drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.measures import angle_deg, length, pixel
from lnm_desktop.domain.staging import classify, longest_diameter

UM_PER_MM = 1000.0


@dataclass(frozen=True, slots=True)
class Measuring:
    """How an image is measured: its pixel size, and whether outlines on it may be metastases."""

    calibration: Calibration
    is_slide: bool

    def words(self, shape: Shape, points: Sequence[Point]) -> str:
        """A ruler's length, an angle, or the longest diameter of an outline; none of a point."""
        across, down = pixel(self.calibration)
        if shape is Shape.MEASUREMENT and len(points) == 3:
            return f"{angle_deg(points, across, down):.1f}°"
        if shape is Shape.MEASUREMENT:
            return self._banded(length(points, across, down), "")
        if shape in (Shape.DOT, Shape.POINT_SET):
            return ""
        return self._banded(longest_diameter(tuple(points), across, down)[0], "longest ")

    def _banded(self, found: float, what: str) -> str:
        """In µm or mm, on a slide with the class that a metastasis of that size would have; in px without a size."""
        if not self.calibration.is_known:
            return f"{what}{found:,.0f} px"
        words = f"{what}{found:,.0f} µm" if found < UM_PER_MM else f"{what}{found / UM_PER_MM:.2f} mm"
        return f"{words} · {classify(found / UM_PER_MM)[0].value}" if self.is_slide else words
