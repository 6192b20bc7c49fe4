"""What a picture cut out of an image shall be: which part, how coarse, and what is drawn on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Calibration, ImageInfo
from lnm_desktop.errors import CalibrationMissing, FormatError, ImageError

UM_PER_PX_AT_1X = 10.0
"""A tenfold objective on a usual scanner gives 1 µm per pixel."""
NATIVE_SLACK = 1e-3
DECIMALS = 9
"""Of a pixel size in µm: a factor times a size must give the size that was asked for."""
LARGEST_PNG_PX = 200_000_000
PNG_SUFFIX = ".png"
OME_TIFF_SUFFIXES = (".ome.tif", ".ome.tiff", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Resolution:
    """How fine a picture shall be; exactly one of the three is positive."""

    mpp: float = 0.0
    downsample: float = 0.0
    magnification: float = 0.0

    def __post_init__(self) -> None:
        given = (self.mpp, self.downsample, self.magnification)
        if sum(value > 0 for value in given) != 1 or not all(math.isfinite(value) for value in given):
            raise ValueError("a resolution is one positive number of µm per pixel, downsample or magnification")

    def downsample_of(self, info: ImageInfo, calibration: Calibration) -> float:
        """Level-0 pixels along the side of a picture's pixel; never below 1.

        Raises CalibrationMissing where it cannot be told, ImageError where the image is not as fine.
        """
        found = self._downsample(info, calibration)
        if found < 1 - NATIVE_SLACK:
            raise ImageError(
                f"The image is not as fine as that: it would have to be enlarged {1 / found:.3g} times",
                hint="Ask for its own resolution (downsample 1) or a coarser one.",
            )
        return max(1.0, found)

    def _downsample(self, info: ImageInfo, calibration: Calibration) -> float:
        if self.downsample > 0:
            return self.downsample
        if self.magnification > 0 and info.objective_power:
            return info.objective_power / self.magnification
        if not calibration.is_known:
            raise CalibrationMissing(
                "The image tells no pixel size", hint="Give a downsample instead: 2 is half as wide and high."
            )
        return (self.mpp or UM_PER_PX_AT_1X / self.magnification) / calibration.mpp


@dataclass(frozen=True, slots=True)
class Picture:
    """A part of an image at a downsample, in level-0 pixels; `annotations` are drawn, an empty set draws nothing.

    `label` names the source to a reader of the file. `srgb` converts colours from the image's ICC profile.
    """

    region: Region
    downsample: float
    calibration: Calibration = field(default_factory=Calibration)
    plane: int = 0
    srgb: bool = True
    scale_bar: bool = False
    annotations: AnnotationSet = field(default_factory=AnnotationSet)
    label: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in the picture's pixels, at least 1 × 1."""
        width, height = (round(side / self.downsample) for side in (self.region.width, self.region.height))
        return max(1, width), max(1, height)

    @property
    def pixel_um(self) -> tuple[float, float] | None:
        """Width and height of a pixel in µm, None where the image tells no pixel size."""
        if not self.calibration.is_known:
            return None
        x, y = (mpp * self.downsample for mpp in (self.calibration.mpp_x, self.calibration.mpp_y))
        return round(x, DECIMALS), round(y, DECIMALS)

    def part(self, left: int, top: int, width: int, height: int) -> Region:
        """What so many pixels of the picture span in level-0 pixels, exactly."""
        step = self.downsample
        return Region(self.region.x + left * step, self.region.y + top * step, width * step, height * step)


def whole_pixels(region: Region, info: ImageInfo) -> Region:
    """The smallest region of whole level-0 pixels that holds what of `region` lies in the image.

    Raises ImageError where nothing does.
    """
    left, top = math.floor(region.x), math.floor(region.y)
    right, bottom = math.ceil(region.right), math.ceil(region.bottom)
    inside = Region(left, top, right - left, bottom - top).intersect(info.region)
    if inside.is_empty:
        raise ImageError(
            "The region lies outside the image",
            hint=f"The image is {info.size.width:,.0f} × {info.size.height:,.0f} pixels large.",
        )
    return inside


@dataclass(frozen=True, slots=True)
class PictureJob:
    """What to cut out of which file, and where to write it; the suffix chooses the format.

    An OME-TIFF is packed with JPEG unless it shall be `lossless`; a PNG always is.
    """

    source: Path
    picture: Picture
    target: Path
    lossless: bool = False


@dataclass(frozen=True, slots=True)
class PictureReport:
    """A written file: its size in pixels, its pixels' size in µm (None where unknown), in words what to know."""

    path: Path
    width_px: int
    height_px: int
    pixel_um: tuple[float, float] | None
    notes: tuple[str, ...] = ()


def picture_suffix(path: Path) -> str:
    """The known ending of a name; empty where it has none."""
    name = path.name.lower()
    return next((suffix for suffix in (PNG_SUFFIX, *OME_TIFF_SUFFIXES) if name.endswith(suffix)), "")


def check_png_size(picture: Picture) -> None:
    """Raises FormatError for a picture that is too large for a PNG."""
    width, height = picture.size
    if width * height > LARGEST_PNG_PX:
        raise FormatError(
            f"{width:,} × {height:,} pixels are too many for a PNG; it holds {LARGEST_PNG_PX / 1e6:.0f} million",
            hint="Export an OME-TIFF (.ome.tif), or choose a coarser resolution or a smaller region.",
        )
