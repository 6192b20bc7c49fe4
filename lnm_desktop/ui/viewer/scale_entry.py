"""What a person types to get an exact magnification, and what stands there to be read."""

from __future__ import annotations

import re

from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.ui.viewer.view_state import ViewState

EXAMPLES = "Type 20x, 0.5 µm/px or 1 : 4"
_NUMBER = r"(\d+(?:[.,]\d*)?|[.,]\d+)"
_TIMES = re.compile(rf"{_NUMBER}\s*(?:x|×)?")
_LENGTH = re.compile(rf"{_NUMBER}\s*(um|µm|μm|mm)(?:\s*/\s*(?:px|pixel))?")
_RATIO = re.compile(rf"{_NUMBER}\s*:\s*{_NUMBER}")
_UM_PER = {"um": 1.0, "µm": 1.0, "μm": 1.0, "mm": 1000.0}


def wanted_downsample(text: str, view: ViewState) -> float:
    """Level-0 pixels per screen pixel for "20x", "12.5", "0.5 um", "0.3 mm/px" or "1 : 4", from a view of the image.

    Raises ValueError with words for the person: what cannot be read, or has no meaning for this image.
    """
    entry = text.strip().lower()
    for pattern, convert in ((_RATIO, _from_ratio), (_LENGTH, _from_length), (_TIMES, _from_magnification)):
        found = pattern.fullmatch(entry)
        if found:
            return convert(found, view)
    raise ValueError(EXAMPLES)


def scale_words(view: ViewState, calibration: Calibration) -> str:
    """As in "20.0×   0.50 µm/px   pixel size stated by hand"; an unknown pixel size is said, not guessed."""
    if view.mpp is None:
        return f"{entry_words(view)}   pixel size unknown"
    stated = "   pixel size stated by hand" if calibration.source is CalibrationSource.USER else ""
    if view.magnification is None:  # radiology speaks of millimetres, and knows no objective
        return f"{entry_words(view)}{stated}"
    return f"{entry_words(view)}   {view.mpp:.3g} µm/px{stated}"


def entry_words(view: ViewState) -> str:
    """The same in the fewest words, as they can be typed."""
    if view.mpp is None:
        down = view.downsample
        return f"1 : {down:.3g}" if down >= 1 else f"{1 / down:.3g} : 1"
    return f"{view.mpp / 1000:.3g} mm/px" if view.magnification is None else _times(view.magnification)


def turn_words(view: ViewState) -> str:
    """As in "37°" or "mirrored 90°"; empty for the picture as it is in the file."""
    degrees = f"{view.rotation_deg % 360:.1f}".removesuffix(".0")
    parts = ("mirrored" if view.mirrored else "", f"{degrees}°" if degrees not in ("0", "360") else "")
    return " ".join(part for part in parts if part)


def _times(magnification: float) -> str:
    """As in 20.0×; below 10 a second decimal where it says something, as in 1.25×."""
    if magnification >= 10:
        return f"{magnification:.1f}×"
    digits = f"{magnification:.2f}"
    return f"{digits[:-1] if digits.endswith('0') else digits}×"


def _from_ratio(found: re.Match[str], _view: ViewState) -> float:
    return _positive(found[2]) / _positive(found[1])


def _from_length(found: re.Match[str], view: ViewState) -> float:
    if view.mpp is None:
        raise ValueError("No pixel size known: type 1 : 4")
    return _positive(found[1]) * _UM_PER[found[2]] * view.downsample / view.mpp


def _from_magnification(found: re.Match[str], view: ViewState) -> float:
    number = _positive(found[1])
    if view.magnification is None:
        raise ValueError("No magnification known: type 1 : 4" if view.mpp is None else "Type a length: 0.3 mm/px")
    return view.magnification * view.downsample / number


def _positive(text: str) -> float:
    number = float(text.replace(",", "."))
    if number <= 0:
        raise ValueError("Type a number above 0")
    return number
