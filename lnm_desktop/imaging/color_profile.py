"""Colours pass through here on their way to a screen, where their file tells what they mean; models never do."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from lnm_desktop.domain.image import RegionRequest

# Profiles of scanners are 0.5 KB to 3 MB long; their tables are built into a transform at once.
MAXIMUM_BYTES = 16 * 1024**2
PROBE_STEPS = 17
Pixels = NDArray[np.generic]


class ProfileError(Exception):
    """A colour profile that cannot be used, and why."""


class ColorProfile:
    """An RGB profile and its way to sRGB, worked out once. Thread-safe: a transform keeps no state of its pixels."""

    def __init__(self, profile: ImageCms.ImageCmsProfile) -> None:
        """Raises ProfileError."""
        core: Any = profile.profile
        space = core.xcolor_space.strip()
        if space != "RGB":
            raise ProfileError(f"it is for {space} colours, not RGB")
        self.description = _description(profile)
        self._transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "RGB", "RGB")
        self._changes = not np.array_equal(self._converted(_PROBE), _PROBE)

    def to_srgb(self, pixels: Pixels) -> Pixels:
        """uint8 (height, width, 3) as sRGB. A profile that is sRGB costs nothing."""
        return self._converted(pixels) if self._changes else pixels

    def _converted(self, pixels: Pixels) -> Pixels:
        image = Image.fromarray(np.ascontiguousarray(pixels))
        ImageCms.applyTransform(image, self._transform, inPlace=True)
        return np.asarray(image)


def read_profile(
    size_bytes: int, open_profile: Callable[[], ImageCms.ImageCmsProfile | None]
) -> tuple[ColorProfile | None, tuple[str, ...]]:
    """The profile that a file holds, or none and a warning that says why; none and no warning where it has none."""
    if size_bytes == 0:
        return None, ()
    try:
        return _checked(size_bytes, open_profile), ()
    except ProfileError as error:
        return None, (f"The colour profile in the file cannot be used ({error}): colours are shown as stored.",)


def profile_of(data: bytes | None) -> tuple[ColorProfile | None, tuple[str, ...]]:
    """The same for the bytes of a profile."""
    return read_profile(len(data or b""), lambda: ImageCms.getOpenProfile(BytesIO(data or b"")))


def for_screen(pixels: Pixels, request: RegionRequest, profile: ColorProfile | None) -> Pixels:
    """What a request gets: converted where it asks for sRGB and there is a profile."""
    return profile.to_srgb(pixels) if request.srgb and profile is not None else pixels


def _checked(size_bytes: int, open_profile: Callable[[], ImageCms.ImageCmsProfile | None]) -> ColorProfile | None:
    """Raises ProfileError."""
    if size_bytes > MAXIMUM_BYTES:
        raise ProfileError(f"it is {size_bytes // 1024**2} MiB long")
    try:
        profile = open_profile()
        return None if profile is None else ColorProfile(profile)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileError("it is damaged") from error


def _description(profile: ImageCms.ImageCmsProfile) -> str:
    """The name in a profile, without line breaks; never empty."""
    return " ".join(ImageCms.getProfileDescription(profile).split())[:200] or "unnamed profile"


def _probe() -> NDArray[np.uint8]:
    """Colours spread over the whole cube, as a picture."""
    steps = np.linspace(0, 255, PROBE_STEPS).round().astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(PROBE_STEPS, -1, 3)


_PROBE = _probe()
