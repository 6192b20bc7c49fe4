"""The named rules that the answer of an author's own method must keep, whatever kind of model gives it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.plugin.output_check import refused

ROUNDING = 1e-6


def checked_numbers(output: Any, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
    """Finite numbers of that shape as float32; None stands for any length above 0. Raises InferenceError."""
    if not isinstance(output, np.ndarray) or not np.issubdtype(output.dtype, np.floating):
        kind = getattr(output, "dtype", type(output).__name__)
        raise refused("output-dtype", f"it is {kind}, not a floating point array")
    fits = len(output.shape) == len(shape) and all(
        length == wanted if wanted is not None else length > 0
        for length, wanted in zip(output.shape, shape, strict=True)
    )
    if not fits:
        words = ", ".join("any" if wanted is None else str(wanted) for wanted in shape)
        raise refused("output-shape", f"it has the shape {output.shape}, not ({words})")
    if not np.isfinite(output).all():
        raise refused("output-finite", "it holds nan or infinity")
    return output.astype(np.float32, copy=False)


def checked_probabilities(output: Any, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
    """Numbers between 0 and 1 of that shape as float32. Raises InferenceError naming the broken rule."""
    values = checked_numbers(output, shape)
    if values.min(initial=0.0) < 0.0 or values.max(initial=0.0) > 1.0 + ROUNDING:
        raise refused("output-range", "it holds values that are not probabilities between 0 and 1")
    return values
