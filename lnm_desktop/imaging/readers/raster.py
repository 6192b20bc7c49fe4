"""Plain pictures (PNG, JPEG, WebP, BMP), decoded whole and once; in the pixel server by one of its processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import imagecodecs
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
# What is decoded whole must leave room for all else in a process of 4 GiB: 26 700² pixels of RGB in JPEG or PNG,
# 15 400² of grey, 10 300² of the rest, of which Pillow makes copies on the way.
MAXIMUM_BYTES = 2 * 1024**3
DIRECT_BYTES_PER_PX, GREY_BYTES_PER_PX, COPIED_BYTES_PER_PX = 3, 9, 20
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
        self._background = WHITE if self._pixels.ndim == 3 else min(0, int(self._pixels.min()))
        self._info = _describe(self._pixels, form, self._profile, doubts)

    @property
    def info(self) -> ImageInfo:
        """Size and kind of pixel; a picture has no trustworthy pixel size."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        if self._closed:
            raise ImageError(f"{self._name} is closed", hint="Open the image again.")
        return for_screen(place(request, self._info, self._read_block, self._background), request, self._profile)

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
        with _limit_of_our_own(), Image.open(path) as image:
            _check_size(path, image)
            return _pixels(path, image), (image.format or "").lower(), image.info.get("icc_profile")
    except UnidentifiedImageError as error:
        raise ImageUnsupported(
            f"{path.name} is not a picture that can be read", hint="Export it again as PNG or TIFF."
        ) from error
    except (OSError, SyntaxError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ImageDamaged(
            f"{path.name} cannot be decoded: {reason}", hint="Copy the file again from its source."
        ) from error


@contextmanager
def _limit_of_our_own() -> Iterator[None]:
    """Pillow refuses above a number of pixels; here bytes count."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _check_size(path: Path, image: Image.Image) -> None:
    """Refuse what would not fit, before anything is decoded. Raises ImageUnsupported."""
    needed = image.width * image.height * _bytes_per_px(image)
    if needed > MAXIMUM_BYTES:
        raise ImageUnsupported(
            f"{path.name} has {image.width} × {image.height} pixels, which take {needed / 1024**3:.1f} GiB; "
            f"one picture may take {MAXIMUM_BYTES / 1024**3:g} GiB",
            hint="Convert it to a tiled, pyramidal TIFF, which is read in parts and may be of any size.",
        )


def _bytes_per_px(image: Image.Image) -> int:
    if _direct(image):
        return DIRECT_BYTES_PER_PX
    return GREY_BYTES_PER_PX if image.mode in _GREY_MODES else COPIED_BYTES_PER_PX


def _direct(image: Image.Image) -> Callable[[bytes], Any] | None:
    """A decoder that needs no memory beside the pixels, for the kinds that large pictures have."""
    return _DIRECT.get((image.format or "", image.mode)) if "transparency" not in image.info else None


def _jpeg(data: bytes) -> Any:
    """The decoder fills what was cut off with grey, so the end mark is looked for: it follows the last scan."""
    if data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN):
        raise ValueError("the file is truncated")
    return imagecodecs.jpeg8_decode(data)


_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_DIRECT: dict[tuple[str, str], Callable[[bytes], Any]] = {
    ("JPEG", "RGB"): _jpeg,
    ("PNG", "RGB"): imagecodecs.png_decode,
}


def _pixels(path: Path, image: Image.Image) -> NDArray[np.generic]:
    decode = _direct(image)
    if decode is not None:
        return _direct_pixels(path, image, decode)
    if image.mode in _GREY_MODES:
        pixels = np.asarray(image)
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"))
    return np.asarray(image.convert("RGB"))


def _direct_pixels(path: Path, image: Image.Image, decode: Callable[[bytes], Any]) -> NDArray[np.generic]:
    pixels = np.asarray(decode(path.read_bytes()))
    if pixels.dtype == np.uint16:  # Pillow calls PNG of 16 bits RGB as well
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.shape != (image.height, image.width, 3):
        raise ValueError("its header and its pixels disagree")
    return pixels


def _describe(
    pixels: NDArray[np.generic], form: str, profile: ColorProfile | None, doubts: tuple[str, ...]
) -> ImageInfo:
    size = Size(pixels.shape[1], pixels.shape[0])
    grey = pixels.ndim == 2
    return ImageInfo(
        kind=ImageKind.SLIDE,
        format=form,
        size=size,
        levels=(Level(size, 1.0, 1.0, size),),
        photometric=Photometric.GREY if grey else Photometric.RGB,
        dtype=pixels.dtype.name,
        window=robust_window(pixels) if grey and pixels.dtype != np.uint8 else None,
        icc=profile.description if profile is not None else "",
        warnings=(_NO_PIXEL_SIZE, *doubts),
    )
