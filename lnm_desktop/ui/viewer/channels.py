"""Fluorescence channels become one picture: each in its range and its colour, added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.imaging import blending
from lnm_desktop.ui.viewer.view_state import ChannelView

MOST_SHOWN_AT_FIRST = 4


def first_views(info: ImageInfo) -> tuple[ChannelView, ...]:
    """How the channels of an image are shown at first; ranges that the file does not tell are those of its dtype."""
    ranges = [blending.first_range(channel, info.dtype) for channel in info.channels]
    return tuple(
        ChannelView(index, index < MOST_SHOWN_AT_FIRST, channel.color, low, high)
        for index, (channel, (low, high)) in enumerate(zip(info.channels, ranges, strict=True))
    )


def blended(tile: NDArray[np.generic], views: Sequence[ChannelView]) -> NDArray[np.uint8]:
    """A tile of (rows, columns, len(views)) as uint8 (rows, columns, 3)."""
    return blending.blended(tile, [(view.low, view.high) for view in views], [view.color for view in views])
