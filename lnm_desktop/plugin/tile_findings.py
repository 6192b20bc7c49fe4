"""From a heat map of probabilities to slide scores and ranked regions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.prediction import RankedRegion, Score
from lnm_desktop.imaging.tiling import TilePlan

Map = NDArray[np.float32]
MOST_REGIONS = 200
MOST_MAXIMA = 10
_NEIGHBOURS = np.ones((3, 3))


def slide_scores(values: Map, operating_point: float, finding: str) -> tuple[Score, ...]:
    """Two numbers of a slide; none where no cell was examined.

    The highest 3×3 mean is steadier than the highest cell: a lone false tile counts a ninth. At the border of what
    was examined the mean is over the examined cells alone, so that it counts more there.
    """
    examined = np.isfinite(values)
    if not examined.any():
        return ()
    above = float(np.mean(values[examined].astype(np.float64) >= operating_point))
    highest = float(np.nanmax(smoothed(values)))
    return (
        Score(
            "highest",
            f"Highest {finding} probability",
            highest,
            meaning="Maximum over the slide of the mean over 3×3 map cells. It ranks slides; it is not the "
            "probability that the slide holds metastasis.",
        ),
        Score(
            "fraction_above",
            f"Share of examined cells called {finding}",
            above,
            meaning=f"Map cells whose probability reaches the operating point {operating_point:.3f}, over all that "
            "were examined.",
        ),
    )


def smoothed(values: Map) -> NDArray[np.float64]:
    """Mean over the examined cells of each 3×3 neighbourhood (rows, columns); nan where the cell was not examined."""
    examined = np.isfinite(values)
    total = ndimage.convolve(np.where(examined, values, 0.0).astype(np.float64), _NEIGHBOURS, mode="constant")
    count = ndimage.convolve(examined.astype(np.float64), _NEIGHBOURS, mode="constant")
    return np.where(examined, total / np.maximum(count, 1.0), np.nan)


def ranked_regions(values: Map, operating_point: float, plan: TilePlan) -> tuple[RankedRegion, ...]:
    """Connected cells at or above the operating point, by their peak; where there are none, the highest maxima."""
    # In double, as the outlines and an evaluation compare: float32 could put a cell on the other side.
    filled = np.where(np.isfinite(values), values.astype(np.float64), -np.inf)
    labels = _components(filled >= operating_point)
    found = ndimage.find_objects(labels)
    regions = [
        RankedRegion(_region(place, plan), float(filled[place][labels[place] == number].max()))
        for number, place in enumerate(found, start=1)
    ]
    if not regions:
        return _maxima(filled, plan)
    return tuple(sorted(regions, key=_rank)[:MOST_REGIONS])


def _components(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Numbers of the connected parts, neighbours at a corner included; 0 is the ground."""
    labels = np.zeros(mask.shape, np.int32)
    ndimage.label(mask, structure=_NEIGHBOURS, output=labels)
    return labels


def _maxima(filled: NDArray[np.float64], plan: TilePlan) -> tuple[RankedRegion, ...]:
    peaks = np.isfinite(filled) & (filled == ndimage.maximum_filter(filled, size=3, mode="constant", cval=-math.inf))
    regions = [
        RankedRegion(plan.cell_region(int(column), int(row)), float(filled[row, column]))
        for row, column in zip(*np.nonzero(peaks), strict=True)
    ]
    return tuple(sorted(regions, key=_rank)[:MOST_MAXIMA])


def _region(place: tuple[slice, ...], plan: TilePlan) -> Region:
    rows, columns = place
    first, last = plan.cell_region(columns.start, rows.start), plan.cell_region(columns.stop - 1, rows.stop - 1)
    return Region(first.x, first.y, last.right - first.x, last.bottom - first.y)


def _rank(item: RankedRegion) -> tuple[float, float, float]:
    """Highest first; of equals the topmost, then the leftmost, so that the order never varies."""
    return -item.score, item.region.y, item.region.x
