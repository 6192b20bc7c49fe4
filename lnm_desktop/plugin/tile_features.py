"""Features of a slide's tiles: what a feature extractor writes down and a model of whole slides looks at."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from lnm_desktop.domain.prediction import ATTENTION, HeatmapGrid, RankedRegion
from lnm_desktop.errors import InferenceError
from lnm_desktop.imaging.tiling import TilePlan
from lnm_desktop.plugin.model import Job, ModelInputs, ModelPlugin
from lnm_desktop.plugin.output_check import refused
from lnm_desktop.plugin.output_rules import checked_numbers, checked_probabilities
from lnm_desktop.plugin.tile_blocks import heatmap_of
from lnm_desktop.plugin.tile_findings import ranked_regions
from lnm_desktop.plugin.tile_walk import TileWalk, WalkOptions, plan_walk

MOST_BYTES = 2 * 1024**3
NOWHERE = float("inf")


class FeatureOptions(WalkOptions):
    """Options that every model of features has."""

    overlap: float = Field(
        default=0.0, ge=0.0, le=0.75, title="Overlap", description="Which part of a tile's edge its neighbour shares."
    )


@dataclass(frozen=True, eq=False, slots=True)
class Bag:
    """Features (n, d) of the tiles and their centres (n, 2) of x and y in level-0 pixels."""

    features: NDArray[np.float32]
    coordinates: NDArray[np.float64]
    plan: TilePlan
    warnings: tuple[str, ...]
    facts: dict[str, Any]


@dataclass(frozen=True, eq=False)
class BagAnswer:
    """What a model says of a bag: probabilities (classes,), and how much each tile counted, at least 0 (n,)."""

    probabilities: NDArray[np.floating]
    attention: NDArray[np.floating] | None = None


class TileFeatures(ModelPlugin):
    """What the kinds share that turn tiles into features; subclass one of those."""

    Options: ClassVar[type[BaseModel]] = FeatureOptions

    @abstractmethod
    def features(self, tiles: NDArray[np.uint8]) -> NDArray[np.floating]:
        """Features (n, d) of RGB tiles (n, tile, tile, 3)."""

    def features_checked(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What `features` answers. Raises InferenceError naming the rule that the answer breaks."""
        return checked_numbers(self.features(tiles), (len(tiles), None))

    def bag(self, inputs: ModelInputs, options: BaseModel, job: Job) -> Bag:
        """The features of a slide's tissue, tile by tile. Raises CalibrationMissing, InferenceError, Cancelled."""
        if not isinstance(options, FeatureOptions):
            raise InferenceError(f"the Options of {self.spec.id} do not extend FeatureOptions")
        stride_px = max(1, round(self.spec.tile_px * (1 - options.overlap)))
        walk = plan_walk(self.spec, inputs, options, stride_px, self.features_checked, job)
        cells, features = _gathered(walk, job)
        plan = walk.plan
        origin = np.array((plan.origin.x, plan.origin.y))
        coordinates = origin + (cells[:, ::-1] + 0.5) * np.array((plan.cell.width, plan.cell.height))
        return Bag(features, coordinates.astype(np.float64), plan, walk.warnings, walk.facts)


def _gathered(walk: TileWalk, job: Job) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Cells (n, 2) of row and column and their features (n, d), row by row."""
    cells, parts, size = [np.empty((0, 2), np.intp)], [], 0
    for block, output in walk.blocks(job):
        size += output.nbytes
        if size > MOST_BYTES or (parts and output.shape[1] != parts[0].shape[1]):
            raise refused("features-size", f"its features take more than {MOST_BYTES:,} bytes or vary in length")
        cells.append(block.cells())
        parts.append(output)
    places = np.concatenate(cells)
    order = np.lexsort((places[:, 1], places[:, 0]))
    return places[order], np.concatenate(parts)[order] if parts else np.empty((0, 0), np.float32)


def checked_answer(answer: Any, bag: Bag, classes: int) -> BagAnswer:
    """An author's answer. Raises InferenceError naming the rule that it breaks."""
    if not isinstance(answer, BagAnswer):
        raise refused("output-type", f"it is {type(answer).__name__}, not a BagAnswer")
    probabilities = checked_probabilities(answer.probabilities, (classes,))
    if answer.attention is None:
        return BagAnswer(probabilities)
    attention = checked_numbers(answer.attention, (len(bag.features),))
    if attention.min(initial=0.0) < 0:
        raise refused("attention-range", "it holds attention below 0")
    return BagAnswer(probabilities, attention)


def attention_map(answer: BagAnswer, plan: TilePlan) -> tuple[HeatmapGrid, NDArray[np.float32]] | None:
    """Where the model looked, as parts of the highest attention, in a map; None where it does not say."""
    if answer.attention is None:
        return None
    values = np.full(plan.chosen.shape, np.nan, np.float32)
    values[plan.chosen] = answer.attention / max(float(answer.attention.max(initial=0.0)), np.finfo(np.float32).tiny)
    return heatmap_of(plan, ATTENTION, "attention, as part of the highest"), values


def attended(values: NDArray[np.float32], plan: TilePlan) -> tuple[RankedRegion, ...]:
    """The places that counted most: the highest maxima of the map."""
    return ranked_regions(values, NOWHERE, plan)
