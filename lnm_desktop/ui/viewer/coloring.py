"""From a map's values to colours: the one place that says what is seen and what stays clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.colormaps import COLORMAPS, DIVERGING, ColorTable
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

RAMP = 0.1
DIFFERENCE_FROM = 0.05
"""Two runs that differ by less than this show the tissue alone."""
STEPS = 4096


def colored(values: NDArray[np.float32], style: HeatmapStyle, *, signed: bool = False) -> NDArray[np.uint8]:
    """RGBA of values in 0 … 1: clear where nothing was examined and up to the threshold, full from RAMP above it on.

    The ramp is shorter near 0 and 1, so that with threshold 0 everything examined shows, and 1 always does. A
    `signed` map holds differences from -1 to 1: clear up to DIFFERENCE_FROM to either side of 0.
    """
    table = _signed_table() if signed else _table(style)
    return np.take(table, _steps(values, signed=signed)).view(np.uint8).reshape(*values.shape, 4)


def _steps(values: NDArray[np.float32], *, signed: bool) -> NDArray[np.uint16]:
    """The place of each value in a table of 1 + STEPS colours; 0 is for what was not examined."""
    low, span = (-1.0, 2.0) if signed else (0.0, 1.0)
    places = (values - np.float32(low)) * np.float32((STEPS - 1) / span)
    np.clip(places, 0, STEPS - 1, out=places)
    places += np.float32(1.5)  # to the next whole number, one further for the clear colour
    return np.fmax(places, np.float32(0), out=places).astype(np.uint16)


def _table(style: HeatmapStyle) -> NDArray[np.uint32]:
    steps = np.linspace(0, 1, STEPS)
    return _packed(COLORMAPS[style.colormap], steps, _alpha(steps, style.threshold))


def _signed_table() -> NDArray[np.uint32]:
    steps = np.linspace(0, 1, STEPS)
    return _packed(DIVERGING, steps, _alpha(np.abs(2 * steps - 1), DIFFERENCE_FROM))


def _packed(colors: ColorTable, steps: NDArray[np.float64], alpha: NDArray[np.float64]) -> NDArray[np.uint32]:
    """RGBA in one number each, so that a whole pixel is taken at once; the first one is clear."""
    rgba = np.zeros((1 + STEPS, 4), np.uint8)
    rgba[1:, :3] = np.array(colors, np.uint8)[np.rint(steps * (len(colors) - 1)).astype(np.intp)]
    rgba[1:, 3] = np.rint(alpha * 255)
    return rgba.view(np.uint32)[:, 0]


def _alpha(values: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    ramp = min(RAMP, threshold, 1 - threshold)
    if ramp <= 0:
        return (values >= threshold).astype(np.float64)
    return np.clip((values - threshold) / ramp, 0, 1)
