"""What a model gives back is held against rules before it is kept; each refusal names its rule."""

from __future__ import annotations

import math

import numpy as np

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.prediction import FoundObject, HeatmapGrid, RankedRegion, Score
from lnm_desktop.errors import InferenceError
from lnm_desktop.plugin.model import ModelOutput

MOST_CELLS = 200_000_000
MOST_VERTICES = 5_000_000
MOST_OBJECTS = 100_000
MOST_REGIONS = 10_000
MOST_OTHERS = 1_000
_PARTS: dict[str, tuple[type, int]] = {
    "scores": (Score, MOST_OTHERS),
    "grids": (HeatmapGrid, MOST_OTHERS),
    "regions": (RankedRegion, MOST_REGIONS),
    "objects": (FoundObject, MOST_OBJECTS),
    "warnings": (str, MOST_OTHERS),
}


def check_output(output: ModelOutput, image: Region | None) -> None:
    """Raises InferenceError naming the rule: output-type, -count, -finite, -outside, -shape.

    Without an `image` nothing can lie inside it.
    """
    if not isinstance(output, ModelOutput):
        raise refused("output-type", f"it is {type(output).__name__}, not a ModelOutput")
    for name, (kind, most) in _PARTS.items():
        _check_part(name, getattr(output, name), kind, most)
    try:
        _check_values(output, image)
    except (AttributeError, TypeError) as error:
        raise refused("output-type", f"a part of it is of another type than it should be ({error})") from error


def _check_part(name: str, items: object, kind: type, most: int) -> None:
    if not isinstance(items, tuple):
        raise refused("output-type", f"its {name} are {type(items).__name__}, not a tuple")
    if len(items) > most:
        raise refused("output-count", f"it holds {len(items):,} {name}, {most:,} are the most")
    strange = next((item for item in items if not isinstance(item, kind)), None)
    if strange is not None:
        raise refused("output-type", f"one of its {name} is {type(strange).__name__}, not {kind.__name__}")


def _check_values(output: ModelOutput, image: Region | None) -> None:
    if not all(math.isfinite(score.value) for score in output.scores):
        raise refused("output-finite", "a score is nan or infinite")
    for ranked in output.regions:
        _check_region(ranked.region, ranked.score, image)
    vertices = sum(len(ring) for item in output.objects for ring in (item.geometry.points, *item.geometry.holes))
    if vertices > MOST_VERTICES:
        raise refused("output-count", f"its objects have {vertices:,} vertices, {MOST_VERTICES:,} are the most")
    for item in output.objects:
        _check_object(item, image)
    _check_maps(output)
    if not all(np.isfinite(values).all() for values in output.features.values()):
        raise refused("output-finite", "a feature is nan or infinite")


def refused(rule: str, reason: str) -> InferenceError:
    """A refusal of a model's answer by a rule."""
    return InferenceError(
        f"the model's output was refused ({rule}): {reason}", hint="This is a defect of the model.", rule=rule
    )


def _check_object(item: FoundObject, image: Region | None) -> None:
    bounds = item.geometry.bounds
    if not (math.isfinite(item.score) and 0 <= item.score <= 1):
        raise refused("output-range", "the score of an object is not between 0 and 1")
    inside = image is not None and image.x <= bounds.x and image.y <= bounds.y
    if image is None or not inside or bounds.right > image.right or bounds.bottom > image.bottom:
        raise refused("output-outside", "an object lies outside the image")


def _check_region(region: Region, score: float, image: Region | None) -> None:
    numbers = (region.x, region.y, region.width, region.height, score)
    if not all(math.isfinite(number) for number in numbers):
        raise refused("output-finite", "a region or its score is nan or infinite")
    if image is None or image.intersect(region).is_empty:
        raise refused("output-outside", "a region lies outside the image")


def _check_maps(output: ModelOutput) -> None:
    if set(output.maps) != {grid.name for grid in output.grids}:
        raise refused("output-shape", "its maps and its grids have different names")
    for grid in output.grids:
        values = output.maps.get(grid.name)
        if values is None or values.shape != (grid.rows, grid.columns) or values.dtype != np.float32:
            raise refused("output-shape", f"the map {grid.name!r} is not float32 {(grid.rows, grid.columns)}")
        if values.size > MOST_CELLS:
            raise refused("output-count", f"the map {grid.name!r} has more than {MOST_CELLS:,} cells")
        if np.isinf(values).any():
            raise refused("output-finite", f"the map {grid.name!r} holds infinity")
