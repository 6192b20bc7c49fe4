"""Means of squares of pixels: OpenCV's where it rounds as we do, else numpy's."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

# OpenCV rounds means of more than four values, and of other numbers of channels, half to even.
PICTURE_CHANNELS = (1, 3, 4)


def area_mean(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """The mean of each square of `factor` × `factor` pixels, rounded half up where values are whole numbers.

    `pixels` is (height, width) or (height, width, channels), both multiples of the factor.
    """
    height, width, *rest = pixels.shape
    output = np.empty((height // factor, width // factor, *rest), pixels.dtype)
    write_means(pixels, factor, output)
    return output


def write_means(pixels: NDArray[Any], factor: int, output: NDArray[Any]) -> None:
    """The same into `output`, which may be a part of a larger picture."""
    if factor == 2 and pixels.dtype == np.uint8 and math.prod(pixels.shape[2:]) in PICTURE_CHANNELS:
        cv2 = opencv()
        cv2.resize(pixels, output.shape[1::-1], output, interpolation=cv2.INTER_AREA)
    else:
        _write_any_means(pixels, factor, output)


@functools.cache
def opencv() -> Any:
    """OpenCV on the calling thread alone; it is loaded only by those who read: the window need not wait for it."""
    import cv2  # noqa: PLC0415 - see above

    cv2.setNumThreads(1)
    return cv2


def _write_any_means(pixels: NDArray[Any], factor: int, output: NDArray[Any]) -> None:
    """Sums are held in the narrowest type that fits, which is fastest."""
    channels = math.prod(pixels.shape[2:])
    # Sums that run from one line into the next are made too, and left out: one pass over all is fastest.
    totals = _run_sums(_sums_of_lines(pixels, factor).reshape(-1), factor, channels)
    _divide(totals, factor**2)
    means = totals.reshape(output.shape[0], -1, channels)
    for channel in range(channels):  # numpy is slow along an axis as short as that of colours
        target = output[..., channel] if output.ndim > 2 else output
        target[...] = means[:, ::factor, channel]


def _sums_of_lines(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    lines = pixels.reshape(pixels.shape[0] // factor, factor, -1)
    sums = lines[:, 0].astype(_sum_type(pixels.dtype, factor))
    for step in range(1, factor):
        np.add(sums, lines[:, step], out=sums)
    return sums


@functools.cache
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
