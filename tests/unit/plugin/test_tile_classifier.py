"""A tile classifier on a slide of formula pixels, without a worker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, Size, rectangle
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageInfo, ImageKind, Level, RegionRequest
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.errors import CalibrationMissing, Cancelled, InferenceError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.plugin import tile_classifier
from lnm_desktop.plugin.model import Draft, ModelInputs, ModelOutput, NoDraft
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.plugin.tile_classifier import TileClassifier, TileOptions, checked_output

SPEC = ModelSpec("stained", "1", "Stained (made up)", "tile-classification", ("glass", "stain"), 1.0, 96)
EVERYWHERE = TileOptions(tissue_fraction=0.0)


class FakeSlide(ImageReader):
    """White glass with one stained rectangle, in level-0 pixels; made up. Nearest neighbour is enough here."""

    def __init__(self, width: int = 1280, height: int = 960, stain: Region | None = None) -> None:
        self.stain = stain or Region(320, 320, 320, 256)
        size = Size(width, height)
        self._info = ImageInfo(ImageKind.SLIDE, "fake", size, (Level(size, 1, 1, Size(256, 256)),))
        self.requests: list[RegionRequest] = []

    @property
    def info(self) -> ImageInfo:
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        self.requests.append(request)
        width, height = request.output
        xs = request.region.x + (np.arange(width) + 0.5) * request.downsample
        ys = request.region.y + (np.arange(height) + 0.5) * request.downsample
        stain = self.stain
        inside = ((ys >= stain.y) & (ys < stain.bottom))[:, None] & ((xs >= stain.x) & (xs < stain.right))[None, :]
        return np.where(inside[:, :, None], np.array([150, 40, 160]), np.array([245, 245, 245])).astype(np.uint8)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        raise AssertionError(name)

    def close(self) -> None:
        pass


class Stained(TileClassifier):
    """The share of a tile's centre that is not green."""

    def load(self, device: str, weights: Path) -> None:
        pass

    def classify(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert tiles.shape[1:] == (96, 96, 3)
        assert tiles.dtype == np.uint8
        share = (tiles[:, 32:64, 32:64, 1] < 100).mean(axis=(1, 2))
        return np.stack([1 - share, share], axis=1).astype(np.float32)


@dataclass
class RecordingJob:
    """Remembers what a model says; stops after `patience` looks."""

    patience: float = math.inf
    done: list[tuple[int, int]] = field(default_factory=list)
    grids: list[HeatmapGrid] = field(default_factory=list)
    tiles: list[tuple[str, int, int, NDArray[np.float32]]] = field(default_factory=list)
    looks: int = 0
    kept: Draft = field(default_factory=NoDraft)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def progress(self, done: int, total: int, unit: str = "tiles") -> None:
        self.done.append((done, total))

    def check_cancelled(self) -> None:
        self.looks += 1
        if self.looks > self.patience:
            raise Cancelled("stop")

    def publish_tile(self, name: str, column: int, row: int, values: NDArray[np.float32]) -> None:
        self.tiles.append((name, column, row, values))

    def publish_grid(self, grid: HeatmapGrid) -> None:
        self.grids.append(grid)

    def draft(self, facts: Mapping[str, Any]) -> Draft:
        self.facts = facts
        return self.kept


def mpp(x: float, y: float | None = None) -> Calibration:
    return Calibration(x, x if y is None else y, CalibrationSource.USER)


def run(
    slide: FakeSlide | None = None,
    calibration: Calibration | None = None,
    options: TileOptions = EVERYWHERE,
    job: RecordingJob | None = None,
    regions: tuple[Geometry, ...] = (),
) -> ModelOutput:
    inputs = ModelInputs(slide or FakeSlide(), calibration or mpp(1.0), regions)
    return Stained(SPEC).predict(inputs, options, job or RecordingJob())


def test_cells_tell_the_truth_about_their_own_square() -> None:
    output = run()
    values = output.maps["stain"]
    expected = np.zeros((30, 40), np.float32)
    expected[10:18, 10:20] = 1
    assert np.array_equal(values, expected)
    assert output.regions[0].region == Region(320, 320, 320, 256)
    assert [score.value for score in output.scores] == [1.0, pytest.approx(80 / 1200)]


@pytest.mark.parametrize("slide_mpp", [0.25, 0.5, 0.97])
def test_at_any_resolution_the_map_lies_in_the_same_place(slide_mpp: float) -> None:
    output = run(calibration=mpp(slide_mpp))
    values, grid = output.maps["stain"], output.grids[0]
    assert grid.cell.width == pytest.approx(32 / slide_mpp)
    rows, columns = np.nonzero(values >= 0.5)
    covered = Region(320, 320, 320, 256)
    for row, column in zip(rows, columns, strict=True):
        center = Point((column + 0.5) * grid.cell.width, (row + 0.5) * grid.cell.height)
        assert covered.x - grid.cell.width / 2 <= center.x <= covered.right + grid.cell.width / 2
        assert covered.y - grid.cell.height / 2 <= center.y <= covered.bottom + grid.cell.height / 2
    assert float(np.nansum(values)) * grid.cell.width**2 == pytest.approx(320 * 256, rel=0.02)


def test_only_tissue_is_examined() -> None:
    job = RecordingJob()
    values = run(options=TileOptions(), job=job).maps["stain"]
    assert np.isfinite(values[10:18, 10:20]).all()
    assert np.isnan(values[0:8]).all()
    assert np.isfinite(values).sum() == job.done[-1][1] == job.done[-1][0]


def test_a_region_between_the_cells_is_not_called_free_of_tissue() -> None:
    output = run(regions=(rectangle(Region(1, 1, 3, 3)),))
    assert any("smaller than one map cell" in warning for warning in output.warnings)
    assert "Nothing was examined: there is no score." in output.warnings
    assert not any("tissue" in warning for warning in output.warnings)


def test_only_the_regions_are_examined() -> None:
    inside, far = rectangle(Region(320, 320, 64, 64)), rectangle(Region(9000, 9000, 50, 50))
    output = run(regions=(inside, far))
    assert np.argwhere(np.isfinite(output.maps["stain"])).tolist() == [[10, 10], [10, 11], [11, 10], [11, 11]]
    assert any("1 of 2 regions lie outside" in warning for warning in output.warnings)


def test_a_list_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("are listed" in warning for warning in run().warnings)
    monkeypatch.setattr(tile_classifier, "MOST_REGIONS", len(run().regions))
    assert any("regions with the highest peaks are listed" in warning for warning in run().warnings)


def test_a_region_without_area_is_refused() -> None:
    with pytest.raises(InferenceError, match="Dot encloses no area"):
        run(regions=(Geometry(Shape.DOT, (Point(1, 1),)),))


def test_the_blocks_that_were_published_are_the_map() -> None:
    job = RecordingJob()
    output = run(job=job, options=TileOptions(tissue_fraction=0.0, batch_size=7))
    grid = job.grids[0]
    shown = np.full((grid.rows, grid.columns), np.nan, np.float32)
    for name, column, row, values in job.tiles:
        assert name == grid.name
        height, width = values.shape
        shown[row : row + height, column : column + width] = values
    assert np.array_equal(shown, output.maps["stain"], equal_nan=True)
    assert [done for done, _ in job.done] == sorted(done for done, _ in job.done)


def test_a_wish_to_stop_ends_the_run_at_once() -> None:
    slide, job = FakeSlide(), RecordingJob(patience=2)
    with pytest.raises(Cancelled):
        run(slide, job=job)
    assert job.looks >= 3
    assert job.done[-1][0] == 48 < job.done[-1][1]


def test_a_slide_without_a_pixel_size_is_refused_with_the_remedy() -> None:
    with pytest.raises(CalibrationMissing) as caught:
        run(calibration=Calibration())
    assert "--mpp" in caught.value.hint


def test_too_coarse_a_slide_is_refused_and_a_slightly_coarse_one_warned_of() -> None:
    with pytest.raises(InferenceError, match="too coarse"):
        run(calibration=mpp(29.0))
    assert any("details may be missing" in warning for warning in run(calibration=mpp(1.2)).warnings)
    assert not any("details" in warning for warning in run(calibration=mpp(1.0)).warnings)


def test_oblong_pixels_are_warned_of() -> None:
    assert any("not square" in warning for warning in run(calibration=mpp(0.5, 0.55)).warnings)


def test_a_blank_slide_gives_no_score_and_says_why() -> None:
    output = run(FakeSlide(stain=Region(0, 0, 0, 0)), options=TileOptions())
    assert output.scores == ()
    assert output.regions == ()
    assert np.isnan(output.maps["stain"]).all()
    assert any("No tissue was found on the slide" in warning for warning in output.warnings)


def test_a_slide_smaller_than_a_tile_is_examined_with_a_warning() -> None:
    output = run(FakeSlide(40, 30, Region(0, 0, 40, 30)))
    assert output.maps["stain"].shape == (1, 2)
    assert any("smaller than one tile" in warning for warning in output.warnings)


def test_every_result_says_what_the_model_assumes() -> None:
    assert any("lymph node" in warning for warning in run().warnings)


def test_nothing_above_the_operating_point_is_said() -> None:
    output = run(FakeSlide(stain=Region(0, 0, 0, 0)))
    assert any("No cell reaches the operating point" in warning for warning in output.warnings)
    assert 0 < len(output.regions) <= 10


@pytest.mark.parametrize(
    ("output", "rule"),
    [
        ([[0.5, 0.5]], "output-dtype"),
        (np.zeros((1, 2), np.int64), "output-dtype"),
        (np.zeros((2, 2), np.float32), "output-shape"),
        (np.zeros((1,), np.float32), "output-shape"),
        (np.array([[np.nan, 0]], np.float32), "output-finite"),
        (np.array([[np.inf, 0]], np.float32), "output-finite"),
        (np.array([[-0.1, 1.1]], np.float32), "output-range"),
    ],
)
def test_a_wrong_answer_is_refused_by_its_rule(output: Any, rule: str) -> None:
    with pytest.raises(InferenceError, match=rule) as caught:
        checked_output(output, 1, 2)
    assert caught.value.facts["rule"] == rule


def test_a_right_answer_is_float32() -> None:
    assert checked_output(np.array([[0.25, 0.75]]), 1, 2).dtype == np.float32
