"""The tiles of a plan, read ahead and run block by block: for kinds whose answer is more than one number a tile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from lnm_desktop.imaging.tile_stream import stream_tiles
from lnm_desktop.imaging.tiling import TilePlan
from lnm_desktop.plugin.batching import BatchRunner
from lnm_desktop.plugin.model import Job, ModelInputs
from lnm_desktop.plugin.spec import KERNELS, ModelSpec
from lnm_desktop.plugin.tile_blocks import Block, blocks_of
from lnm_desktop.plugin.tile_classifier import TileOptions, plan_run

Tiles = NDArray[np.uint8]


class WalkOptions(BaseModel):
    """Options of every kind that walks over the tiles of a slide."""

    model_config = ConfigDict(extra="forbid")

    batch_size: int = Field(
        default=16, ge=1, le=1024, title="Batch size", description="Tiles per step; halved when memory is short."
    )
    tissue_fraction: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        title="Tissue",
        description="Least share of tissue around a tile's centre for it to be examined; 0 examines all.",
    )


@dataclass(frozen=True, eq=False, slots=True)
class TileWalk:
    """What is walked over, and the notes that a user should read."""

    inputs: ModelInputs
    plan: TilePlan
    runner: BatchRunner
    spec: ModelSpec
    warnings: tuple[str, ...]

    def blocks(self, job: Job) -> Generator[tuple[Block, NDArray[Any]]]:
        """Each block with the answers for its tiles. Raises Cancelled, InferenceError, ImageError."""
        blocks = list(blocks_of(self.plan, KERNELS[self.spec.resampling]))
        done = 0
        job.progress(done, len(self.plan))
        with contextlib.closing(stream_tiles(self.inputs.slide, (block.request for block in blocks))) as reads:
            for block, read in zip(blocks, reads, strict=True):
                yield block, self.runner(block.tiles(read.pixels))
                done += int(block.chosen.sum())
                job.progress(done, len(self.plan))

    @property
    def facts(self) -> dict[str, Any]:
        """What the numbers depend on, once the walk is over."""
        plan = self.plan
        return {
            "batch_size": self.runner.size,
            "tiles": len(plan),
            "stride_px": plan.stride_px,
            "downsample": plan.downsample,
            "tissue_threshold": plan.tissue_threshold,
            "tissue_cell_px": plan.tissue_cell_px,
        }


def plan_walk(
    spec: ModelSpec,
    inputs: ModelInputs,
    options: WalkOptions,
    stride_px: int,
    run: Callable[[Tiles], NDArray[Any]],
    job: Job,
) -> TileWalk:
    """Tiles every `stride_px` pixels of the model's resolution. Raises CalibrationMissing, InferenceError."""
    # Here the kind of model decides on the stride, so the choices of a tile classifier do not hold.
    wanted = TileOptions.model_construct(stride_px=stride_px, tissue_fraction=options.tissue_fraction)
    plan, warnings = plan_run(inputs, wanted, spec.resolution_mpp, spec.tile_px)
    runner = BatchRunner(run, options.batch_size, before=job.check_cancelled)
    return TileWalk(inputs, plan, runner, spec, warnings)
