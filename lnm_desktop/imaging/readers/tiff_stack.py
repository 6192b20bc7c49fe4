"""Which picture of a TIFF holds which plane and channel, at each level: no pixel is decoded here."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

MOST_UNNAMED_CHANNELS = 6
MOST_PLAIN_SAMPLES = 2
_RGB, _GREY = (2, 6), (0, 1)
_UNKNOWN_AXES = frozenset("IQ")
_ALPHA = frozenset({1, 2})


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored picture: a page, and how many bytes behind its own data those of a picture without a page lie."""

    page: Any
    shift_bytes: int = 0


class TiffStack:
    """The first series of a TIFF: its levels, and a page for each plane and channel.

    `axes` names what the pages of one level stand for, by tifffile's letters. `samples` is how many samples of a page
    are channels, 0 where they are a colour.
    """

    def __init__(self, file: tifffile.TiffFile) -> None:
        self._series = _levels(file)
        self.keyframes: list[Any] = [level.keyframe for level in self._series]
        self.samples = _channel_samples(self.keyframes[0])
        self.axes, shape = _leading(self._series[0], self.keyframes[0])
        self.missing = prod(shape) - self._stored_count()
        if self.missing > 0 and not self._is_one_block(0):
            self.axes, shape = "", ()
        self.is_guess = bool(_UNKNOWN_AXES & set(self.axes))
        self._pages = _by_plane_and_channel(self.axes, shape, self._splits(shape))

    @property
    def planes(self) -> int:
        """Slices and times together, the slices of one time together."""
        return self._pages.shape[0]

    @property
    def channels(self) -> int:
        """0 for plain colour or grey."""
        count = self._pages.shape[1] * max(1, self.samples)
        return count if count > 1 else 0

    def sample_of(self, channel: int) -> int:
        """Which sample of its page a channel is."""
        return channel % self.samples if self.samples else 0

    def stored(self, level: int, plane: int, channel: int) -> Stored | None:
        """The picture that holds a plane of a channel, None for one that the file does not hold."""
        index = int(self._pages[plane, channel // max(1, self.samples)])
        series, keyframe = self._series[level], self.keyframes[level]
        if index and len(series) == 1:
            return Stored(keyframe, index * sum(keyframe.databytecounts))
        page = series[index]
        return None if page is None or not len(page.dataoffsets) else Stored(page)

    def _stored_count(self) -> int:
        return len(self._series[0])

    def _is_one_block(self, level: int) -> bool:
        """True where the pictures follow one another without a page each, as ImageJ writes them."""
        series = self._series[level]
        return len(series) == 1 and series.dataoffset is not None and int(self.keyframes[level].compression) == 1

    def _splits(self, shape: tuple[int, ...]) -> str:
        """The letter of the axis that is shown as channels, "" for none: colours are never split."""
        if _is_colour(self.keyframes[0]) and not self.samples:
            return ""
        if "C" in self.axes:
            return "C"
        unknown = [axis for axis in self.axes if axis in _UNKNOWN_AXES]
        return unknown[0] if unknown and prod(shape) <= MOST_UNNAMED_CHANNELS else ""


def _levels(file: tifffile.TiffFile) -> list[Any]:
    """The first series and the reduced versions that tifffile finds of it, all of one kind."""
    series = file.series[0]
    first = series.keyframe
    fit = [
        level
        for level in series.levels
        if level.keyframe.dtype == first.dtype
        and level.keyframe.samplesperpixel == first.samplesperpixel
        and len(level) == len(series)
    ]
    return fit or [series]


def _leading(series: Any, keyframe: Any) -> tuple[str, tuple[int, ...]]:
    """Names and lengths of the axes that are spread over pages."""
    count = len(series.axes) - len(keyframe.axes)
    return series.axes[:count], tuple(series.shape[:count])


def _is_colour(page: Any) -> bool:
    return int(page.photometric) not in _GREY


def _channel_samples(page: Any) -> int:
    """More samples than a colour has, or several of grey, are channels; transparency is none."""
    samples = page.samplesperpixel - sum(int(kind) in _ALPHA for kind in page.extrasamples)
    plain = 4 if int(page.photometric) in _RGB else MOST_PLAIN_SAMPLES
    return samples if samples > plain else 0


def _by_plane_and_channel(axes: str, shape: tuple[int, ...], split: str) -> NDArray[np.intp]:
    """Index of the page for each plane (rows; slices vary fastest) and channel (columns)."""
    places = range(len(axes))
    order = sorted(places, key=lambda place: (bool(split) and place == axes.index(split), axes[place] == "Z"))
    channels = shape[axes.index(split)] if split else 1
    return np.arange(prod(shape)).reshape(shape).transpose(order).reshape(-1, channels)
