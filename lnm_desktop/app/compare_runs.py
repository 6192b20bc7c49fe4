"""Two runs on one slide: where their maps differ, and how far they agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY, HeatmapGrid, Prediction, Score
from lnm_desktop.errors import FormatError
from lnm_desktop.evaluation.agreement import cohen_kappa, share_agreeing
from lnm_desktop.formats.prediction_bundle import Bundle, Map

Places = NDArray[np.float64]
_CHOOSE = "Choose two runs of one slide that looked at the same place."


@dataclass(frozen=True, slots=True)
class Agreement:
    """Which cells reach a threshold in both runs. `kappa` is nan where either calls all cells the same."""

    first_threshold: float
    second_threshold: float
    first_positive: int
    second_positive: int
    share: float
    kappa: float


@dataclass(frozen=True, eq=False, slots=True)
class MapComparison:
    """Two maps on the cells of the first: second minus first, nan where either was not examined.

    `resampled`: the grids differ, and each cell took the second map's value at its centre. `correlation` is
    Pearson's, nan where a map has one value only.
    """

    grid: HeatmapGrid
    second_name: str
    difference: Map
    resampled: bool
    cells: int
    first_only: int
    second_only: int
    mean_absolute: float
    largest: float
    correlation: float
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True, eq=False, slots=True)
class RunComparison:
    """Two runs side by side; `scores` holds both of each score that both have."""

    first: Prediction
    second: Prediction
    map: MapComparison
    scores: tuple[tuple[Score, Score], ...]
    notice: str = RESEARCH_USE_ONLY


def compare_runs(first: Bundle, second: Bundle, name: str = "") -> RunComparison:
    """Compare the maps of that name (or the first map that both have, or the only one of each).

    Raises FormatError for runs on different slides, without a common map, or that looked at nothing in common.
    """
    _check_slides(first.prediction, second.prediction)
    one, two = _grids(first.prediction, second.prediction, name)
    points = _operating_point(first.prediction), _operating_point(second.prediction)
    compared = _compare_maps((one, first.maps[one.name]), (two, second.maps[two.name]), points)
    others = {score.id: score for score in second.prediction.scores}
    scores = [(item, others[item.id]) for item in first.prediction.scores if item.id in others]
    return RunComparison(first.prediction, second.prediction, compared, tuple(scores))


def resampled(grid: HeatmapGrid, values: Map, onto: HeatmapGrid) -> Map:
    """The values at the centres of another grid's cells; nan outside."""
    x_centres = _centres(onto.origin.x, onto.cell.width, onto.columns)
    y_centres = _centres(onto.origin.y, onto.cell.height, onto.rows)
    columns, has_column = _cells(x_centres, grid.origin.x, grid.cell.width, grid.columns)
    rows, has_row = _cells(y_centres, grid.origin.y, grid.cell.height, grid.rows)
    found = np.full((onto.rows, onto.columns), np.nan, np.float32)
    found[np.ix_(has_row, has_column)] = values[np.ix_(rows[has_row], columns[has_column])]
    return found


def _centres(origin: float, cell: float, count: int) -> Places:
    return np.asarray(origin + (np.arange(count) + 0.5) * cell, np.float64)


def _cells(places: Places, origin: float, cell: float, count: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The number of the cell at each place, and whether there is one."""
    numbers = np.floor((places - origin) / cell).astype(np.intp)
    return numbers, (numbers >= 0) & (numbers < count)


def _check_slides(first: Prediction, second: Prediction) -> None:
    slides = {str(run.provenance.repeatable.get("image_fingerprint", "")) for run in (first, second)} - {""}
    if len(slides) > 1:
        raise FormatError("the runs looked at different slides, and cannot be compared", hint=_CHOOSE)


def _grids(first: Prediction, second: Prediction, name: str) -> tuple[HeatmapGrid, HeatmapGrid]:
    one, two = ({grid.name: grid for grid in run.heatmaps} for run in (first, second))
    shared = [known for known in one if known in two and name in ("", known)]
    if shared:
        return one[shared[0]], two[shared[0]]
    if not name and len(one) == len(two) == 1:
        return next(iter(one.values())), next(iter(two.values()))
    wanted = f"no map {name!r} that both have" if name else "no map in common"
    hint = f"The first has: {', '.join(one) or 'none'}; the second: {', '.join(two) or 'none'}."
    raise FormatError(f"the runs have {wanted}", hint=hint)


def _compare_maps(
    first: tuple[HeatmapGrid, Map], second: tuple[HeatmapGrid, Map], points: tuple[float, float]
) -> MapComparison:
    (grid, one), (other, values) = first, second
    same = _place(grid) == _place(other)
    two = values if same else resampled(other, values, grid)
    difference = two - one
    known = np.isfinite(difference)
    if not known.any():
        raise FormatError("no cell was examined by both runs: what they looked at does not overlap", hint=_CHOOSE)
    a, b = one[known].astype(np.float64), two[known].astype(np.float64)
    return MapComparison(
        grid,
        other.name,
        difference,
        resampled=not same,
        cells=a.size,
        first_only=int((np.isfinite(one) & ~known).sum()),
        second_only=int((np.isfinite(two) & ~known).sum()),
        mean_absolute=float(np.abs(b - a).mean()),
        largest=float(np.abs(b - a).max()),
        correlation=_correlation(a, b),
        agreements=tuple(_agreements(a, b, points)),
    )


def _place(grid: HeatmapGrid) -> tuple[object, ...]:
    return grid.columns, grid.rows, grid.origin, grid.cell


def _correlation(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    if one.min() == one.max() or two.min() == two.max():
        return float("nan")
    return float(np.corrcoef(one, two)[0, 1])


def _agreements(
    one: NDArray[np.float64], two: NDArray[np.float64], points: tuple[float, float]
) -> Iterator[Agreement]:
    """Each run at its own operating point; where the points differ, also both at the first's and at the second's."""
    first, second = points
    for first_from, second_from in dict.fromkeys((points, (first, first), (second, second))):
        a, b = one >= first_from, two >= second_from
        yield Agreement(first_from, second_from, int(a.sum()), int(b.sum()), share_agreeing(a, b), cohen_kappa(a, b))


def _operating_point(prediction: Prediction) -> float:
    """The threshold that the model's publisher froze; 0.5 where the run names none."""
    value = prediction.provenance.repeatable.get("operating_point")
    return float(value) if isinstance(value, int | float) else 0.5
