"""Fluorescence channels become one picture: each in its range and its colour, added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import Channel, ImageInfo
from lnm_desktop.ui.viewer.view_state import ChannelView

MOST_SHOWN_AT_FIRST = 4


def first_views(info: ImageInfo) -> tuple[ChannelView, ...]:
    """How the channels of an image are shown at first; ranges that the file does not tell are those of its dtype."""
    return tuple(_first_view(index, channel, info.dtype) for index, channel in enumerate(info.channels))


def blended(tile: NDArray[np.generic], views: Sequence[ChannelView]) -> NDArray[np.uint8]:
    """A tile of (rows, columns, len(views)) as uint8 (rows, columns, 3)."""
    low = np.array([view.low for view in views], np.float32)
    high = np.array([view.high for view in views], np.float32)
    colors = np.array([_rgb(view.color) for view in views], np.float32)
    amounts = np.clip((tile.astype(np.float32) - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)
    return np.minimum(amounts @ colors + 0.5, 255.0).astype(np.uint8)


def _first_view(index: int, channel: Channel, dtype: str) -> ChannelView:
    low, high = 0.0, float(np.iinfo(dtype).max) if np.dtype(dtype).kind in "ui" else 1.0
    if channel.window is not None:
        half = channel.window.width / 2
        low, high = channel.window.center - half, channel.window.center + half
    return ChannelView(index, index < MOST_SHOWN_AT_FIRST, channel.color, low, high)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
