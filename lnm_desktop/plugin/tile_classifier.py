"""The kind of model that looks at tiles: its author writes `load` and `classify`, the rest is done here."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from lnm_desktop.domain.image import Calibration, Kernel
from lnm_desktop.errors import CalibrationMissing, InferenceError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.tiling import TilePlan, plan_tiles
from lnm_desktop.imaging.tissue import DEFAULT_MPP, find_tissue
from lnm_desktop.plugin.batching import BatchRunner
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput, ModelPlugin
from lnm_desktop.plugin.output_check import refused
from lnm_desktop.plugin.spec import KERNELS
from lnm_desktop.plugin.tile_blocks import heatmap_of
from lnm_desktop.plugin.tile_findings import MOST_REGIONS, ranked_regions, slide_scores
from lnm_desktop.plugin.tile_run import TileRun
from lnm_desktop.plugin.tile_sample import strange_tiles_warning
from lnm_desktop.plugin.tile_views import look_at, spread_map, spread_warnings

COARSER_THAN_TRAINED = 1.05
TOO_COARSE = 1.5
TOO_OBLONG = 1.02


class TileOptions(BaseModel):
    """Options that every tile classifier has."""

    model_config = ConfigDict(extra="forbid")

    stride_px: Literal[32, 64, 96] = Field(
        default=32,
        title="Stride",
        description="Edge of a map cell in pixels of the model's resolution: 32 is finest, 96 fastest.",
    )
    batch_size: int = Field(
        default=0,
        ge=0,
        le=1024,
        title="Batch size",
        description="Tiles per step; 0 lets the model choose. Halved when memory is short.",
    )
    tissue_fraction: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        title="Tissue",
        description="Least share of tissue in a cell for it to be examined; 0 examines all.",
    )

    views: Literal[1, 4, 8] = Field(
        default=1,
        title="Views",
        description="Each tile turned (4) and mirrored too (8): the mean, and as second map how far they differ.",
    )


class TileClassifier(ModelPlugin):
    """A model of square tiles of `spec.tile_px` at `spec.resolution_mpp`.

    The map shows the last of `spec.classes`. A cell of the map tells the answer for the tile around its centre.
    `batch_size` is used where the options name none. `classify` is called on `streams` threads at once: more than
    one only where it may be.
    """

    Options: ClassVar[type[BaseModel]] = TileOptions
    task: ClassVar[str] = "tile-classification"
    batch_size: int = 32
    streams: int = 1

    @abstractmethod
    def classify(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (n, classes) of RGB tiles (n, tile, tile, 3)."""

    def classify_checked(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What `classify` answers. Raises InferenceError naming the rule that the answer breaks."""
        return checked_output(self.classify(tiles), len(tiles), len(self.spec.classes))

    def unlike_training(self, tiles: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which tiles (n, tile, tile, 3) are unlike those of the training; none, unless it is written."""
        return np.zeros(len(tiles), np.bool_)

    def _strange_tiles(self, slide: ImageReader, plan: TilePlan, kernel: Kernel) -> Iterator[str]:
        # A model that does not judge them costs no read.
        if type(self).unlike_training is not TileClassifier.unlike_training:
            yield from strange_tiles_warning(self.unlike_training, slide, plan, kernel)

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Examine the tissue of a slide. Raises CalibrationMissing, InferenceError, Cancelled."""
        if not isinstance(options, TileOptions):
            raise InferenceError(f"the Options of {self.spec.id} do not extend TileOptions")
        plan, warnings = plan_run(inputs, options, self.spec.resolution_mpp, self.spec.tile_px)
        finding, point = self.spec.classes[-1], self.spec.operating_point
        grid = heatmap_of(plan, finding, f"{finding} probability")
        kernel = KERNELS[self.spec.resampling]
        strange = tuple(self._strange_tiles(inputs.slide, plan, kernel))
        look = partial(look_at, self.classify_checked, options.views)
        runner = BatchRunner(look, options.batch_size or self.batch_size, before=job.check_cancelled)
        layers = (grid, *spread_map(plan, options.views))
        run = TileRun(inputs.slide, plan, grid, kernel, runner, job, len(layers))
        started = time.monotonic()
        run.run(self.streams)
        values = run.values
        regions = ranked_regions(values, point, plan)
        return ModelOutput(
            scores=slide_scores(values, point, finding),
            grids=layers,
            maps={layer.name: found for layer, found in zip(layers, run.layers, strict=True)},
            regions=regions,
            warnings=(
                *warnings,
                *strange,
                *spread_warnings(run.layers),
                *_result_warnings(values, point, len(regions)),
            ),
            facts={
                "batch_size": runner.size,
                "tiles": len(plan),
                "tiles_resumed": run.resumed,
                "tiles_s": round(time.monotonic() - started, 3),
                "downsample": plan.downsample,
                "tissue_threshold": plan.tissue_threshold,
                "tissue_cell_px": plan.tissue_cell_px,
            },
        )


def plan_run(
    inputs: ModelInputs, options: TileOptions, resolution_mpp: float, tile_px: int
) -> tuple[TilePlan, tuple[str, ...]]:
    """The cells in tissue and inside the asked regions, and what the user should know about them.

    Raises CalibrationMissing, InferenceError.
    """
    warnings = check_resolution(inputs.calibration, resolution_mpp)
    slide = inputs.slide.info.region
    plan = plan_tiles(slide, tile_px, options.stride_px, resolution_mpp / inputs.calibration.mpp)
    if min(slide.width, slide.height) < tile_px * plan.downsample:
        warnings.append("The slide is smaller than one tile of the model: what lies outside is taken as white.")
    if inputs.regions:
        plan = plan.inside(inputs.regions)
        warnings += _region_warnings(inputs, plan)
    if len(plan) and options.tissue_fraction > 0:
        tissue = find_tissue(inputs.slide, downsample=DEFAULT_MPP / inputs.calibration.mpp)
        plan = plan.in_tissue(tissue, options.tissue_fraction)
        if not len(plan):
            warnings.append(f"No tissue was found {'in the given regions' if inputs.regions else 'on the slide'}.")
    if not len(plan):
        warnings.append("Nothing was examined: there is no score.")
    warnings.append("The model assumes an H&E section of a lymph node; nothing in the file says whether this is one.")
    return plan, tuple(warnings)


def checked_output(output: Any, count: int, classes: int) -> NDArray[np.float32]:
    """A model's answer as float32 (count, classes). Raises InferenceError naming the broken rule."""
    if not isinstance(output, np.ndarray) or not np.issubdtype(output.dtype, np.floating):
        kind = getattr(output, "dtype", type(output).__name__)
        raise refused("output-dtype", f"it is {kind}, not a floating point array")
    if output.shape != (count, classes):
        raise refused("output-shape", f"it has the shape {output.shape}, not {(count, classes)}")
    if not np.isfinite(output).all():
        raise refused("output-finite", "it holds nan or infinity")
    if output.min(initial=0.0) < 0.0 or output.max(initial=0.0) > 1.0 + 1e-6:
        raise refused("output-range", "it holds values that are not probabilities between 0 and 1")
    return output.astype(np.float32, copy=False)


def check_resolution(calibration: Calibration, resolution_mpp: float) -> list[str]:
    """Warnings about the slide's pixels. Raises CalibrationMissing, InferenceError where they are too coarse."""
    if not calibration.is_known:
        raise CalibrationMissing(
            "the slide has no pixel size, and the model needs one",
            hint="State the pixel size in micrometres with --mpp, or in the image panel.",
        )
    ratio = calibration.mpp / resolution_mpp
    stated = f"The slide has {calibration.mpp:.3g} µm per pixel, the model was trained at {resolution_mpp:.3g}"
    if ratio > TOO_COARSE:
        raise InferenceError(f"{stated}: it is too coarse.", hint="Use a slide scanned at a higher magnification.")
    warnings = [f"{stated}: details may be missing."] if ratio > COARSER_THAN_TRAINED else []
    oblong = max(calibration.mpp_x, calibration.mpp_y) / min(calibration.mpp_x, calibration.mpp_y)
    if oblong > TOO_OBLONG:
        warnings.append(
            f"Pixels of {calibration.mpp_x:.4g} × {calibration.mpp_y:.4g} µm are not square; "
            "the model sees them as if they were."
        )
    return warnings


def _region_warnings(inputs: ModelInputs, plan: TilePlan) -> list[str]:
    slide, regions = inputs.slide.info.region, inputs.regions
    for region in regions:
        if region.area_px2 == 0:
            raise InferenceError(
                f"a {region.shape.value} encloses no area to examine", hint="Choose polygons or rectangles."
            )
    outside = sum(slide.intersect(region.bounds).is_empty for region in regions)
    if outside:
        return [f"{outside} of {len(regions)} regions lie outside the slide and were not examined."]
    if not len(plan):
        return ["The regions are smaller than one map cell: none of its centres lies inside."]
    return []


def _result_warnings(values: NDArray[np.float32], operating_point: float, regions: int) -> tuple[str, ...]:
    if regions == MOST_REGIONS:
        return (f"Only the {MOST_REGIONS} regions with the highest peaks are listed; the map shows all.",)
    if np.isfinite(values).any() and not (values.astype(np.float64) >= operating_point).any():
        return (f"No cell reaches the operating point {operating_point:.3f}: the regions are the highest maxima.",)
    return ()
