"""Shapes, annotations and groups as JSON objects: the form used by requests, the journal and drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lnm_desktop.domain.annotation import DEFAULT_COLOR, HUMAN, NO_GROUP, Annotation, AnnotationGroup
from lnm_desktop.domain.geometry import Geometry, Point, Ring, Shape, is_hole
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.errors import FormatError

_FLAGS = {"locked": False, "visible": True, "filled": True}


def geometry_to_dict(geometry: Geometry) -> dict[str, Any]:
    """`{"shape", "points": [[x, y], …], "holes": [ring, …]}`; `holes` only where there are some."""
    data: dict[str, Any] = {"shape": geometry.shape.value, "points": ring_to_list(geometry.points)}
    if geometry.holes:
        data["holes"] = [ring_to_list(hole) for hole in geometry.holes]
    return data


def geometry_from_dict(data: Mapping[str, Any]) -> Geometry:
    """The inverse of `geometry_to_dict`; coordinates are exact. Raises FormatError."""
    try:
        shape = Shape(data["shape"])
        # Earlier versions kept holes of one or two points, which take nothing away.
        holes = tuple(ring for ring in map(ring_from_list, data.get("holes", ())) if is_hole(ring))
        return Geometry(shape, ring_from_list(data["points"]), holes)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _unreadable("shape", error) from error


def ring_to_list(ring: Ring) -> list[list[float]]:
    """`[[x, y], …]` in level-0 pixels."""
    return [[float(point.x), float(point.y)] for point in ring]


def ring_from_list(data: object) -> Ring:
    """The inverse of `ring_to_list`. Raises TypeError or ValueError for anything but pairs of numbers."""
    if not isinstance(data, list | tuple):
        raise TypeError("a ring is a list of [x, y]")
    return tuple(_point(pair) for pair in data)


def annotation_to_dict(annotation: Annotation) -> dict[str, Any]:
    """All fields of an annotation, its geometry included."""
    return {
        "id": annotation.id,
        "geometry": geometry_to_dict(annotation.geometry),
        "group": annotation.group,
        "name": annotation.name,
        "color": annotation.color,
        "author": annotation.author,
        "created": annotation.created,
        "origin": annotation.origin,
        "comment": annotation.comment,
    }


def annotation_from_dict(data: Mapping[str, Any]) -> Annotation:
    """The inverse of `annotation_to_dict`; absent details get their defaults. Raises FormatError."""
    try:
        identity = AnnotationId(_text(data, "id"))
        geometry = geometry_from_dict(data["geometry"])
        return Annotation(
            identity,
            geometry,
            group=_text(data, "group", NO_GROUP),
            name=_text(data, "name", ""),
            color=_text(data, "color", DEFAULT_COLOR),
            author=_text(data, "author", ""),
            created=_text(data, "created", ""),
            origin=_text(data, "origin", HUMAN),
            comment=_text(data, "comment", ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable("annotation", error) from error


def group_to_dict(group: AnnotationGroup) -> dict[str, Any]:
    """All fields of a group; attributes stay a list of pairs, their order and repetitions kept."""
    return {
        "name": group.name,
        "color": group.color,
        "parent": group.parent,
        "attributes": [list(pair) for pair in group.attributes],
        "locked": group.locked,
        "visible": group.visible,
        "filled": group.filled,
    }


def group_from_dict(data: Mapping[str, Any]) -> AnnotationGroup:
    """The inverse of `group_to_dict`. Raises FormatError."""
    try:
        attributes = tuple(_pair(pair) for pair in data.get("attributes", ()))
        color = _text(data, "color", AnnotationGroup("default").color)
        flags = {name: _flag(data, name, usual) for name, usual in _FLAGS.items()}
        return AnnotationGroup(_text(data, "name"), color, _text(data, "parent", NO_GROUP), attributes, **flags)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable("group", error) from error


def _point(pair: object) -> Point:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise TypeError("a point is [x, y]")
    return Point(_number(pair[0]), _number(pair[1]))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _text(data: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = data[key] if default is None else data.get(key, default)
    if not isinstance(value, str):
        raise TypeError(f"{key!r} is not text")
    return value


def _flag(data: Mapping[str, Any], key: str, usual: bool) -> bool:
    value = data.get(key, usual)
    if not isinstance(value, bool):
        raise TypeError(f"{key!r} is neither true nor false")
    return value


def _pair(pair: object) -> tuple[str, str]:
    match pair:
        case [str(key), str(value)]:
            return key, value
        case _:
            raise TypeError("an attribute is [key, value]")


def _unreadable(what: str, error: Exception) -> FormatError:
    words = f"no {error}" if isinstance(error, KeyError) else str(error)
    return FormatError(
        f"a stored {what} cannot be read: {words}", hint="The data were written by another program or altered."
    )
