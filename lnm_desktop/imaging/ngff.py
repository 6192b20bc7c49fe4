"""OME-Zarr's metadata (NGFF 0.4 and 0.5) pass through here: axes, levels, channels and sizes, read without trust."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from lnm_desktop.domain.image import Window

_UM_PER_UNIT = {"nanometer": 1e-3, "micrometer": 1.0, "millimeter": 1e3, "centimeter": 1e4, "meter": 1e6}
_UM_PER_UNIT |= {"angstrom": 1e-4, "picometer": 1e-6, "micron": 1.0, "um": 1.0, "µm": 1.0, "nm": 1e-3, "mm": 1e3}
_DEFAULT_AXES = ("t", "c", "z", "y", "x")
_RGB = ("ff0000", "00ff00", "0000ff")
Json = Mapping[str, Any]


class MetadataError(Exception):
    """What is wrong with the metadata, in words."""


@dataclass(frozen=True, slots=True)
class LevelEntry:
    """Where a level's array lies in the folder, and its scale by axis: units per pixel, empty where not stated."""

    path: str
    scale: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Multiscale:
    """An image in levels, the finest first. `axes` has one letter of "tczyx" per dimension, y and x last.

    `mpp_x` and `mpp_y` are None where the unit is not stated. `names`, `colors` (`#rrggbb`, "" where not stated) and
    `windows` go by channel; `is_rgb` is what the file says of three channels, None where it says nothing.
    """

    axes: str
    levels: tuple[LevelEntry, ...]
    mpp_x: float | None
    mpp_y: float | None
    names: tuple[str, ...]
    colors: tuple[str, ...]
    windows: tuple[Window | None, ...]
    is_rgb: bool | None


def image_group(attributes: Json) -> str:
    """Where in the folder the image is described: "" for the folder itself, "0" in Bio-Formats' layout.

    Raises MetadataError.
    """
    found = _ome(attributes)
    if found.get("multiscales"):
        return ""
    if "bioformats2raw.layout" in found:
        return "0"
    if "plate" in found or "well" in found:
        raise MetadataError("it is a plate of many images; open the folder of one of them")
    raise MetadataError("it has no multiscales, by which OME-Zarr lists the levels of an image")


def read_multiscale(attributes: Json) -> Multiscale:
    """The first image that a group describes. Raises MetadataError."""
    found = _ome(attributes)
    try:
        image = found["multiscales"][0]
        axes, units = _axes(image.get("axes"))
        whole = _scale(image.get("coordinateTransformations"), len(axes))
        levels = tuple(_level(entry, whole, len(axes)) for entry in image["datasets"])
        channels = [dict(channel) for channel in found.get("omero", {}).get("channels", ())]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise MetadataError("its multiscales are not as OME-Zarr describes them") from error
    if not levels:
        raise MetadataError("its multiscales list no level")
    mpp_y, mpp_x = (_micrometres(levels[0].scale, units, axis) for axis in (-2, -1))
    colors = tuple(_color(channel.get("color")) for channel in channels)
    return Multiscale(
        axes,
        levels,
        mpp_x,
        mpp_y,
        tuple(str(channel.get("label") or channel.get("name") or "") for channel in channels),
        colors,
        tuple(_window(channel.get("window")) for channel in channels),
        _is_rgb(colors) if channels else None,
    )


def _ome(attributes: Json) -> Json:
    """Since 0.5 all stands under one key."""
    inner = attributes.get("ome")
    return inner if isinstance(inner, Mapping) else attributes


def _axes(stated: Any) -> tuple[str, tuple[str, ...]]:
    """One letter per dimension, and its unit. Until 0.3 axes were plain names or not stated."""
    entries = stated or _DEFAULT_AXES
    named = [entry if isinstance(entry, Mapping) else {"name": entry} for entry in entries]
    axes = "".join(str(entry["name"]) for entry in named)
    if not re.fullmatch("t?c?z?yx", axes):
        raise MetadataError(f"its axes {axes!r} are not some of t, c, z, y, x in this order")
    return axes, tuple(str(entry.get("unit") or "") for entry in named)


def _level(entry: Json, whole: Sequence[float], count: int) -> LevelEntry:
    path = PurePosixPath(str(entry["path"]))
    if path.is_absolute() or ".." in path.parts:
        raise MetadataError("it names levels outside its folder")
    own = _scale(entry.get("coordinateTransformations"), count)
    both = tuple(a * b for a, b in zip(own, whole or (1.0,) * count, strict=True)) if own else tuple(whole)
    return LevelEntry(path.as_posix(), both)


def _scale(transformations: Any, count: int) -> tuple[float, ...]:
    """Units per pixel of each axis; empty where nothing usable is stated."""
    stated = next((item["scale"] for item in transformations or () if item.get("type") == "scale"), ())
    scale = tuple(float(value) for value in stated)
    usable = len(scale) == count and all(math.isfinite(value) and value > 0 for value in scale)
    return scale if usable else ()


def _micrometres(scale: Sequence[float], units: Sequence[str], axis: int) -> float | None:
    factor = _UM_PER_UNIT.get(units[axis])
    return scale[axis] * factor if scale and factor is not None else None


def _color(stated: Any) -> str:
    text = str(stated or "").lstrip("#").lower()
    return f"#{text}" if re.fullmatch("[0-9a-f]{6}", text) else ""


def _is_rgb(colors: Sequence[str]) -> bool:
    return tuple(color.lstrip("#") for color in colors) == _RGB


def _window(stated: Any) -> Window | None:
    """The range that is shown, None where it is not stated or empty."""
    try:
        start, end = float(stated["start"]), float(stated["end"])
    except (KeyError, TypeError, ValueError):
        return None
    usable = math.isfinite(start) and math.isfinite(end) and end > start
    return Window((start + end) / 2, end - start) if usable else None
