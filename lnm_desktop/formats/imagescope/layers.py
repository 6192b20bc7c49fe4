"""What stands in an ImageScope file: kinds of regions, and colours as Windows packs them."""

from __future__ import annotations

from enum import StrEnum

DESCRIPTION = "Description"


class Kind(StrEnum):
    """`Region@Type`. Files show 0 to 2 and 4 often, arrows and counters seldom."""

    OUTLINE = "0"
    RECTANGLE = "1"
    ELLIPSE = "2"
    ARROW = "3"
    RULER = "4"
    COUNTER = "5"


def packed(color: str) -> int:
    """`#RRGGBB` as the whole number that ImageScope writes: blue is the highest byte."""
    red, green, blue = bytes.fromhex(color[1:])
    return red | green << 8 | blue << 16


def unpacked(text: str) -> str | None:
    """`#RRGGBB` of ImageScope's number; None where it is not a number."""
    if not text.strip().isdecimal() or len(text) > 20:
        return None
    value = int(text)
    return f"#{value & 0xFF:02X}{value >> 8 & 0xFF:02X}{value >> 16 & 0xFF:02X}"
