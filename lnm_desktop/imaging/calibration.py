"""Every pixel size that a file states passes through here before it is believed."""

from __future__ import annotations

import math

from lnm_desktop.domain.image import Calibration, CalibrationSource

MINIMUM_MPP = 0.01
MAXIMUM_MPP = 100.0
MAXIMUM_PRINT_MPP = 20.0
ASPECT_RANGE = (0.8, 1.25)


def read_calibration(
    mpp_x: object,
    mpp_y: object,
    *,
    maximum_mpp: float = MAXIMUM_MPP,
    aspect_range: tuple[float, float] = ASPECT_RANGE,
) -> tuple[Calibration, tuple[str, ...]]:
    """The calibration that a file states in µm per pixel, or unknown with one warning that says why."""
    x, y = _number(mpp_x), _number(mpp_y)
    problem = _problem(x, y, maximum_mpp, aspect_range)
    if problem:
        return Calibration(), (f"{problem}: lengths are not shown until a pixel size is given.",)
    return Calibration(x, y, CalibrationSource.FILE), ()


def _problem(x: float, y: float, maximum_mpp: float, aspect_range: tuple[float, float]) -> str:
    if math.isnan(x) and math.isnan(y):
        return "The file states no pixel size"
    stated = f"The stated pixel size of {x:g} × {y:g} µm"
    if not (math.isfinite(x) and math.isfinite(y) and x > 0 and y > 0):
        return f"{stated} is impossible"
    if max(x, y) > maximum_mpp or min(x, y) < MINIMUM_MPP:
        return f"{stated} is implausible"
    if not aspect_range[0] <= x / y <= aspect_range[1]:
        return f"{stated} is far from square"
    return ""


def _number(value: object) -> float:
    """A float, nan for what is absent, -1 for what is stated but not a number."""
    if value is None or value == "":
        return math.nan
    try:
        number = float(str(value))
    except ValueError:
        return -1.0
    return -1.0 if math.isnan(number) else number
