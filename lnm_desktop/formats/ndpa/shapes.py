"""Shapes of NDP.view to ours, in level-0 pixels."""

from __future__ import annotations

from collections.abc import Callable

from lnm_desktop.domain.geometry import Geometry, Point, Region, Ring, Shape, rectangle
from lnm_desktop.formats.imagescope.shapes import ellipse, opened
from lnm_desktop.formats.ndpa.collector import RawView
from lnm_desktop.formats.ndpa.placement import SlidePlacement

RECTANGLE_NAME = "AnnotateRectangle"
Number = Callable[[str | None], float]


class Shapes:
    """Reads the shapes of one file; `number` turns a text into a number or says what is wrong with it."""

    def __init__(self, placement: SlidePlacement, number: Number) -> None:
        self._placement = placement
        self._number = number

    def read(self, view: RawView) -> Geometry | None:
        """The shape; None for an unknown type. Raises ValueError with the reason for too few points."""
        kind = (view.keys or {}).get("type", "").strip().casefold()
        if kind in ("freehand", "rectangle"):
            return self._outline(kind, view)
        if kind == "circle":
            return self._circle(view)
        if kind == "pin":
            return Geometry(Shape.DOT, (self._point(view.shape, "x", "y"),))
        if kind in ("linearmeasure", "pointer"):
            return Geometry(Shape.MEASUREMENT, self._ends(view))
        return None

    def _outline(self, kind: str, view: RawView) -> Geometry:
        if kind == "rectangle" and not view.points:
            return rectangle(_box(self._ends(view)))
        ring = tuple(self._point(point, "x", "y") for point in view.points)
        if view.shape.get("closed", "1").strip() == "0" and kind == "freehand":
            return Geometry(Shape.MEASUREMENT, ring)
        ring = opened(ring)
        names = (kind, view.shape.get("specialtype", "").strip(), (view.keys or {}).get("displayname"))
        is_rectangle = len(ring) == 4 and any(name in ("rectangle", RECTANGLE_NAME) for name in names)
        return Geometry(Shape.RECTANGLE if is_rectangle else Shape.POLYGON, ring)

    def _circle(self, view: RawView) -> Geometry:
        x, y, radius = (self._number(view.shape.get(key)) for key in ("x", "y", "radius"))
        corners = (self._placement.to_px(x - radius, y - radius), self._placement.to_px(x + radius, y + radius))
        return ellipse(corners)

    def _ends(self, view: RawView) -> Ring:
        return self._point(view.shape, "x1", "y1"), self._point(view.shape, "x2", "y2")

    def _point(self, texts: dict[str, str], x: str, y: str) -> Point:
        return self._placement.to_px(self._number(texts.get(x)), self._number(texts.get(y)))


def _box(ring: Ring) -> Region:
    return Geometry(Shape.POINT_SET, ring).bounds
