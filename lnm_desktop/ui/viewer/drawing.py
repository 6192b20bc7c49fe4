"""Shapes in the making: mouse actions in level-0 pixels go in, finished geometries come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lnm_desktop.app.shapes import ellipse, smooth, stroked, tidied
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.ui.viewer.tools import Tool

CLOSE_PX = 10.0
STEP_PX = 3.0
SMALLEST_PX = 3.0
BRUSH_STEP = 0.25
"""Part of the brush's radius after which a stroke takes another point."""
TIDY_PX = 0.3
"""How far the outline of a stroke may move, so that it has few vertices."""


@dataclass(frozen=True, slots=True)
class WandSeed:
    """Where the wand touched, and by how many screen pixels it was drawn away: the wider, the more it takes."""

    point: Point
    pull_px: float
    downsample: float


Drawn = Geometry | WandSeed


class Draft:
    """One shape being drawn with one tool; this one draws nothing.

    What is too small to be meant leaves the draft empty when the button is lifted.
    Distances in screen pixels; `downsample` is level-0 per screen pixel. `ends_on_release` where lifting the button
    ends the shape, `kept` where an unfinished one is worth keeping over a crash.
    """

    shape = Shape.POLYGON
    ends_on_release = False
    kept = False
    closed = False

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.points: list[Point] = []
        self.cursor: Point | None = None

    @property
    def is_empty(self) -> bool:
        """True before the first point."""
        return not self.points

    @property
    def outline(self) -> list[Point]:
        """The points to draw, the one under the cursor included."""
        return list(self.points)

    @property
    def vertices(self) -> int:
        """How many of the outline's points are vertices that were set."""
        return 0

    def press(self, point: Point, downsample: float) -> Drawn | None:
        """The left button goes down; gives what was drawn when that finishes the shape."""
        return None

    def move(self, point: Point, downsample: float) -> bool:
        """The mouse moves; True when a vertex was added."""
        self.cursor = point
        return False

    def release(self, point: Point, downsample: float) -> Drawn | None:
        """The left button comes up; gives what was drawn unless it is too small to be meant."""
        return None

    def finish(self) -> Drawn | None:
        """The shape as it stands; None where that is too little."""
        return None

    def remove_last(self) -> bool:
        """Take the last vertex back; False where there is none to take."""
        return False


class DotDraft(Draft):
    """A point per click."""

    shape = Shape.DOT

    def press(self, point: Point, downsample: float) -> Geometry | None:
        """A point is finished at once."""
        return Geometry(Shape.DOT, (point,))


class ClickDraft(Draft):
    """Vertex by vertex: polygon and spline end on Enter, a double click or near their first point."""

    kept = True
    closes = True
    least = 3

    @property
    def outline(self) -> list[Point]:
        """With the place under the cursor as the next vertex."""
        return [*self.points, self.cursor] if self.points and self.cursor is not None else list(self.points)

    @property
    def vertices(self) -> int:
        """Those that were clicked."""
        return len(self.points)

    def press(self, point: Point, downsample: float) -> Drawn | None:
        """Another vertex, or the end."""
        self.cursor = point
        may_close = self.closes and len(self.points) >= self.least
        if may_close and _distance(point, self.points[0]) <= CLOSE_PX * downsample:
            return self.finish()
        if not self.points or _distance(point, self.points[-1]) > downsample:
            self.points.append(point)
        return None

    def finish(self) -> Drawn | None:
        """None with too few vertices."""
        return Geometry(self.shape, tuple(self.points)) if len(self.points) >= self.least else None

    def remove_last(self) -> bool:
        """The vertex before counts again."""
        if self.points:
            self.points.pop()
        return True


class SplineDraft(ClickDraft):
    """A smooth outline through the vertices."""

    @property
    def outline(self) -> list[Point]:
        """The curve once there is one."""
        through = super().outline
        return list(smooth(through)) if len(through) >= self.least else through

    @property
    def vertices(self) -> int:
        """The curve's points are none."""
        return 0

    def finish(self) -> Drawn | None:
        """A polygon of the curve's points, which every format and program shows alike."""
        return Geometry(Shape.POLYGON, smooth(self.points)) if len(self.points) >= self.least else None


class LineDraft(ClickDraft):
    """A ruler of two points or an angle of three; the last click ends it, and so does lifting a dragged ruler."""

    shape = Shape.MEASUREMENT
    closes = False

    def __init__(self, tool: Tool) -> None:
        super().__init__(tool)
        self.least = 3 if tool is Tool.ANGLE else 2

    @property
    def ends_on_release(self) -> bool:  # type: ignore[override]
        """A ruler may be dragged or clicked."""
        return self.tool is Tool.RULER

    def press(self, point: Point, downsample: float) -> Drawn | None:
        """The end with the last point."""
        super().press(point, downsample)
        return self.finish()

    def release(self, point: Point, downsample: float) -> Drawn | None:
        """The end of a drag; a click leaves the ruler's end to the next one."""
        if len(self.points) == 1 and _distance(point, self.points[0]) >= SMALLEST_PX * downsample:
            self.points.append(point)
        return self.finish()


class SpanDraft(Draft):
    """A rectangle or an ellipse between two corners."""

    ends_on_release = True
    closed = True

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        """An ellipse is a polygon."""
        return Shape.RECTANGLE if self.tool is Tool.RECTANGLE else Shape.POLYGON

    @property
    def outline(self) -> list[Point]:
        """The shape up to the cursor."""
        if not self.points or self.cursor is None:
            return list(self.points)
        return list(self._spanned(_span(self.points[0], self.cursor)).points)

    def press(self, point: Point, downsample: float) -> Drawn | None:
        """The first corner."""
        self.points, self.cursor = [point], point
        return None

    def release(self, point: Point, downsample: float) -> Drawn | None:
        """The second corner."""
        region = _span(self.points[0], point)
        self.points = []
        meant = min(region.width, region.height) >= SMALLEST_PX * downsample
        return self._spanned(region) if meant else None

    def _spanned(self, region: Region) -> Geometry:
        if self.tool is Tool.RECTANGLE:
            return rectangle(region)
        half_width, half_height = region.width / 2, region.height / 2
        return ellipse(Point(region.x + half_width, region.y + half_height), half_width, half_height)


class PathDraft(Draft):
    """A lasso drawn with the button down."""

    ends_on_release = True
    kept = True

    def press(self, point: Point, downsample: float) -> Drawn | None:
        """The path begins."""
        self.points, self.cursor = [point], point
        return None

    def move(self, point: Point, downsample: float) -> bool:
        """A vertex every few pixels."""
        self.cursor = point
        if not self.points or _distance(self.points[-1], point) < self._step(downsample):
            return False
        self.points.append(point)
        return True

    def release(self, point: Point, downsample: float) -> Drawn | None:
        """The end of the path."""
        self.cursor = point
        made = self.finish()
        self.points = []
        return made

    def finish(self) -> Drawn | None:
        """None where the path encloses nothing."""
        return Geometry(Shape.POLYGON, tuple(self.points)) if len(self.points) >= 3 else None

    def _step(self, downsample: float) -> float:
        return STEP_PX * downsample


class StrokeDraft(PathDraft):
    """A stroke of a round brush whose size is that of the screen, at any zoom."""

    kept = False

    def __init__(self, tool: Tool, radius_px: float) -> None:
        super().__init__(tool)
        self.radius_px = radius_px
        self._downsample = 1.0

    def press(self, point: Point, downsample: float) -> Drawn | None:
        """The brush keeps the size that it had when the stroke began."""
        self._downsample = downsample
        return super().press(point, downsample)

    def finish(self) -> Drawn | None:
        """What the stroke covers."""
        painted = stroked(self.points, self.radius_px * self._downsample)
        return tidied(painted, TIDY_PX * self._downsample)

    def _step(self, downsample: float) -> float:
        return BRUSH_STEP * self.radius_px * self._downsample


class WandDraft(Draft):
    """A touch; drawing away from it makes the wand take more."""

    ends_on_release = True

    @property
    def outline(self) -> list[Point]:
        """A line that tells how far it was drawn."""
        return [*self.points, self.cursor] if self.points and self.cursor is not None else []

    def press(self, point: Point, downsample: float) -> Drawn | None:
        """The touch."""
        self.points, self.cursor = [point], point
        return None

    def release(self, point: Point, downsample: float) -> Drawn | None:
        """Where it touched and how far it was drawn."""
        seed = self.points.pop()
        return WandSeed(seed, _distance(seed, point) / downsample, downsample)


_DRAFTS: dict[Tool, Callable[[Tool], Draft]] = {
    Tool.POINT: DotDraft,
    Tool.POLYGON: ClickDraft,
    Tool.SPLINE: SplineDraft,
    Tool.RULER: LineDraft,
    Tool.ANGLE: LineDraft,
    Tool.RECTANGLE: SpanDraft,
    Tool.ELLIPSE: SpanDraft,
    Tool.FREEHAND: PathDraft,
    Tool.WAND: WandDraft,
}


def draft_for(tool: Tool, brush_px: float = 20.0) -> Draft:
    """A shape that is not begun yet; `brush_px` is the brush's radius in screen pixels."""
    if tool in (Tool.BRUSH, Tool.ERASER):
        return StrokeDraft(tool, brush_px)
    return _DRAFTS.get(tool, Draft)(tool)


def _distance(a: Point, b: Point) -> float:
    return ((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5


def _span(a: Point, b: Point) -> Region:
    return Region(min(a.x, b.x), min(a.y, b.y), abs(a.x - b.x), abs(a.y - b.y))
