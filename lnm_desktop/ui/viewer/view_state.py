"""Small facts that the viewer and the window exchange."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lnm_desktop.domain.geometry import Point


@dataclass(frozen=True, slots=True)
class ViewState:
    """What is seen: magnification and mpp on the screen (None when unknown), level-0 per screen pixel, centre.

    `corners` are the level-0 points in the canvas's corners, clockwise from top left. The picture is turned
    clockwise by `rotation_deg` after it was mirrored left to right where `mirrored` says so.
    """

    magnification: float | None
    mpp: float | None
    downsample: float
    center: Point
    corners: tuple[Point, Point, Point, Point] = (Point(0, 0), Point(0, 0), Point(0, 0), Point(0, 0))
    rotation_deg: float = 0.0
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class ViewPlace:
    """Where a pane looks and how the picture lies: what another pane needs to look at the same.

    The level-0 point in the middle, level-0 pixels per screen pixel, turn and mirror as in `ViewState`.
    """

    center: Point
    downsample: float
    rotation_deg: float = 0.0
    mirrored: bool = False


class StainView(StrEnum):
    """Which part of the colours is shown; the stains are those of Ruifrok and Johnston (2001)."""

    ALL = "all"
    HAEMATOXYLIN = "haematoxylin"
    EOSIN = "eosin"
    DAB = "dab"
    RESIDUAL = "residual"


@dataclass(frozen=True, slots=True)
class Look:
    """How pixels are shown, never what a model sees: 0, 1, 1, 1 leave them as they are.

    `brightness` is added (-1 to 1), `contrast` multiplies around mid grey, `gamma` is an exponent's inverse,
    `saturation` 0 is grey. `srgb` converts from the file's ICC profile.
    """

    brightness: float = 0.0
    contrast: float = 1.0
    gamma: float = 1.0
    saturation: float = 1.0
    stain: StainView = StainView.ALL
    srgb: bool = True


@dataclass(frozen=True, slots=True)
class HeatmapStyle:
    """How a heat map looks; values below `threshold` stay clear, and nuclei are seen through the rest."""

    visible: bool = True
    opacity: float = 0.45
    threshold: float = 0.5
    colormap: str = "magma"


@dataclass(frozen=True, slots=True)
class ChannelView:
    """How one channel is shown: `low` is black, `high` the full `#rrggbb` colour."""

    index: int
    visible: bool
    color: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CursorValues:
    """What lies under the cursor: the pixel (one value, or red, green and blue; empty where not at hand), the map."""

    pixel: tuple[float, ...] = ()
    map: float | None = None
    signed: bool = False
