"""Shapes in the making: mouse actions in level-0 pixels go in, finished geometries come out."""

from __future__ import annotations

from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.ui.viewer.tools import Tool

CLOSE_PX = 10.0
FREEHAND_STEP_PX = 3.0
SMALLEST_PX = 3.0


class Draft:
    """One shape being drawn with one tool. Distances in screen pixels; `downsample` is level-0 per screen pixel."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.points: list[Point] = []
        self.cursor: Point | None = None

    @property
    def is_empty(self) -> bool:
        """True before the first point."""
        return not self.points

    @property
    def shape(self) -> Shape:
        """The shape that comes out."""
        shapes = {Tool.RECTANGLE: Shape.RECTANGLE, Tool.POINT: Shape.DOT}
        return shapes.get(self.tool, Shape.POLYGON)

    @property
    def outline(self) -> list[Point]:
        """The points to draw, the one under the cursor included."""
        if self.tool is Tool.RECTANGLE and len(self.points) == 1 and self.cursor is not None:
            return list(rectangle(_span(self.points[0], self.cursor)).points)
        if self.tool is Tool.POLYGON and self.points and self.cursor is not None:
            return [*self.points, self.cursor]
        return list(self.points)

    def press(self, point: Point, downsample: float) -> Geometry | None:
        """The left button goes down; gives a geometry when that finishes the shape."""
        self.cursor = point
        if self.tool is Tool.POINT:
            return Geometry(Shape.DOT, (point,))
        if self.tool is Tool.POLYGON:
            return self._press_polygon(point, downsample)
        self.points = [point]
        return None

    def move(self, point: Point, downsample: float) -> bool:
        """The mouse moves; True when a vertex was added (freehand)."""
        self.cursor = point
        if self.tool is not Tool.FREEHAND or not self.points:
            return False
        if _distance(self.points[-1], point) < FREEHAND_STEP_PX * downsample:
            return False
        self.points.append(point)
        return True

    def release(self, point: Point, downsample: float) -> Geometry | None:
        """The left button comes up; gives a freehand shape or a rectangle unless it is too small to be meant."""
        self.cursor = point
        if self.tool is Tool.RECTANGLE and self.points:
            region = _span(self.points[0], point)
            meant = min(region.width, region.height) >= SMALLEST_PX * downsample
            return rectangle(region) if meant else None
        return self.finish() if self.tool is Tool.FREEHAND else None

    def finish(self) -> Geometry | None:
        """The polygon as it stands; None with fewer than three points."""
        if self.tool not in (Tool.POLYGON, Tool.FREEHAND) or len(self.points) < 3:
            return None
        return Geometry(Shape.POLYGON, tuple(self.points))

    def remove_last(self) -> None:
        """Take the last vertex back."""
        if self.points:
            self.points.pop()

    def _press_polygon(self, point: Point, downsample: float) -> Geometry | None:
        if len(self.points) >= 3 and _distance(point, self.points[0]) <= CLOSE_PX * downsample:
            return self.finish()
        if not self.points or _distance(point, self.points[-1]) > downsample:
            self.points.append(point)
        return None


def _distance(a: Point, b: Point) -> float:
    return ((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5


def _span(a: Point, b: Point) -> Region:
    return Region(min(a.x, b.x), min(a.y, b.y), abs(a.x - b.x), abs(a.y - b.y))
