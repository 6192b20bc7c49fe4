"""Every pixel that a reader answers passes through here: native blocks in, an exactly placed region out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lnm_desktop.domain.image import ImageInfo, Kernel, Level, RegionRequest

# A level of floor(size / 4) pixels has a downsample of 4.0001: without slack a request of 4 would read 16 times more.
LEVEL_SLACK = 1.01
CHUNK_EDGE_PX = 2048

NEAR = 1e-6
_METHODS = {Kernel.BILINEAR: Image.Resampling.BILINEAR, Kernel.AREA: Image.Resampling.BOX}

Pixels = NDArray[np.generic]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Block:
    """Native pixels of one level; (x, y) is their top left corner in pixels of that level, maybe fractional."""

    pixels: Pixels
    x: float
    y: float


ReadBlock = Callable[[int, int, int, int, int], Block]
"""`read_block(level, x, y, width, height)`; what is asked for lies inside the level and is not empty."""


def choose_level(levels: Sequence[Level], downsample: float) -> int:
    """Index of the coarsest level that is not coarser than asked (1 % of slack); 0 where all are."""
    fit = [i for i, level in enumerate(levels) if _coarseness(level) <= downsample * LEVEL_SLACK]
    return max(fit, key=lambda i: _coarseness(levels[i]), default=0)


def place(request: RegionRequest, info: ImageInfo, read_block: ReadBlock, background: float) -> Pixels:
    """The region asked for, resampled from the next finer level; what lies outside is `background`.

    Output pixel (i, j) spans exactly region.width / output width by region.height / output height level-0 pixels.
    """
    index = choose_level(info.levels, request.downsample)
    level, (width, height) = info.levels[index], request.output
    columns = _axis(request.region.x, request.region.width, level.downsample_x, width, level.size.width)
    rows = _axis(request.region.y, request.region.height, level.downsample_y, height, level.size.height)
    shape = (height, width, 3) if info.photometric == "rgb" else (height, width)
    output = np.full(shape, background, dtype=info.dtype)
    for top, bottom in rows.chunks():
        for left, right in columns.chunks():
            span_x, span_y = (
                axis.native(first, last, request.kernel)
                for axis, first, last in ((columns, left, right), (rows, top, bottom))
            )
            block = read_block(index, span_x[0], span_y[0], span_x[1] - span_x[0], span_y[1] - span_y[0])
            box = (
                columns.edge(left) - block.x,
                rows.edge(top) - block.y,
                columns.edge(right) - block.x,
                rows.edge(bottom) - block.y,
            )
            size = (right - left, bottom - top)
            output[top:bottom, left:right] = resample(block.pixels, box, size, request.kernel)
    return output


def resample(pixels: Pixels, box: Box, size: tuple[int, int], kernel: Kernel = Kernel.BILINEAR) -> Pixels:
    """`box` (left, top, right, bottom; floats) of `pixels` at `size` (width, height).

    A box beyond the pixels sees the edge repeated. A box of whole pixels at the same size is copied unchanged.
    """
    exact = _whole(box, size, pixels.shape)
    if exact is not None:
        return pixels[exact].copy()
    factor = _whole_factor(box, size, pixels.shape) if kernel is Kernel.AREA else None
    if factor is not None:
        left, top = round(box[0]), round(box[1])
        return area_mean(pixels[top : top + size[1] * factor, left : left + size[0] * factor], factor)
    padded, moved = _pad(pixels, box)
    method = _METHODS[kernel]
    if padded.dtype == np.uint8:
        return np.asarray(Image.fromarray(padded).resize(size, method, box=moved))
    real = Image.fromarray(padded.astype(np.float32)).resize(size, method, box=moved)
    return _cast(np.asarray(real), padded.dtype)


def area_mean(pixels: Pixels, factor: int) -> Pixels:
    """The mean of each square of `factor` × `factor` pixels, rounded half up where values are whole numbers.

    `pixels` is (height, width) or (height, width, channels), both multiples of the factor.
    """
    whole = np.issubdtype(pixels.dtype, np.integer)
    # 257² bytes fit 24 bits; the narrower the sums, the faster.
    kind = np.float64 if not whole else np.uint16 if pixels.dtype == np.uint8 and factor <= 16 else np.int64
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    rows = pixels.reshape(height, factor, width * factor, -1).sum(axis=1, dtype=kind)
    output = np.empty((height, width, rows.shape[2]), pixels.dtype)
    for channel in range(rows.shape[2]):  # numpy is slow along an axis as short as that of colours
        total = rows[:, ::factor, channel].copy()
        for step in range(1, factor):
            total += rows[:, step::factor, channel]
        output[..., channel] = (total + factor**2 // 2) // factor**2 if whole else total / factor**2
    return output.reshape(height, width, *pixels.shape[2:])


@dataclass(frozen=True, slots=True)
class _Axis:
    """One direction: output pixel i spans start + i * step … start + (i + 1) * step in level pixels."""

    start: float
    step: float
    count: int
    length: int
    aligned: bool  # the level's pixels begin at whole level-0 pixels

    def edge(self, index: int) -> float:
        return self.start + index * self.step

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Runs of output pixels whose centres lie inside the image, none needing a huge native block."""
        first = max(0, math.ceil(-self.start / self.step - 0.5))
        last = min(self.count, math.ceil((self.length - self.start) / self.step - 0.5))
        size = max(1, int(CHUNK_EDGE_PX / self.step))
        for begin in range(first, last, size):
            yield begin, min(begin + size, last)

    def native(self, first: int, last: int, kernel: Kernel) -> tuple[int, int]:
        """The level pixels that the filter needs for a run, so that neighbouring runs join without a seam.

        Whole pixels need no others: a damaged tile takes none of its neighbours with it, and fewer are decoded.
        """
        margin = 0 if self._is_whole(kernel) else math.ceil(max(self.step, 1.0)) + 1
        low = max(0, math.floor(self.edge(first) + NEAR) - margin)
        high = min(self.length, math.ceil(self.edge(last) - NEAR) + margin)
        return low, high

    def _is_whole(self, kernel: Kernel) -> bool:
        """True where every output pixel is made of whole pixels of the level and of no others."""
        taken_whole = self.step == 1 or (kernel is Kernel.AREA and self.step >= 1 and _near_whole(self.step))
        return self.aligned and taken_whole and _near_whole(self.start)


def _axis(origin: float, extent: float, downsample: float, count: int, length: float) -> _Axis:
    start, step = origin / downsample, extent / downsample / count
    return _Axis(start, step, count, int(length), float(downsample).is_integer())


def _coarseness(level: Level) -> float:
    return max(level.downsample_x, level.downsample_y)


def _whole(box: Box, size: tuple[int, int], shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """The slices of a box that needs no resampling, else None."""
    left, top = round(box[0]), round(box[1])
    right, bottom = left + size[0], top + size[1]
    aligned = max(abs(a - b) for a, b in zip(box, (left, top, right, bottom), strict=True)) < 1e-6
    inside = left >= 0 and top >= 0 and right <= shape[1] and bottom <= shape[0]
    return (slice(top, bottom), slice(left, right)) if aligned and inside else None


def _whole_factor(box: Box, size: tuple[int, int], shape: tuple[int, ...]) -> int | None:
    """How many whole pixels each output pixel spans, the same both ways and none beyond the pixels; else None."""
    across, down = (box[2] - box[0]) / size[0], (box[3] - box[1]) / size[1]
    factor = round(across)
    aligned = factor >= 1 and all(map(_near_whole, (across, box[0], box[1]))) and abs(across - down) < NEAR
    right, bottom = round(box[0]) + size[0] * factor, round(box[1]) + size[1] * factor
    inside = box[0] > -NEAR and box[1] > -NEAR and right <= shape[1] and bottom <= shape[0]
    return factor if aligned and inside else None


def _near_whole(value: float) -> bool:
    return abs(value - round(value)) < NEAR


def _pad(pixels: Pixels, box: Box) -> tuple[Pixels, Box]:
    """Repeat the edge as far as the box reaches beyond the pixels."""
    height, width = pixels.shape[:2]
    left, top = max(0, math.ceil(-box[0])), max(0, math.ceil(-box[1]))
    right, bottom = max(0, math.ceil(box[2] - width)), max(0, math.ceil(box[3] - height))
    if not (left or top or right or bottom):
        return np.ascontiguousarray(pixels), box
    widths = ((top, bottom), (left, right)) + ((0, 0),) * (pixels.ndim - 2)
    return np.pad(pixels, widths, mode="edge"), (box[0] + left, box[1] + top, box[2] + left, box[3] + top)


def _cast(values: NDArray[np.float32], dtype: np.dtype[np.generic]) -> Pixels:
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype.name)
        return np.clip(np.rint(values.astype(np.float64)), limits.min, limits.max).astype(dtype)
    return values.astype(dtype)
