"""OME-XML passes through here: what an OME-TIFF tells of its pixels, read without trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

# OME's default unit is the micrometre; U+03BC and U+00B5 look the same and both are written.
UM_PER_UNIT = {"µm": 1.0, "μm": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6, "pm": 1e-6, "Å": 1e-4}
MAXIMUM_CHARACTERS = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class OmeImage:
    """The first image of OME-XML. Pixel sizes in µm or as they are written, None where they are not stated.

    `names` and `colors` (`#rrggbb`, "" where not stated) go by channel. `significant_bits` is 0 where not stated.
    """

    mpp_x: float | str | None = None
    mpp_y: float | str | None = None
    names: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    significant_bits: int = 0


def has_dtd(text: str) -> bool:
    """True for a text that declares entities, which no OME-TIFF needs and a parser may be flooded by."""
    return "<!DOCTYPE" in text or "<!ENTITY" in text


def read_ome(text: str | None) -> OmeImage:
    """What the text tells of its first image; nothing where it cannot be read."""
    if not text or len(text) > MAXIMUM_CHARACTERS:
        return OmeImage()
    try:
        root = ElementTree.fromstring(text, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, RecursionError):
        return OmeImage()
    pixels = next((element for element in root.iter() if _name(element) == "Pixels"), None)
    if pixels is None:
        return OmeImage()
    channels = [child for child in pixels if _name(child) == "Channel"]
    return OmeImage(
        *_pixel_size(pixels),
        names=tuple(channel.get("Name") or channel.get("Fluor") or "" for channel in channels),
        colors=tuple(_color(channel.get("Color")) for channel in channels),
        significant_bits=_bits(pixels.get("SignificantBits")),
    )


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _pixel_size(pixels: Any) -> tuple[float | str | None, float | str | None]:
    """Across and down; one that is not stated is like the other."""
    x, y = (_micrometres(pixels, axis) for axis in "XY")
    return x if x is not None else y, y if y is not None else x


def _micrometres(pixels: Any, axis: str) -> float | str | None:
    """None for what is not stated or in no unit of length; a text that is no number is handed on to be refused."""
    value, unit = pixels.get(f"PhysicalSize{axis}"), pixels.get(f"PhysicalSize{axis}Unit", "µm")
    if value is None or unit not in UM_PER_UNIT:
        return None
    try:
        return float(value) * UM_PER_UNIT[unit]
    except ValueError:
        return value


def _color(text: str | None) -> str:
    """OME's signed 32-bit RGBA as `#rrggbb`; black shows nothing and counts as not stated."""
    try:
        value = int(text or "") & 0xFFFFFFFF
    except ValueError:
        return ""
    rgb = value >> 8
    return f"#{rgb:06x}" if rgb else ""


def _bits(text: str | None) -> int:
    try:
        bits = int(text or "")
    except ValueError:
        return 0
    return bits if 0 < bits <= 64 else 0
