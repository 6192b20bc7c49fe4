"""Every pixel that a reader answers passes through here: native blocks in, an exactly placed region out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lnm_desktop.domain.image import ImageInfo, Kernel, Level, RegionRequest
from lnm_desktop.imaging.area import area_mean

# A level of floor(size / 4) pixels has a downsample of 4.0001: without slack a request of 4 would read 16 times more.
LEVEL_SLACK = 1.01
CHUNK_EDGE_PX = 2048

NEAR = 1e-6
_METHODS = {
    Kernel.BILINEAR: Image.Resampling.BILINEAR,
    Kernel.AREA: Image.Resampling.BOX,
    Kernel.DCT: Image.Resampling.BOX,
}

Pixels = NDArray[np.generic]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Block:
    """Native pixels of one level; (x, y) is their top left corner in pixels of that level, maybe fractional.

    `is_own` says that nobody else holds the pixels, so that they may be handed on without a copy.
    """

    pixels: Pixels
    x: float
    y: float
    is_own: bool = False


ReadBlock = Callable[[int, int, int, int, int], Block]
"""`read_block(level, x, y, width, height)`; what is asked for lies inside the level and is not empty."""
ReadMeans = Callable[[int, int, int, int, int, int], Pixels | None]
"""`read_means(level, x, y, width, height, factor)`: the same, as the means of squares of `factor` × `factor` pixels
(1: as it is), in memory of its own; None where only `read_block` can tell."""


def choose_level(levels: Sequence[Level], downsample: float) -> int:
    """Index of the coarsest level that is not coarser than asked (1 % of slack); 0 where all are."""
    best, coarsest = 0, 0.0
    for index, level in enumerate(levels):
        coarseness = max(level.downsample_x, level.downsample_y)
        if coarsest < coarseness <= downsample * LEVEL_SLACK:
            best, coarsest = index, coarseness
    return best


def place(
    request: RegionRequest,
    info: ImageInfo,
    read_block: ReadBlock,
    background: float,
    read_means: ReadMeans | None = None,
) -> Pixels:
    """The region asked for, resampled from the next finer level; what lies outside is `background`.

    Output pixel (i, j) spans exactly region.width / output width by region.height / output height level-0 pixels.
    Whole pixels of a level, and by the area kernel whole squares of them, are asked of `read_means` first.
    """
    index = choose_level(info.levels, request.downsample)
    level, (width, height) = info.levels[index], request.output
    columns = _axis(request.region.x, request.region.width, level.downsample_x, width, level.size.width)
    rows = _axis(request.region.y, request.region.height, level.downsample_y, height, level.size.height)
    factor = _common_factor(columns, rows, request.kernel) if read_means is not None else 0
    if read_means is not None and factor:
        x, y = round(columns.start), round(rows.start)
        means = read_means(index, x, y, width * factor, height * factor, factor)
        if means is not None:
            return means
    pieces = [(piece_x, piece_y) for piece_y in rows.chunks() for piece_x in columns.chunks()]
    reading = _Reading(columns, rows, request.kernel, lambda x, y, w, h: read_block(index, x, y, w, h))
    if pieces == [((0, width), (0, height))]:
        return reading.piece(*pieces[0])
    shape = (height, width, 3) if info.photometric == "rgb" else (height, width)
    output = np.full(shape, background, dtype=info.dtype)
    for piece_x, piece_y in pieces:
        output[slice(*piece_y), slice(*piece_x)] = reading.piece(piece_x, piece_y)
    return output


def resample(
    pixels: Pixels, box: Box, size: tuple[int, int], kernel: Kernel = Kernel.BILINEAR, *, is_own: bool = False
) -> Pixels:
    """`box` (left, top, right, bottom; floats) of `pixels` at `size` (width, height), in memory of its own.

    A box beyond the pixels sees the edge repeated. A box of whole pixels at the same size is copied unchanged, or
    handed on where the pixels `is_own` and nothing of them is left over.
    """
    exact = _whole(box, size, pixels.shape)
    if exact is not None:
        return pixels if is_own and pixels.shape[:2] == size[::-1] else pixels[exact].copy()
    factor = _whole_factor(box, size, pixels.shape) if kernel is not Kernel.BILINEAR else None
    if factor is not None:
        left, top = round(box[0]), round(box[1])
        return area_mean(pixels[top : top + size[1] * factor, left : left + size[0] * factor], factor)
    padded, moved = _pad(pixels, box)
    method = _METHODS[kernel]
    if padded.dtype == np.uint8:
        return np.array(Image.fromarray(padded).resize(size, method, box=moved))
    real = Image.fromarray(padded.astype(np.float32)).resize(size, method, box=moved)
    return _cast(np.array(real), padded.dtype)


class _Axis(NamedTuple):
    """One direction: output pixel i spans start + i * step … start + (i + 1) * step in level pixels."""

    start: float
    step: float
    outputs: int
    length: int
    aligned: bool  # the level's pixels begin at whole level-0 pixels

    def edge(self, index: int) -> float:
        return self.start + index * self.step

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Runs of output pixels whose centres lie inside the image, none needing a huge native block."""
        first = max(0, math.ceil(-self.start / self.step - 0.5))
        last = min(self.outputs, math.ceil((self.length - self.start) / self.step - 0.5))
        size = max(1, int(CHUNK_EDGE_PX / self.step))
        for begin in range(first, last, size):
            yield begin, min(begin + size, last)

    def native(self, first: int, last: int, kernel: Kernel) -> tuple[int, int]:
        """The level pixels that the filter needs for a run, so that neighbouring runs join without a seam.

        Whole pixels need no others: a damaged tile takes none of its neighbours with it, and fewer are decoded.
        """
        margin = 0 if self.aligned and self._is_whole(kernel) else math.ceil(max(self.step, 1.0)) + 1
        low = max(0, math.floor(self.edge(first) + NEAR) - margin)
        high = min(self.length, math.ceil(self.edge(last) - NEAR) + margin)
        return low, high

    def _is_whole(self, kernel: Kernel) -> bool:
        """True where every output pixel is made of whole pixels of the level and of no others."""
        factor = round(self.step)
        fits = factor == 1 or (kernel is not Kernel.BILINEAR and factor > 1)
        return fits and _near_whole(self.step) and _near_whole(self.start)

    def whole_factor(self, kernel: Kernel) -> int:
        """How many whole pixels of the level make an output pixel where all lie inside it, else 0."""
        inside = self.start > -NEAR and self.edge(self.outputs) < self.length + NEAR
        return round(self.step) if inside and self._is_whole(kernel) else 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """One region of one level that is read piece by piece."""

    columns: _Axis
    rows: _Axis
    kernel: Kernel
    read_block: Callable[[int, int, int, int], Block]

    def piece(self, across: tuple[int, int], down: tuple[int, int]) -> Pixels:
        """The output pixels from … to of both axes."""
        left, right = self.columns.native(*across, self.kernel)
        top, bottom = self.rows.native(*down, self.kernel)
        block = self.read_block(left, top, right - left, bottom - top)
        box = (
            self.columns.edge(across[0]) - block.x,
            self.rows.edge(down[0]) - block.y,
            self.columns.edge(across[1]) - block.x,
            self.rows.edge(down[1]) - block.y,
        )
        size = (across[1] - across[0], down[1] - down[0])
        return resample(block.pixels, box, size, self.kernel, is_own=block.is_own)


def _common_factor(columns: _Axis, rows: _Axis, kernel: Kernel) -> int:
    """The whole factor of both axes, 0 where there is none."""
    factor = columns.whole_factor(kernel)
    return factor if factor == rows.whole_factor(kernel) else 0


def _axis(origin: float, extent: float, downsample: float, count: int, length: float) -> _Axis:
    start, step = origin / downsample, extent / downsample / count
    return _Axis(start, step, count, int(length), float(downsample).is_integer())


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
