"""JPEG tiles of a TIFF, decoded whole or at a fraction of their size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import simplejpeg
from numpy.typing import NDArray

FRACTIONS = (2, 4, 8)
_START = b"\xff\xd8"
_JFIF = b"\xff\xe0"
# Adobe's segment, its last byte telling that the colours are RGB as they are.
_PLAIN_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class JpegTiles:
    """Decodes the tiles of one image; `tables` is what the file keeps once for all tiles.

    The colour space is the TIFF tag's, not the tile's guess: Aperio stores plain RGB in JPEG without a mark, which
    decoders take for YCbCr. `fraction` is 1, or what the tile is reduced by while it is decoded.
    """

    tables: bytes
    is_rgb: bool
    fraction: int = 1

    def __call__(self, data: bytes, memory: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pixels (height, width, 3) in `memory`. Raises ValueError for damage that the decoder notices."""
        height, width = memory.shape[:2]
        return simplejpeg.decode_jpeg(
            self._complete(data), "RGB", min_height=height, min_width=width, min_factor=self.fraction, buffer=memory
        )

    def reduced(self, fraction: int) -> JpegTiles:
        """The same at 1/2, 1/4 or 1/8 of the size: other pixels than a mean of the whole ones."""
        return replace(self, fraction=fraction)

    def _complete(self, data: bytes) -> bytes:
        """A JPEG file of its own that tells its colour space."""
        head = self.tables[: -len(_START)] if self.tables else _START
        if not self.is_rgb:
            return head + data[len(_START) :] if self.tables else data
        body = len(_START)
        if data[body : body + 2] == _JFIF:  # it would say that the colours are YCbCr
            body += 2 + int.from_bytes(data[body + 2 : body + 4], "big")
        return head + _PLAIN_RGB + data[body:]
