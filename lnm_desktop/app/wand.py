"""The wand: the tissue of one stain around a touched point, as an outline."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter
from skimage.measure import find_contours, label
from skimage.morphology import remove_small_holes

from lnm_desktop.app.shapes import from_shapely, simplified
from lnm_desktop.domain.geometry import Geometry, Point, Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import LnmError
from lnm_desktop.imaging.reader import ImageReader

REACH_PX = 512
"""The side of the square that is looked at, in pixels of the view: what the wand can take at one touch."""
SMOOTHING_PX = 1.5
SAMPLE_PX = 4
"""Half the side of the square around the touched point whose colours say what belongs together."""
SPREADS = 3.0
LEAST_TOLERANCE = 0.06
"""In optical density, so that even tissue and glass are taken at a touch."""
DOUBLING_PX = 50.0
"""Drawing the wand away by so many screen pixels doubles its tolerance."""
SMALLEST_HOLE_PX = 12
OUTLINE_PX = 0.7


def wand_outline(reader: ImageReader, seed: Point, downsample: float, pull_px: float = 0.0) -> Geometry:
    """What is stained like the touched point and hangs together with it, in level-0 pixels, with its holes.

    Stains are compared in optical density (Beer–Lambert), where they add up, not in colours. `downsample` is that
    of the view: level-0 pixels per screen pixel. Raises LnmError where the touched place is too small to outline.
    """
    region = _around(reader, seed, downsample)
    pixels = reader.read_region(RegionRequest(region, downsample))
    density = _density(pixels)
    row, column = (int((at - edge) / downsample) for at, edge in ((seed.y, region.y), (seed.x, region.x)))
    row, column = min(row, density.shape[0] - 1), min(column, density.shape[1] - 1)
    outline = _outline(_alike(density, row, column, pull_px))
    if outline is None:
        raise LnmError("The wand found nothing to outline here.", hint="Zoom in, or drag away from the point.")
    return _placed(outline, region, downsample)


def _around(reader: ImageReader, seed: Point, downsample: float) -> Region:
    half = REACH_PX / 2 * downsample
    return Region(seed.x - half, seed.y - half, 2 * half, 2 * half).intersect(reader.info.region)


def _density(pixels: NDArray[np.generic]) -> NDArray[np.float32]:
    """Optical density of each channel, (rows, columns, channels); grey pixels are taken by their range."""
    values = pixels.astype(np.float32)
    if values.ndim == 2:
        values = values[:, :, np.newaxis]
    full = 255.0 if pixels.dtype == np.uint8 else max(float(values.max()), 1.0)
    density = -np.log10((values + 1.0) / (full + 1.0))
    return np.asarray(gaussian_filter(density, (SMOOTHING_PX, SMOOTHING_PX, 0)), np.float32)


def _alike(density: NDArray[np.float32], row: int, column: int, pull_px: float) -> NDArray[np.bool_]:
    """The connected pixels whose density is near that of the touched place, small holes closed."""
    rows, columns = (slice(max(at - SAMPLE_PX, 0), at + SAMPLE_PX + 1) for at in (row, column))
    sample = density[rows, columns].reshape(-1, density.shape[2])
    spread = float(np.linalg.norm(sample.std(axis=0)))
    tolerance = max(LEAST_TOLERANCE, SPREADS * spread) * 2.0 ** (pull_px / DOUBLING_PX)
    near = np.linalg.norm(density - np.median(sample, axis=0), axis=2) <= tolerance
    near[row, column] = True
    parts = np.asarray(label(near, connectivity=1))
    taken = binary_dilation(parts == parts[row, column])  # smoothing has made the rim unlike either side
    return remove_small_holes(taken, max_size=SMALLEST_HOLE_PX)


def _outline(mask: NDArray[np.bool_]) -> Geometry | None:
    """The outline of one connected mask in its own pixels, corner (0, 0) at the upper left."""
    rings = find_contours(np.pad(mask, 1).astype(np.float32), 0.5)
    areas = [shapely.Polygon(ring[:, ::-1] - 0.5) for ring in rings if len(ring) > 3]
    areas = sorted((area for area in areas if area.area > 1.0), key=lambda area: area.area, reverse=True)
    if not areas:
        return None
    pieces = from_shapely(shapely.make_valid(areas[0]).difference(shapely.union_all(areas[1:])))
    tidy = simplified(pieces[0], OUTLINE_PX) if pieces else ()
    return tidy[0] if tidy else None


def _placed(outline: Geometry, region: Region, downsample: float) -> Geometry:
    def level_0(ring: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple(Point(region.x + point.x * downsample, region.y + point.y * downsample) for point in ring)

    return Geometry(outline.shape, level_0(outline.points), tuple(level_0(hole) for hole in outline.holes))
