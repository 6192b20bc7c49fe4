"""From a map's values to colours: the one place that says what is seen and what stays clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.colormaps import COLORMAPS
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

RAMP = 0.1


def colored(values: NDArray[np.float32], style: HeatmapStyle) -> NDArray[np.uint8]:
    """RGBA of values in 0 … 1: clear where nothing was examined and up to the threshold, full from RAMP above it on.

    The ramp is shorter near 0 and 1, so that with threshold 0 everything examined shows, and 1 always does.
    """
    table = np.array([(*rgb, 255) for rgb in COLORMAPS[style.colormap]], np.uint8)
    known = np.where(np.isnan(values), -1.0, np.clip(values, 0, 1))
    rgba = table[(np.maximum(known, 0) * 255).round().astype(np.uint8)]
    rgba[..., 3] = (_alpha(known, style.threshold) * 255).round().astype(np.uint8)
    return rgba


def _alpha(values: NDArray[np.floating], threshold: float) -> NDArray[np.floating]:
    ramp = min(RAMP, threshold, 1 - threshold)
    if ramp <= 0:
        return (values >= threshold).astype(np.float32)
    return np.clip((values - threshold) / ramp, 0, 1)
