"""Readers whose pixels are a formula of their place: every level and every offset can be checked."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import (
    Calibration,
    CalibrationSource,
    ImageInfo,
    ImageKind,
    Level,
    Photometric,
    RegionRequest,
)
from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.reader import ImageReader

CELL_PX = 64
QUARTER_MICROMETRE = Calibration(0.25, 0.25, CalibrationSource.FILE)


def slide_info(width: int = 3000, height: int = 2200, calibration: Calibration = QUARTER_MICROMETRE) -> ImageInfo:
    """A 40× slide of one level."""
    size = Size(width, height)
    levels = (Level(size, 1.0, 1.0, Size(256, 256)),)
    return ImageInfo(ImageKind.SLIDE, "formula", size, levels, calibration, objective_power=40.0)


def series_info(planes: int = 12, **details: object) -> ImageInfo:
    """A grey series of int16 planes."""
    size = Size(200, 160)
    facts = {"photometric": Photometric.GREY, "dtype": "int16", "planes": planes, "modality": "MR", **details}
    return ImageInfo(ImageKind.SERIES, "formula", size, (Level(size, 1, 1, size),), **facts)  # type: ignore[arg-type]


def cell_color(x: float, y: float) -> tuple[int, int, int]:
    """The colour of the 64-pixel cell that holds a place."""
    column, row = int(x // CELL_PX), int(y // CELL_PX)
    return (40 + column * 37 % 200, 40 + row * 59 % 200, 40 + (column + row) * 23 % 200)


class FormulaReader(ImageReader):
    """Cells of 64 × 64 level-0 pixels, each of its own colour; grey planes hold 100 × plane + row.

    Set `error` to make every read fail; `reads` lists the requests; `gate` holds reads back while cleared.
    """

    thread_safe = True

    def __init__(self, info: ImageInfo) -> None:
        self._info = info
        self.error: ImageError | None = None
        self.reads: list[RegionRequest] = []
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    @property
    def info(self) -> ImageInfo:
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        self.gate.wait(20)
        self.reads.append(request)
        if self.error is not None:
            raise self.error
        width, height = request.output
        x = request.region.x + (np.arange(width) + 0.5) * request.downsample
        y = request.region.y + (np.arange(height) + 0.5) * request.downsample
        return self._rgb(x, y) if self._info.photometric is Photometric.RGB else self._grey(width, y, request.plane)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        raise NotImplementedError(name)

    def close(self) -> None:
        self.closed = True

    def _rgb(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.uint8]:
        column, row = (x // CELL_PX).astype(int)[np.newaxis, :], (y // CELL_PX).astype(int)[:, np.newaxis]
        channels = (column * 37 % 200 + row * 0, row * 59 % 200 + column * 0, (column + row) * 23 % 200)
        pixels = (40 + np.stack(channels, axis=-1)).astype(np.uint8)
        pixels[:, x >= self._info.size.width] = 255
        pixels[y >= self._info.size.height] = 255
        return pixels

    def _grey(self, width: int, y: NDArray[np.float64], plane: int) -> NDArray[np.generic]:
        values = 100 * plane + np.floor(y)[:, np.newaxis] + np.zeros(width)
        return values.astype(self._info.dtype)
