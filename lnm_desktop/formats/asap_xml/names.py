"""Texts and colours in the forms that ASAP XML can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PIL import ImageColor

from lnm_desktop.formats.asap_xml.flags import OWN_KEYS

NONE = "None"
# XML 1.0 production [2], Char: what is not listed there cannot stand in a document, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
_HEX_WITH_ALPHA = re.compile(r"#[0-9A-Fa-f]{8}")


def xml_text(text: str) -> str:
    """The text with each character that XML cannot hold replaced: controls by their pictures (U+2400 …)."""
    return _NOT_XML.sub(_picture, text)


def xml_key(text: str) -> str:
    """An attribute's name: other characters become `_`, and what XML or this program reserves is prefixed by one."""
    key = re.sub(r"[^A-Za-z0-9_.-]", "_", text)
    return key if _KEY.fullmatch(key) and not key.lower().startswith(("xml", OWN_KEYS)) else f"_{key}"


def group_names(names: Iterable[str], reserved: str = NONE) -> dict[str, str]:
    """For each group's name the one to write: valid, unique, and not the format's word for no group."""
    written: dict[str, str] = {}
    for name in sorted(names, key=lambda name: xml_text(name) != name):
        text = xml_text(name)
        text = f"{text} (group)" if text == reserved else text
        written[name] = _unique(text, set(written.values()))
    return written


def rgb_color(text: str) -> str | None:
    """`#RRGGBB` of a hexadecimal or named colour; Qt puts the opacity first and it is dropped. None: unreadable."""
    if _HEX.fullmatch(text):
        return text
    if _HEX_WITH_ALPHA.fullmatch(text):
        return "#" + text[3:]
    try:
        red, green, blue, *_ = ImageColor.getrgb(text.strip())
    except (ValueError, AttributeError):
        return None
    return f"#{red:02X}{green:02X}{blue:02X}"


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def _unique(text: str, taken: set[str]) -> str:
    candidate, number = text, 2
    while candidate in taken:
        candidate, number = f"{text} {number}", number + 1
    return candidate
