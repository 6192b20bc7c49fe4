"""The kind of model that finds objects: boxes or points in tiles, merged over the tiles' borders."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.prediction import FoundObject, RankedRegion, Score
from lnm_desktop.errors import InferenceError
from lnm_desktop.imaging.tiling import TilePlan
from lnm_desktop.plugin.merging import kept_boxes, kept_points
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput, ModelPlugin
from lnm_desktop.plugin.output_check import MOST_OBJECTS, refused
from lnm_desktop.plugin.output_rules import checked_numbers
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.plugin.tile_findings import MOST_REGIONS
from lnm_desktop.plugin.tile_walk import WalkOptions, plan_walk

MOST_PER_TILE = 2_000
X, Y, WIDTH, HEIGHT, SCORE, CLASS = range(6)
Found = NDArray[np.float64]


class DetectionOptions(WalkOptions):
    """Options that every detection model has."""

    least_score: float = Field(
        default=0.0, ge=0.0, le=1.0, title="Least score", description="0 takes the model's operating point."
    )


class DetectionModel(ModelPlugin):
    """A model that finds objects in tiles; write `detect`.

    Tiles overlap by `overlap_px`, which should hold a whole object. What two tiles have found is one object: boxes
    that overlap by half, points that are nearer than `same_px`. Both are in pixels of the model's resolution.
    """

    Options: ClassVar[type[BaseModel]] = DetectionOptions
    task: ClassVar[str] = "detection"
    overlap_px: ClassVar[int] = 32
    same_px: ClassVar[float] = 8.0

    @abstractmethod
    def detect(self, tiles: NDArray[np.uint8]) -> list[NDArray[np.floating]]:
        """For each RGB tile (n, tile, tile, 3) its objects (k, 6): x, y, width, height, score, number of the class.

        x and y are the top left corner in pixels of the tile; a point has width and height 0.
        """

    def detect_checked(self, tiles: NDArray[np.uint8]) -> NDArray[Any]:
        """What `detect` answers, an array for each tile. Raises InferenceError naming the broken rule."""
        found = self.detect(tiles)
        if not isinstance(found, list) or len(found) != len(tiles):
            raise refused("output-shape", f"it is not a list with one array for each of the {len(tiles)} tiles")
        answers = np.empty(len(found), dtype=object)
        for place, objects in enumerate(found):
            answers[place] = _checked(objects, self.spec)
        return answers

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Find the objects of a slide. Raises CalibrationMissing, InferenceError, Cancelled."""
        if not isinstance(options, DetectionOptions):
            raise InferenceError(f"the Options of {self.spec.id} do not extend DetectionOptions")
        least = options.least_score or self.spec.operating_point
        stride_px = max(1, self.spec.tile_px - self.overlap_px)
        walk = plan_walk(self.spec, inputs, options, stride_px, self.detect_checked, job)
        parts = [
            _on_slide(objects[objects[:, SCORE] >= least], walk.plan, column, row)
            for block, answers in walk.blocks(job)
            for (row, column), objects in zip(block.cells().tolist(), answers, strict=True)
        ]
        found = np.concatenate(parts) if parts else np.empty((0, 6))
        inside, notes = _inside(found, inputs.slide.info.region)
        merged = self._merged(inside, walk.plan.downsample)
        return ModelOutput(
            scores=_counts(merged, self.spec, least),
            regions=_regions(merged, self.same_px * walk.plan.downsample),
            objects=tuple(_object(row, self.spec) for row in merged),
            warnings=(*walk.warnings, *notes),
            facts={**walk.facts, "overlap_px": self.overlap_px, "same_px": self.same_px, "least_score": least},
        )

    def _merged(self, found: Found, downsample: float) -> Found:
        """One row for each object, the highest score first."""
        kept = [
            part[_kept(part, self.same_px * downsample)]
            for number in range(len(self.spec.classes))
            for is_point in (False, True)
            if len(part := found[(found[:, CLASS] == number) & (_is_point(found) == is_point)])
        ]
        merged = np.concatenate(kept) if kept else found[:0]
        return merged[np.lexsort((merged[:, X], merged[:, Y], -merged[:, SCORE]))]


def _checked(objects: Any, spec: ModelSpec) -> Found:
    count = len(objects) if isinstance(objects, np.ndarray) else 0
    if count > MOST_PER_TILE:
        raise refused("objects-count", f"it holds {count:,} objects in one tile, at most {MOST_PER_TILE:,} are taken")
    rows = checked_numbers(objects, (count, 6)).astype(np.float64)
    if rows.size and (rows[:, SCORE].min() < 0 or rows[:, SCORE].max() > 1):
        raise refused("output-range", "it holds scores that are not between 0 and 1")
    if not np.isin(rows[:, CLASS], np.arange(len(spec.classes))).all():
        raise refused("objects-class", f"it holds a class that is none of 0 to {len(spec.classes) - 1}")
    low, size = rows[:, [X, Y]], rows[:, [WIDTH, HEIGHT]]
    if (low < 0).any() or (size < 0).any() or (low + size > spec.tile_px).any():
        raise refused("objects-inside", f"it holds an object that is not inside its tile of {spec.tile_px} px")
    return rows


def _on_slide(objects: Found, plan: TilePlan, column: int, row: int) -> Found:
    """The objects of a tile in level-0 pixels."""
    tile = plan.tile_region(column, row)
    placed = objects.copy()
    placed[:, :SCORE] *= plan.downsample
    placed[:, [X, Y]] += (tile.x, tile.y)
    return placed


def _inside(found: Found, slide: Region) -> tuple[Found, tuple[str, ...]]:
    """What lies on the slide by its centre, cut to it, and how many did not. Raises InferenceError for too many."""
    if len(found) > MOST_OBJECTS:
        raise refused("objects-count", f"it holds {len(found):,} objects, at most {MOST_OBJECTS:,} are taken")
    centers = found[:, [X, Y]] + found[:, [WIDTH, HEIGHT]] / 2
    on_slide = ((centers >= (slide.x, slide.y)) & (centers < (slide.right, slide.bottom))).all(axis=1)
    kept = found[on_slide]
    low = np.maximum(kept[:, [X, Y]], (slide.x, slide.y))
    high = np.minimum(kept[:, [X, Y]] + kept[:, [WIDTH, HEIGHT]], (slide.right, slide.bottom))
    kept[:, [X, Y]], kept[:, [WIDTH, HEIGHT]] = low, high - low
    lost = len(found) - len(kept)
    return kept, (f"{lost} objects lay beyond the edge of the slide and were left out.",) if lost else ()


def _is_point(found: Found) -> NDArray[np.bool_]:
    return (found[:, [WIDTH, HEIGHT]] == 0).all(axis=1)


def _kept(part: Found, distance: float) -> NDArray[np.intp]:
    if _is_point(part).any():
        return kept_points(part[:, [X, Y]], part[:, SCORE], distance)
    return kept_boxes(part[:, :SCORE], part[:, SCORE])


def _object(row: NDArray[np.float64], spec: ModelSpec) -> FoundObject:
    x, y, width, height, score, number = (float(value) for value in row)
    is_point = width == 0 and height == 0
    geometry = Geometry(Shape.DOT, (Point(x, y),)) if is_point else rectangle(Region(x, y, width, height))
    return FoundObject(geometry, spec.classes[int(number)], score)


def _regions(merged: Found, point_px: float) -> tuple[RankedRegion, ...]:
    """The objects to go to, a point as a square around it."""
    shown = merged[:MOST_REGIONS].copy()
    points = _is_point(shown)
    shown[points, :WIDTH] -= point_px
    shown[points, WIDTH:SCORE] += 2 * point_px
    return tuple(RankedRegion(Region(*row[:SCORE]), row[SCORE]) for row in shown.tolist())


def _counts(merged: Found, spec: ModelSpec, least: float) -> tuple[Score, ...]:
    meaning = f"Objects whose score reaches {least:.3f}, each counted once."
    counts = [int((merged[:, CLASS] == number).sum()) for number in range(len(spec.classes))]
    return tuple(
        Score(f"count_{name}", f"Number of {name}", float(count), "objects", meaning)
        for name, count in zip(spec.classes, counts, strict=True)
    )
