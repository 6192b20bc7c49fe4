"""Plain pictures (PNG, JPEG, WebP, BMP), decoded whole through Pillow."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import ImageInfo, ImageKind, Level, Photometric, RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.color_profile import ColorProfile, for_screen, profile_of
from lnm_desktop.imaging.placement import Block, place
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.windowing import robust_window

WHITE = 255
TILE_PX = 512
_GREY_MODES = frozenset({"L", "I", "I;16", "I;16L", "I;16B", "F"})
_NO_PIXEL_SIZE = "A plain picture states no pixel size: lengths are not shown until a pixel size is given."


class RasterReader(ImageReader):
    """A picture held in memory as a slide of one level."""

    thread_safe = True

    def __init__(self, path: Path) -> None:
        """Raises ImageDamaged, ImageUnsupported."""
        self._name = path.name
        self._closed = False
        self._pixels, form, profile = _decode(path)
        self._profile, doubts = profile_of(profile if self._pixels.ndim == 3 else None)
        self._info = _describe(self._pixels, form, self._profile, doubts)

    @property
    def info(self) -> ImageInfo:
        """Size and kind of pixel; a picture has no trustworthy pixel size."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        if self._closed:
            raise ImageError(f"{self._name} is closed", hint="Open the image again.")
        background = WHITE if self._info.photometric is Photometric.RGB else min(0, int(self._pixels.min()))
        return for_screen(place(request, self._info, self._read_block, background), request, self._profile)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """A picture has none: raises ImageError."""
        raise ImageError(f"{self._name} has no {name!r} image", hint="A plain picture has no associated images.")

    def close(self) -> None:
        """Nothing is held open but memory, which goes with the reader."""
        self._closed = True

    def _read_block(self, _level: int, x: int, y: int, width: int, height: int) -> Block:
        return Block(self._pixels[y : y + height, x : x + width], x, y)


def _decode(path: Path) -> tuple[NDArray[np.generic], str, bytes | None]:
    """Pixels as uint8 (height, width, 3) or grey (height, width), the format's name, the colour profile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return _pixels(image), (image.format or "").lower(), image.info.get("icc_profile")
    except Image.DecompressionBombError as error:
        raise ImageUnsupported(
            f"{path.name} is too large for a plain picture", hint="Convert it to a tiled, pyramidal TIFF."
        ) from error
    except UnidentifiedImageError as error:
        raise ImageUnsupported(
            f"{path.name} is not a picture that can be read", hint="Export it again as PNG or TIFF."
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageDamaged(
            f"{path.name} cannot be decoded: {error}", hint="Copy the file again from its source."
        ) from error


def _pixels(image: Image.Image) -> NDArray[np.generic]:
    if image.mode in _GREY_MODES:
        pixels = np.asarray(image)
        return pixels.astype(pixels.dtype.newbyteorder("="))
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"))
    return np.asarray(image.convert("RGB"))


def _describe(
    pixels: NDArray[np.generic], form: str, profile: ColorProfile | None, doubts: tuple[str, ...]
) -> ImageInfo:
    size = Size(pixels.shape[1], pixels.shape[0])
    grey = pixels.ndim == 2
    return ImageInfo(
        kind=ImageKind.SLIDE,
        format=form,
        size=size,
        levels=(Level(size, 1.0, 1.0, Size(TILE_PX, TILE_PX)),),
        photometric=Photometric.GREY if grey else Photometric.RGB,
        dtype=pixels.dtype.name,
        window=robust_window(pixels) if grey and pixels.dtype != np.uint8 else None,
        icc=profile.description if profile is not None else "",
        warnings=(_NO_PIXEL_SIZE, *doubts),
    )
