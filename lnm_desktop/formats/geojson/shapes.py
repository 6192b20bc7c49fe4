"""GeoJSON geometries to shapes, in the exact doubles of the text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from lnm_desktop.domain.geometry import MINIMUM_POINTS, Geometry, Point, Ring, Shape, is_hole

MAX_VERTICES = 2_000_000
MAX_NESTED_COLLECTIONS = 8


class Shapes:
    """Reads the geometries of one file and counts their points against the limit.

    `read` raises ValueError with the reason for what cannot be read at all, and tells `note` of what is left out.
    """

    def __init__(self) -> None:
        self._vertices = 0

    def read(self, data: object, note: Callable[[str], None], depth: int = 0) -> list[Geometry]:
        """The shapes of one geometry; several for the Multi… kinds."""
        if not isinstance(data, Mapping):
            note("has no geometry and was left out")
            return []
        kind = data.get("type")
        if kind == "GeometryCollection":
            return self._collection(data, note, depth)
        parts = self._parts(kind, data.get("coordinates"), note)
        if kind in ("MultiPolygon", "MultiLineString") and len(parts) > 1:
            note(f"was a {kind}: it became {len(parts)} annotations")
        return [shape for part in parts if (shape := _checked(part, note)) is not None]

    def _collection(self, data: Mapping[str, Any], note: Callable[[str], None], depth: int) -> list[Geometry]:
        if depth == MAX_NESTED_COLLECTIONS:
            raise ValueError(f"collections are nested more than {MAX_NESTED_COLLECTIONS} deep")
        members = _list(data.get("geometries"))
        note(f"was a GeometryCollection of {len(members)}: its members became annotations")
        return [shape for member in members for shape in self.read(member, note, depth + 1)]

    def _parts(self, kind: object, data: object, note: Callable[[str], None]) -> list[tuple[Shape, list[Ring]]]:
        if kind == "Point":
            return [(Shape.DOT, [self._ring([data], note)])]
        if kind == "Polygon":
            return [(Shape.POLYGON, self._rings(data, note))]
        if kind == "MultiPolygon":
            return [(Shape.POLYGON, self._rings(polygon, note)) for polygon in _list(data)]
        if kind in ("MultiPoint", "LineString"):
            shape = Shape.POINT_SET if kind == "MultiPoint" else Shape.MEASUREMENT
            return [(shape, [self._ring(data, note)])]
        if kind == "MultiLineString":
            return [(Shape.MEASUREMENT, [self._ring(line, note)]) for line in _list(data)]
        note(f"has the unknown geometry {kind!r} and was left out")
        return []

    def _rings(self, data: object, note: Callable[[str], None]) -> list[Ring]:
        """Open rings: the last point, which repeats the first, is taken away."""
        rings = [self._ring(ring, note) for ring in _list(data)]
        return [ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring for ring in rings]

    def _ring(self, data: object, note: Callable[[str], None]) -> Ring:
        items = _list(data)
        self._vertices += len(items)
        if self._vertices > MAX_VERTICES:
            raise ValueError(f"the file has more than {MAX_VERTICES:,} points")
        if any(isinstance(item, list) and len(item) > 2 for item in items):
            note("has a third coordinate, which was left out")
        return tuple(_point(item) for item in items)


def reshaped(geometry: Geometry, shape: object) -> Geometry:
    """The geometry under the shape that this program noted when it wrote the file, where that is possible."""
    if shape not in list(Shape) or Shape(shape) is geometry.shape:
        return geometry
    try:
        return Geometry(Shape(shape), geometry.points, geometry.holes)
    except ValueError:
        return geometry


def _checked(part: tuple[Shape, list[Ring]], note: Callable[[str], None]) -> Geometry | None:
    """A geometry; what has too few points is left out and noted."""
    shape, rings = part
    outline = rings[0] if rings else ()
    if len(outline) < MINIMUM_POINTS[shape]:
        note(f"was left out: a {shape.value} needs {MINIMUM_POINTS[shape]} points, it has {len(outline)}")
        return None
    holes = tuple(ring for ring in rings[1:] if is_hole(ring))
    if len(holes) < len(rings) - 1:
        note("has a hole of fewer than three points, which was left out")
    return Geometry(shape, outline, holes)


def _point(item: object) -> Point:
    numbers = _list(item)[:2]
    if len(numbers) != 2 or any(
        isinstance(number, bool) or not isinstance(number, int | float) for number in numbers
    ):
        raise ValueError(f"{item!r:.60} is not a point")
    x, y = (_finite(number) for number in numbers)
    return Point(x, y)


def _finite(number: float) -> float:
    """The number as a double; a whole number may be too large to be one."""
    try:
        value = float(number)
    except OverflowError as error:
        raise ValueError("a coordinate is not a finite number") from error
    if not math.isfinite(value):
        raise ValueError("a coordinate is not a finite number")
    return value


def _list(data: object) -> list[Any]:
    if not isinstance(data, list):
        raise ValueError(f"{data!r:.60} is not a list of coordinates")
    return data
