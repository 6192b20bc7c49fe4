"""A picture's pixels, piece by piece: read, brought to eight bits, and drawn on. The whole is never in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, Kernel, Photometric, RegionRequest
from lnm_desktop.domain.picture import Picture
from lnm_desktop.imaging.blending import blended, first_range
from lnm_desktop.imaging.picture_drawing import Drawing
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.windowing import apply_window

Pixels = NDArray[np.uint8]
NEAR_WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of a picture, in the picture's own pixels."""

    left: int
    top: int
    width: int
    height: int


class PictureTiles:
    """Reads a picture's pieces; neighbouring pieces join without a seam, drawings included.

    Pixels are uint8: (height, width, 3), or (height, width) for grey images that nothing is drawn on.
    """

    def __init__(self, reader: ImageReader, picture: Picture) -> None:
        self.picture = picture
        self._reader = reader
        self._drawing = Drawing(picture)
        self.is_grey = _is_grey(reader.info) and self._drawing.is_empty

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole picture."""
        width, height = self.picture.size
        return (height, width) if self.is_grey else (height, width, 3)

    def read(self, box: Box) -> Pixels:
        """One piece. Raises what the reader raises: a picture with a hole is none."""
        pixels = self._as_eight_bits(box)
        if self.is_grey:
            return pixels
        colors = pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], 3, axis=2)
        return self._drawing.on(colors, box.left, box.top)

    def _as_eight_bits(self, box: Box) -> Pixels:
        info = self._reader.info
        if info.channels:
            channels = [self._read(box, index) for index in range(len(info.channels))]
            ranges = [first_range(channel, info.dtype) for channel in info.channels]
            return blended(np.stack(channels, axis=-1), ranges, [channel.color for channel in info.channels])
        pixels = self._read(box)
        if info.photometric is Photometric.RGB:
            return pixels.astype(np.uint8, copy=False)
        if info.window is not None:
            return apply_window(pixels, info.window, info.inverted)
        eight = np.clip(pixels, 0, 255).astype(np.uint8)
        return 255 - eight if info.inverted else eight

    def _read(self, box: Box, channel: int = 0) -> NDArray[np.generic]:
        picture = self.picture
        region = picture.part(box.left, box.top, box.width, box.height)
        srgb = picture.srgb and bool(self._reader.info.icc)
        wish = RegionRequest(region, picture.downsample, picture.plane, channel, srgb, kernel_for(picture.downsample))
        return self._reader.read_region(wish)


def kernel_for(downsample: float) -> Kernel:
    """The mean of whole pixels where there are such. By other factors a box takes or leaves a pixel at its edge as
    rounding goes, otherwise in each piece: a smooth filter shows no seams."""
    return Kernel.AREA if abs(downsample - round(downsample)) < NEAR_WHOLE else Kernel.BILINEAR


def _is_grey(info: ImageInfo) -> bool:
    return info.photometric is Photometric.GREY and not info.channels
