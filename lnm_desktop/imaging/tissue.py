"""Where on a slide there is tissue: a mask from the colour saturation of a coarse view."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu
from skimage.morphology import disk, remove_small_holes, remove_small_objects

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.reader import ImageReader

DEFAULT_MPP = 8.0
LONG_SIDE_PX = 4096
UNCALIBRATED_LONG_SIDE_PX = 2048
# Glass of a blank slide has noise of a few per cent; stained tissue is above.
LEAST_SATURATION = 0.05
LEAST_SEPARATION = 0.04
OPEN_RADIUS_PX = 1
CLOSE_RADIUS_PX = 3
LEAST_OBJECT_PX = 64
LEAST_HOLE_PX = 256


@dataclass(frozen=True)
class TissueMask:
    """`mask` is bool (rows, columns); a cell spans downsample_x × downsample_y level-0 pixels from `origin` on."""

    mask: NDArray[np.bool_]
    origin: Point
    downsample_x: float
    downsample_y: float
    threshold: float

    @property
    def area_px2(self) -> float:
        """Area of the tissue in level-0 pixels squared."""
        return float(self.mask.sum()) * self.downsample_x * self.downsample_y

    def fraction(self, region: Region) -> float:
        """Which part of a level-0 region is tissue, 0 to 1; what lies outside the slide is not tissue.

        Cells that the region covers in part count with that part.
        """
        if region.is_empty:
            return 0.0
        edges_x, edges_y = np.array([region.x, region.right]), np.array([region.y, region.bottom])
        return float(self.fractions(edges_x, edges_y)[0, 0])

    def fractions(self, edges_x: NDArray[np.floating], edges_y: NDArray[np.floating]) -> NDArray[np.float64]:
        """`fraction` of every cell of a grid with these level-0 edges, (len(edges_y) - 1, len(edges_x) - 1)."""
        rows = _interpolate(self._integral, (edges_y - self.origin.y) / self.downsample_y)
        corners = _interpolate(rows.T, (edges_x - self.origin.x) / self.downsample_x).T
        tissue = np.diff(np.diff(corners, axis=0), axis=1) * self.downsample_x * self.downsample_y
        return np.clip(tissue / (np.diff(edges_y)[:, None] * np.diff(edges_x)[None, :]), 0, 1)

    @cached_property
    def _integral(self) -> NDArray[np.int64]:
        """Number of tissue cells above and left of each corner, (rows + 1, columns + 1)."""
        return np.pad(self.mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1), ((1, 0), (1, 0)))


def find_tissue(reader: ImageReader, *, mpp: float = DEFAULT_MPP, downsample: float | None = None) -> TissueMask:
    """Tissue of a colour slide by Otsu's threshold on the saturation of a coarse view.

    The view has `mpp` micrometres per pixel (or the given downsample), its long side at most 4096 pixels. A blank
    slide gives an empty mask. Pen marks, being colourful, count as tissue. Raises ImageDamaged, ImageTimeout.
    """
    info = reader.info
    wanted = downsample if downsample is not None else _downsample(reader, mpp)
    long_side = max(info.size.width, info.size.height)
    request = RegionRequest(info.region, max(1.0, wanted, long_side / LONG_SIDE_PX))
    view = reader.read_region(request)
    width, height = request.output
    mask, threshold = tissue_of(view)
    return TissueMask(mask, Point(0, 0), info.size.width / width, info.size.height / height, threshold)


def tissue_of(view: NDArray[np.generic]) -> tuple[NDArray[np.bool_], float]:
    """The mask of a colour picture uint8 (rows, columns, 3), and the saturation that parts tissue from glass."""
    saturation: NDArray[np.floating] = np.asarray(ndimage.uniform_filter(saturation_of(view), size=3))
    empty = np.zeros(saturation.shape, dtype=np.bool_)
    if float(np.ptp(saturation)) == 0:
        return empty, 1.0
    threshold = float(threshold_otsu(saturation))
    tissue = saturation > threshold
    if not tissue.any() or not _parts(saturation, tissue):
        return empty, threshold
    return _clean(tissue), threshold


def saturation_of(view: NDArray[np.generic]) -> NDArray[np.floating]:
    """Saturation of the HSV model, 0 to 1; black is 0, so that the void around a scan is no tissue."""
    if view.ndim != 3:
        raise ValueError("tissue is found in colour images only")
    colors = view.astype(np.float32)
    highest, lowest = colors.max(axis=2), colors.min(axis=2)
    # Near black the quotient is noise: a scanner's void of (2, 0, 1) would look fully saturated.
    return np.where(highest > 20, (highest - lowest) / np.maximum(highest, 1), 0).astype(np.float32)


def _parts(saturation: NDArray[np.floating], tissue: NDArray[np.bool_]) -> bool:
    """Whether the two classes are stained tissue and glass, rather than two halves of noise."""
    inside, outside = float(saturation[tissue].mean()), float(saturation[~tissue].mean())
    return inside >= LEAST_SATURATION and inside - outside >= LEAST_SEPARATION


def _clean(tissue: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop specks, join what nearly touches, drop small objects and holes."""
    opened = ndimage.binary_opening(tissue, disk(OPEN_RADIUS_PX))
    padded = np.pad(opened, CLOSE_RADIUS_PX)
    closed = ndimage.binary_closing(padded, disk(CLOSE_RADIUS_PX))
    inner = closed[CLOSE_RADIUS_PX:-CLOSE_RADIUS_PX, CLOSE_RADIUS_PX:-CLOSE_RADIUS_PX]
    return remove_small_holes(remove_small_objects(inner, max_size=LEAST_OBJECT_PX - 1), max_size=LEAST_HOLE_PX - 1)


def _downsample(reader: ImageReader, mpp: float) -> float:
    info = reader.info
    if info.calibration.is_known:
        return mpp / info.calibration.mpp
    return max(info.size.width, info.size.height) / UNCALIBRATED_LONG_SIDE_PX


def _interpolate(values: NDArray[Any], places: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows at fractional places, linear between rows, the outermost rows beyond the ends."""
    inside = np.clip(places, 0, len(values) - 1)
    low = np.minimum(inside.astype(np.int64), len(values) - 2)
    part = (inside - low)[:, None]
    return values[low] * (1 - part) + values[low + 1] * part
