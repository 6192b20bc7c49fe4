"""Grey values become screen values here, by DICOM PS3.3 C.11.2.1.2.1 (LINEAR)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import Window

ROBUST_PERCENTILES = (1.0, 99.0)


def apply_window(values: NDArray[np.generic], window: Window, inverted: bool = False) -> NDArray[np.uint8]:
    """uint8 of the same shape; MONOCHROME1 is inverted after the window. A width below 1 is a threshold.

    Rounded half up, as the standard's formula gives real numbers.
    """
    width, center = max(window.width, 1.0), window.center
    real = np.asarray(values, dtype=np.float64)
    if width > 1:
        shown = np.clip(((real - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)
    else:
        shown = np.where(real <= center - 0.5, 0.0, 255.0)
    screen = np.floor(np.nan_to_num(shown) + 0.5).astype(np.uint8)
    return 255 - screen if inverted else screen


def robust_window(values: NDArray[np.generic]) -> Window:
    """The window whose linear part spans the 1st to the 99th percentile of finite values."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return Window(0.5, 2.0)
    low, high = (float(value) for value in np.percentile(finite, ROBUST_PERCENTILES))
    # LINEAR maps center - 0.5 - (width - 1) / 2 to black and center - 0.5 + (width - 1) / 2 to white.
    return Window((low + high) / 2 + 0.5, max(high - low, 1.0) + 1)
