"""Small facts that the viewer and the window exchange."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.domain.geometry import Point


@dataclass(frozen=True, slots=True)
class ViewState:
    """What is seen: magnification and mpp on the screen (None when unknown), level-0 per screen pixel, centre."""

    magnification: float | None
    mpp: float | None
    downsample: float
    center: Point


@dataclass(frozen=True, slots=True)
class HeatmapStyle:
    """How a heat map looks; values below `threshold` stay clear, and nuclei are seen through the rest."""

    visible: bool = True
    opacity: float = 0.45
    threshold: float = 0.5
    colormap: str = "magma"
