"""Means of squares of pixels, in numpy alone; sums are held in the narrowest type that fits, which is fastest."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


def area_mean(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """The mean of each square of `factor` × `factor` pixels, rounded half up where values are whole numbers.

    `pixels` is (height, width) or (height, width, channels), both multiples of the factor.
    """
    height, width, *rest = pixels.shape
    band = AreaBand(pixels.shape, factor, pixels.dtype)
    band.add(pixels, 0)
    output = np.empty((height // factor, width // factor, *rest), pixels.dtype)
    band.write_means(output)
    return output


class AreaBand:
    """Rows of pixels, put together from parts beside each other, that become means."""

    def __init__(self, shape: tuple[int, ...], factor: int, dtype: np.dtype[Any]) -> None:
        """For pixels (height, width[, channels]), height and width multiples of the factor."""
        height, width, *rest = shape
        self._factor = factor
        self._channels = math.prod(rest)
        self._sums = np.empty((height // factor, width * self._channels), _sum_type(dtype, factor))

    def add(self, pixels: NDArray[Any], left: int) -> None:
        """A part as high as the band whose first column is `left`, a multiple of the factor; each place once."""
        length, first = pixels[0].size, left * self._channels
        lines = pixels.reshape(self._sums.shape[0], self._factor, length)
        sums = self._sums[:, first : first + length]
        if self._factor == 1:
            sums[...] = lines[:, 0]
            return
        np.add(lines[:, 0], lines[:, 1], out=sums, dtype=sums.dtype)
        for step in range(2, self._factor):
            np.add(sums, lines[:, step], out=sums)

    def write_means(self, output: NDArray[Any]) -> None:
        """Fill `output`. What was added is used up."""
        # Sums that run from one line into the next are made too, and left out: one pass over all is fastest.
        totals = _run_sums(self._sums.reshape(-1), self._factor, self._channels)
        _divide(totals, self._factor**2)
        means = totals.reshape(output.shape[0], -1, self._channels)
        for channel in range(self._channels):  # numpy is slow along an axis as short as that of colours
            target = output[..., channel] if output.ndim > 2 else output
            target[...] = means[:, :: self._factor, channel]


@cache
def _sum_type(dtype: np.dtype[Any], factor: int) -> np.dtype[Any]:
    if not np.issubdtype(dtype, np.integer):
        return np.dtype(np.float64)
    most = max(abs(int(limit)) for limit in (np.iinfo(dtype.name).min, np.iinfo(dtype.name).max))
    kinds = (np.uint16, np.uint32) if dtype.kind == "u" else (np.int32,)
    widest = most * factor**2 + factor**2
    return np.dtype(next((kind for kind in kinds if widest <= np.iinfo(kind).max), np.int64))


def _run_sums(values: NDArray[Any], factor: int, channels: int) -> NDArray[Any]:
    """At each value the sum of it and the next `factor` - 1 of its channel; `values` is used up."""
    reach = 1
    while factor % (2 * reach) == 0:
        step = reach * channels
        np.add(values[:-step], values[step:], out=values[:-step])
        reach *= 2
    if reach == factor:
        return values
    sums = values.copy()
    for step in range(reach * channels, factor * channels, reach * channels):
        sums[:-step] += values[step:]
    return sums


def _divide(totals: NDArray[Any], count: int) -> None:
    if not np.issubdtype(totals.dtype, np.integer):
        totals /= count
        return
    totals += totals.dtype.type(count // 2)
    if count & (count - 1):
        totals //= totals.dtype.type(count)
    else:
        totals >>= totals.dtype.type(count.bit_length() - 1)
