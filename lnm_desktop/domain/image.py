"""What is known about an image, and how a part of it is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lnm_desktop.domain.geometry import Region, Size

READ_BY = "lnm.read-by"
"""The property that says how a reader gets at the pixels."""


class CalibrationSource(StrEnum):
    """Where a pixel size comes from."""

    FILE = "file"
    USER = "user"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Micrometres per level-0 pixel along x and y; unknown means that no length may be shown or used."""

    mpp_x: float = math.nan
    mpp_y: float = math.nan
    source: CalibrationSource = CalibrationSource.UNKNOWN

    def __post_init__(self) -> None:
        plausible = all(math.isfinite(mpp) and mpp > 0 for mpp in (self.mpp_x, self.mpp_y))
        if plausible == (self.source is CalibrationSource.UNKNOWN):
            raise ValueError("a calibration is either unknown or has two positive pixel sizes")

    @property
    def is_known(self) -> bool:
        """True when lengths can be told."""
        return self.source is not CalibrationSource.UNKNOWN

    @property
    def mpp(self) -> float:
        """Geometric mean of both directions, micrometres per pixel; nan when unknown."""
        return math.sqrt(self.mpp_x * self.mpp_y) if self.is_known else math.nan


@dataclass(frozen=True, slots=True)
class Level:
    """One native pyramid level: its size in its own pixels, its exact downsample factors, its tile size."""

    size: Size
    downsample_x: float
    downsample_y: float
    tile: Size


class ImageKind(StrEnum):
    """How the image is looked at."""

    SLIDE = "slide"
    SERIES = "series"


class Photometric(StrEnum):
    """What a pixel holds: RGB uint8, or one grey value after the modality transform."""

    RGB = "rgb"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Window:
    """Display window of grey values (DICOM PS3.3 C.11.2): centre and width in modality units."""

    center: float
    width: float


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a fluorescence image: its name, the `#rrggbb` it is shown in, its range (None: found out)."""

    name: str
    color: str
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """All that a reader tells without decoding pixels.

    `dtype` is a numpy dtype name. `planes` counts frames or slices (1 for a slide). `inverted` asks the
    display to invert *after* windowing (MONOCHROME1). `associated` names label, macro, thumbnail …
    `phases` is how many of them follow one another at each position of a series. `spacing_mm` is (x, y, between
    positions), nan where unknown, for series only. `channels` is empty where a pixel is
    one colour or one grey value; else the image is grey and each channel is read by itself. `icc` describes the
    colour profile in the file, empty where there is none that can be used. `fingerprint` tells this file from others.
    """

    kind: ImageKind
    format: str
    size: Size
    levels: tuple[Level, ...]
    calibration: Calibration = Calibration()
    photometric: Photometric = Photometric.RGB
    dtype: str = "uint8"
    planes: int = 1
    phases: int = 1
    window: Window | None = None
    inverted: bool = False
    modality: str = ""
    spacing_mm: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    objective_power: float | None = None
    bounds: Region | None = None
    channels: tuple[Channel, ...] = ()
    icc: str = ""
    fingerprint: str = ""
    associated: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def region(self) -> Region:
        """The whole of level 0."""
        return Region(0, 0, self.size.width, self.size.height)


class Kernel(StrEnum):
    """How pixels are brought to a coarser resolution.

    BILINEAR is Pillow's antialiased filter, which torchvision's models were trained with; AREA is the mean of what
    lies under a pixel, and much faster by whole factors. Scores depend on it, so models always get the first.

    DCT is AREA, but stored JPEG tiles are decoded at 1/2, 1/4 or 1/8 of their size where that is still as fine as
    asked: faster again, and not the same pixels (colours of stained tissue differ by about 1 of 255 in the mean,
    and by up to 35 at edges). Nothing uses it unless it is asked for by name.
    """

    BILINEAR = "bilinear"
    AREA = "area"
    DCT = "dct"


@dataclass(frozen=True, slots=True)
class RegionRequest:
    """Where to read: a level-0 region, how many level-0 pixels one output pixel spans, which plane and channel.

    It never names the file: the reader is *what*, the request is *where*. `srgb` asks for colours converted from
    the file's ICC profile; only a display does so, what a model sees stays as stored.
    """

    region: Region
    downsample: float = 1.0
    plane: int = 0
    channel: int = 0
    srgb: bool = False
    kernel: Kernel = Kernel.BILINEAR

    @property
    def output(self) -> tuple[int, int]:
        """Width and height of the answer in output pixels, at least 1 × 1."""
        width = max(1, round(self.region.width / self.downsample))
        height = max(1, round(self.region.height / self.downsample))
        return width, height
