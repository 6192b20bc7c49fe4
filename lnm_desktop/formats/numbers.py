"""Numbers as other programs write them."""

from __future__ import annotations

import math

from lnm_desktop.errors import FormatError


def finite_number(text: str | None, words: str) -> float:
    """The number, decimal commas included. Raises FormatError that begins with `words` where it is none."""
    value = _number(text)
    if not math.isfinite(value) or "_" in str(text):
        raise FormatError(
            f"{words} is not a finite number: {text!r:.60}",
            hint="Correct or remove this annotation in the program that made it.",
        )
    return value


def _number(text: str | None) -> float:
    for candidate in (text or "", (text or "").replace(",", ".")):
        try:
            return float(candidate)
        except ValueError:
            continue
    return math.nan
