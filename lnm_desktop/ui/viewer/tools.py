"""What the left mouse button does."""

from __future__ import annotations

from enum import StrEnum


class Tool(StrEnum):
    """One tool of the tool strip."""

    MOVE = "move"
    POLYGON = "polygon"
    FREEHAND = "freehand"
    RECTANGLE = "rectangle"
    POINT = "point"
    SELECT = "select"


DRAWING_TOOLS = frozenset({Tool.POLYGON, Tool.FREEHAND, Tool.RECTANGLE, Tool.POINT})
