"""The kind of model that segments: overlapping tiles of probabilities, blended into one map for each class."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.prediction import HeatmapGrid, Score
from lnm_desktop.errors import InferenceError
from lnm_desktop.imaging.tiling import TilePlan
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput, ModelPlugin
from lnm_desktop.plugin.output_rules import checked_probabilities
from lnm_desktop.plugin.tile_blocks import Block
from lnm_desktop.plugin.tile_findings import ranked_regions, slide_scores
from lnm_desktop.plugin.tile_walk import WalkOptions, plan_walk

MOST_CELLS = 64_000_000
UM2_PER_MM2 = 1e6
Map = NDArray[np.float32]


class SegmentationOptions(WalkOptions):
    """Options that every segmentation model has."""

    cell_px: Literal[4, 8, 16, 32] = Field(
        default=8, title="Cell", description="Edge of a map cell in pixels of the model's resolution: 4 is finest."
    )


class SegmentationModel(ModelPlugin):
    """A model that gives each pixel of a tile a probability per class; write `segment`.

    Tiles overlap by half and are blended with a smooth window, so that no border of a tile shows. Each class but
    the first, which is the ground, gets a map whose cells hold the mean over `cell_px` × `cell_px` pixels.
    `spec.tile_px` must be a multiple of four cells.
    """

    Options: ClassVar[type[BaseModel]] = SegmentationOptions
    task: ClassVar[str] = "segmentation"

    @abstractmethod
    def segment(self, tiles: NDArray[np.uint8]) -> NDArray[np.floating]:
        """Probabilities (n, tile, tile, classes) of RGB tiles (n, tile, tile, 3)."""

    def segment_checked(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What `segment` answers. Raises InferenceError naming the rule that the answer breaks."""
        return checked_probabilities(self.segment(tiles), (*tiles.shape[:3], len(self.spec.classes)))

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Segment the tissue of a slide. Raises CalibrationMissing, InferenceError, Cancelled."""
        if not isinstance(options, SegmentationOptions):
            raise InferenceError(f"the Options of {self.spec.id} do not extend SegmentationOptions")
        _check_cell(self.spec.tile_px, options.cell_px)
        walk = plan_walk(self.spec, inputs, options, self.spec.tile_px // 2, self.segment_checked, job)
        names = self.spec.classes[1:]
        canvas = BlendedMap(walk.plan, options.cell_px, names)
        for grid in canvas.grids:
            job.publish_grid(grid)
        for block, output in walk.blocks(job):
            self._publish(canvas, canvas.add(block, output[..., 1:]), job)
        maps = dict(zip(names, canvas.finished(), strict=True))
        finding, point = names[-1], self.spec.operating_point
        cells = replace(walk.plan, tile_px=options.cell_px, stride_px=options.cell_px, chosen=canvas.chosen)
        return ModelOutput(
            scores=(*slide_scores(maps[finding], point, finding), *_area(maps, point, inputs, cells)),
            grids=canvas.grids,
            maps=maps,
            regions=ranked_regions(maps[finding], point, cells),
            warnings=walk.warnings,
            facts=walk.facts,
        )

    def _publish(self, canvas: BlendedMap, span: tuple[slice, slice], job: Job) -> None:
        rows, columns = span
        for grid, values in zip(canvas.grids, canvas.blended(rows, columns), strict=True):
            job.publish_tile(grid.name, columns.start, rows.start, values)


class BlendedMap:
    """Where overlapping tiles flow together: weighted sums and weights (rows, columns) of cells.

    The window is sin², which adds up to one where tiles overlap by half; where a neighbour is missing, the weights
    that are there count alone.
    """

    def __init__(self, plan: TilePlan, cell_px: int, names: tuple[str, ...]) -> None:
        self._cell_px, self._per_tile = cell_px, plan.tile_px // cell_px
        self._per_stride = plan.stride_px // cell_px
        self.chosen = plan.chosen.repeat(self._per_stride, 0).repeat(self._per_stride, 1)
        rows, columns = self.chosen.shape
        if rows * columns * len(names) > MOST_CELLS:
            raise InferenceError(
                f"a map of {columns} × {rows} cells is too large", hint="Choose larger cells, or a region."
            )
        cell = Size(cell_px * plan.downsample, cell_px * plan.downsample)
        self.grids = tuple(
            HeatmapGrid(name, f"{name} probability", columns, rows, plan.origin, cell) for name in names
        )
        # A quarter of a tile reaches beyond the outermost strides on each side.
        self._margin = (self._per_tile - self._per_stride) // 2
        padded = rows + 2 * self._margin, columns + 2 * self._margin
        self._sums = np.zeros((len(names), *padded), np.float32)
        self._weights = np.zeros(padded, np.float32)
        phase = np.sin(np.pi * (np.arange(plan.tile_px) + 0.5) / plan.tile_px) ** 2
        self._window = np.outer(phase, phase).astype(np.float32)

    def add(self, block: Block, output: NDArray[np.float32]) -> tuple[slice, slice]:
        """Blend the tiles (n, tile, tile, maps) of a block in; which rows and columns have changed."""
        weights = self._cell_means(self._window[None, :, :, None])[0, :, :, 0]
        means = self._cell_means(output * self._window[None, :, :, None])
        for (row, column), part in zip(block.cells().tolist(), means, strict=True):
            rows, columns = (slice(place * self._per_stride, None) for place in (row, column))
            self._sums[:, rows, columns][:, : self._per_tile, : self._per_tile] += part.transpose(2, 0, 1)
            self._weights[rows, columns][: self._per_tile, : self._per_tile] += weights
        height, width = (length * self._per_stride for length in block.chosen.shape)
        top, left = block.row * self._per_stride, block.column * self._per_stride
        return slice(top, top + height), slice(left, left + width)

    def blended(self, rows: slice, columns: slice) -> Map:
        """The maps (maps, rows, columns) as they are now, nan where nothing was chosen."""
        inner = tuple(slice(part.start + self._margin, part.stop + self._margin) for part in (rows, columns))
        sums, weights = self._sums[:, *inner], self._weights[inner]
        values = np.divide(sums, weights, out=np.full(sums.shape, np.nan, np.float32), where=weights > 0)
        values[:, ~self.chosen[rows, columns]] = np.nan
        return np.minimum(values, np.float32(1))

    def finished(self) -> Map:
        """All of the maps."""
        rows, columns = self.chosen.shape
        return self.blended(slice(0, rows), slice(0, columns))

    def _cell_means(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        count, height, width, depth = pixels.shape
        cells = pixels.reshape(count, height // self._cell_px, self._cell_px, width // self._cell_px, -1, depth)
        return cells.mean(axis=(2, 4), dtype=np.float32)


def _check_cell(tile_px: int, cell_px: int) -> None:
    if tile_px % (4 * cell_px):
        raise InferenceError(
            f"cells of {cell_px} px do not fit tiles of {tile_px} px", hint="Choose smaller cells.", cell_px=cell_px
        )


def _area(maps: dict[str, Map], point: float, inputs: ModelInputs, cells: TilePlan) -> tuple[Score, ...]:
    """The area of each class in mm²."""
    cell_um2 = cells.cell.width * inputs.calibration.mpp_x * cells.cell.height * inputs.calibration.mpp_y
    counts = {name: int((values.astype(np.float64) >= point).sum()) for name, values in maps.items()}
    meaning = f"Area of the map cells that reach the operating point {point:.3f}."
    return tuple(
        Score(f"area_{name}", f"Area of {name}", count * cell_um2 / UM2_PER_MM2, "mm²", meaning)
        for name, count in counts.items()
    )
