"""Fluorescence channels become one picture: each in its range and its colour, added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import Channel


def blended(
    tile: NDArray[np.generic], ranges: Sequence[tuple[float, float]], colors: Sequence[str]
) -> NDArray[np.uint8]:
    """(rows, columns, channels) as uint8 (rows, columns, 3); per channel the values of black and full `#rrggbb`."""
    low, high = np.array(ranges, np.float32).T
    inks = np.array([_rgb(color) for color in colors], np.float32)
    amounts = np.clip((tile.astype(np.float32) - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)
    return np.minimum(amounts @ inks + 0.5, 255.0).astype(np.uint8)


def first_range(channel: Channel, dtype: str) -> tuple[float, float]:
    """The values that are black and full at first: the file's, else all that the dtype can hold."""
    if channel.window is None:
        return 0.0, float(np.iinfo(dtype).max) if np.dtype(dtype).kind in "ui" else 1.0
    half = channel.window.width / 2
    return channel.window.center - half, channel.window.center + half


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
