"""What the left mouse button does."""

from __future__ import annotations

from enum import StrEnum


class Tool(StrEnum):
    """One tool of the tool strip."""

    MOVE = "move"
    POLYGON = "polygon"
    FREEHAND = "freehand"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    SPLINE = "spline"
    BRUSH = "brush"
    ERASER = "eraser"
    WAND = "wand"
    POINT = "point"
    RULER = "ruler"
    ANGLE = "angle"
    SELECT = "select"


DRAWING_TOOLS = frozenset(Tool) - {Tool.MOVE, Tool.SELECT}
ROUND_TOOLS = frozenset({Tool.BRUSH, Tool.ERASER})
"""What paints with a round tip."""
AREA_TOOLS = DRAWING_TOOLS - {Tool.POINT, Tool.RULER, Tool.ANGLE}
"""What draws something that can be added to an area or taken out of it."""


class Combine(StrEnum):
    """What a drawn area does with the selected one."""

    NEW = "new"
    ADD = "add"
    SUBTRACT = "subtract"
