"""Samples of a TIFF become pixels here: colours of 8 bits on white, or one grey value as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import ImageUnsupported

WHITE = 255
_RGB, _GREY, _PALETTE = (2, 6), (0, 1), 3
_ASSOCIATED, _UNASSOCIATED = 1, 2
_COLOR_SAMPLES = 3
# Types that a display can window without loss; others are widened to float32.
_KEPT_DTYPES = frozenset({"uint8", "int8", "uint16", "int16", "float32"})
# Cameras and scanners of so many bits store their values in 16.
_USUAL_BITS = (8, 10, 12, 14, 16)


@dataclass(frozen=True, slots=True)
class Colors:
    """How samples become pixels. `kind` is "rgb", "palette" or "grey"; `top` is the brightest stored colour.

    `alpha` is 0 without transparency, 1 where colours are multiplied with it already, 2 where they are not.
    """

    kind: str
    top: float = WHITE
    alpha: int = 0
    colormap: NDArray[Any] | None = None

    @property
    def blank(self) -> float:
        """What a picture holds where nothing was scanned."""
        return self.top if self.kind == "rgb" else 0

    def pixels(self, raw: NDArray[Any], sample: int = 0) -> NDArray[np.generic]:
        """(height, width, samples) as uint8 RGB, or as grey (height, width) of one sample."""
        if self.kind == "rgb":
            return _on_white(raw[..., :4], self.top, self.alpha) if self.alpha else _to_uint8(raw[..., :3], self.top)
        if self.kind == "palette" and self.colormap is not None:
            return (self.colormap[:, raw[..., 0]] >> 8).astype(np.uint8).transpose(1, 2, 0)
        grey = raw[..., sample]
        if grey.dtype == np.bool_:
            return grey.astype(np.uint8) * np.uint8(WHITE)
        return grey if grey.dtype.name in _KEPT_DTYPES else grey.astype(np.float32)


def colors_of(path: Path, page: Any, *, is_split: bool) -> Colors:
    """How a page's samples become pixels; `is_split` where they are channels. Raises ImageUnsupported."""
    photometric = int(page.photometric)
    if is_split or (photometric in _GREY and page.dtype is not None and page.dtype.kind != "c"):
        return Colors("grey")
    if photometric in _RGB and page.dtype is not None and page.samplesperpixel >= _COLOR_SAMPLES:
        extra = int(page.extrasamples[0]) if page.extrasamples else 0
        alpha = extra if extra in (_ASSOCIATED, _UNASSOCIATED) else 0
        return Colors("rgb", _top_of_type(page.dtype), alpha)
    if photometric == _PALETTE and page.colormap is not None:
        return Colors("palette", colormap=page.colormap)
    raise ImageUnsupported(
        f"{path.name} holds TIFF colours that cannot be shown ({page.photometric!s})",
        hint="Convert it to RGB or grey.",
    )


def brightest(dtype: np.dtype[Any], stated_bits: int, sample_maximum: float) -> float:
    """The value that is shown as 255: that of the stated bits, else of the usual number that the colours fit into."""
    if dtype.kind not in "ui" or dtype.itemsize == 1:
        return _top_of_type(dtype)
    type_bits = dtype.itemsize * 8
    if 0 < stated_bits < type_bits:
        return 2**stated_bits - 1
    needed = next((bits for bits in _USUAL_BITS if sample_maximum < 2**bits), type_bits)
    # A dark picture would pass for one of few bits: less than ten bits in sixteen is not believed.
    return 2 ** (needed if 8 < needed < 16 else type_bits) - 1


def _top_of_type(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype.name).max) if dtype.kind in "ui" else 1.0


def _to_uint8(raw: NDArray[Any], top: float) -> NDArray[np.uint8]:
    if raw.dtype == np.uint8:
        return raw
    return (np.clip(np.nan_to_num(raw).astype(np.float64) / top, 0, 1) * WHITE + 0.5).astype(np.uint8)


def _on_white(raw: NDArray[Any], top: float, alpha: int) -> NDArray[np.uint8]:
    """Colours with transparency laid over white."""
    real = np.clip(np.nan_to_num(raw).astype(np.float32) / np.float32(top), 0, 1)
    color, cover = real[..., :3], real[..., 3:4]
    shown = (color if alpha == _ASSOCIATED else color * cover) + (1 - cover)
    return (np.minimum(shown, 1) * WHITE + 0.5).astype(np.uint8)
