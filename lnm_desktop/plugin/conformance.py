"""What every model must keep, tried on made-up inputs: the rules of `lnm plugins check` and of a plugin's tests."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.errors import Cancelled, LnmError, WeightsError
from lnm_desktop.plugin.findings import Finding
from lnm_desktop.plugin.host import PluginHost
from lnm_desktop.plugin.kinds import KINDS
from lnm_desktop.plugin.made_up import QuietJob, made_up_inputs
from lnm_desktop.plugin.model import ModelInputs, ModelOutput, ModelPlugin
from lnm_desktop.plugin.output_check import check_output
from lnm_desktop.plugin.series_model import SeriesModel
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.plugin.tile_classifier import TileClassifier
from lnm_desktop.process.loop import log_trace

GOLDEN = "golden.safetensors"
GOLDEN_TOLERANCE = 1e-3
STOP_WITHIN_S = 2.0
SAID = ("id", "version", "title", "licence", "intended_use", "not_for", "card")
TILED = ("tile-classification", "segmentation", "detection", "slide-classification", "feature-extraction")


class Broken(Exception):
    """A rule is broken; the message says how."""


class NotAsked(Exception):
    """A rule does not hold for this model; the message says why."""


class WatchedJob(QuietJob):
    """Also knows the longest time for which a model did not ask whether it should stop."""

    def __init__(self, patience: float = math.inf) -> None:
        super().__init__(patience)
        self.silence_s = 0.0
        self.begin()

    def begin(self) -> None:
        """The run begins now."""
        self._looked = time.monotonic()

    def check_cancelled(self) -> None:
        """See `QuietJob.check_cancelled`."""
        now = time.monotonic()
        self.silence_s, self._looked = max(self.silence_s, now - self._looked), now
        super().check_cancelled()


class Trial:
    """One model being tried: each rule is a method that raises Broken, or NotAsked, or passes."""

    def __init__(self, host: PluginHost, model_id: str) -> None:
        self.host = host
        self.spec: ModelSpec = host.find(model_id).spec
        self.job = WatchedJob()

    def complete(self) -> None:
        """The spec says all that a user must know."""
        missing = [name for name in SAID if not str(getattr(self.spec, name)).strip()]
        if missing:
            raise Broken(f"the spec does not say: {', '.join(missing)}")
        if len(set(self.spec.classes)) != len(self.spec.classes) or not self.spec.classes:
            raise Broken("the classes of the spec are none, or not different")
        if self.spec.task in TILED and (self.spec.tile_px <= 0 or self.spec.resolution_mpp <= 0):
            raise Broken("the spec does not say tile_px and resolution_mpp")
        if not 0 <= self.spec.operating_point <= 1:
            raise Broken("the operating point is not between 0 and 1")

    def kind(self) -> None:
        """The spec's task is that of the model's class."""
        task = self.host.model_class(self.spec.id).task
        if task != self.spec.task or task not in KINDS:
            known = ", ".join(KINDS)
            raise Broken(f"the spec says {self.spec.task!r}, the model's class {task!r}; tasks are {known}")

    def options(self) -> None:
        """Every option has a default, and the form can be made from their schema."""
        options = self.host.model_class(self.spec.id).Options
        json.dumps(options.model_json_schema())
        options()

    def weights(self) -> None:
        """The weights are those that the spec names, and the model loads them."""
        try:
            _ = self.model
        except WeightsError as error:
            if "found" in error.facts:
                raise Broken(f"{error.message}; in full {error.facts['found']}") from error
            raise

    def runs(self) -> None:
        """It gives an answer that keeps the rules of an output."""
        _ = self.output

    def deterministic(self) -> None:
        """A second run gives the same numbers."""
        differing = _differing(self.output, self.run(WatchedJob()))
        if differing:
            raise Broken(f"a second run gave other {', '.join(differing)}")

    def cancels(self) -> None:
        """It asks whether to stop often enough, and stops."""
        _ = self.output
        if not self.job.looks:
            raise Broken("it never asks whether it should stop: call job.check_cancelled() once per batch")
        if self.job.silence_s > STOP_WITHIN_S:
            silence = f"{self.job.silence_s:.1f} s"
            raise Broken(f"for {silence} it did not ask whether to stop; {STOP_WITHIN_S:g} s are allowed")
        try:
            self.run(WatchedJob(self.job.looks // 2))
        except Cancelled:
            return
        raise Broken("it went on after it was told to stop")

    def geometry(self) -> None:
        """What it found lies where the image is."""
        image = self.inputs.image
        region = image.info.region if image is not None else None
        check_output(self.output, region)
        for grid in self.output.grids:
            _check_grid(grid, region, self.spec.tile_px)
            values = self.output.maps[grid.name]
            if values[np.isfinite(values)].size and not 0 <= np.nanmin(values) <= np.nanmax(values) <= 1:
                raise Broken(f"the map {grid.name!r} holds values that are not between 0 and 1")

    def golden(self) -> None:
        """Tiles that the author kept with their probabilities still give these."""
        file = self.host.folder(self.spec.id) / GOLDEN
        if not isinstance(self.model, TileClassifier) or not file.is_file():
            raise NotAsked(f"there is no {GOLDEN} beside the weights")
        try:
            kept = load_file(file)
            found = self.model.classify_checked(kept["tiles"])
            difference = float(np.abs(found - kept["probabilities"]).max())
        except (SafetensorError, KeyError, ValueError) as error:
            raise Broken(f"{GOLDEN} cannot be used: {error}") from error
        if difference > GOLDEN_TOLERANCE:
            raise Broken(f"the golden tiles differ by {difference:.2g}, {GOLDEN_TOLERANCE:g} is the most")

    @cached_property
    def model(self) -> ModelPlugin:
        """The loaded model."""
        return self.host.load_model(self.spec.id, "cpu")

    @cached_property
    def inputs(self) -> ModelInputs:
        """The made-up inputs."""
        taken = self.model.dimensions if isinstance(self.model, SeriesModel) else (3,)
        return made_up_inputs(self.spec, taken[-1])

    @cached_property
    def output(self) -> ModelOutput:
        """What the first run gave."""
        return self.run(self.job)

    def run(self, job: WatchedJob) -> ModelOutput:
        """Run the model once."""
        model, inputs = self.model, self.inputs
        job.begin()
        with _as_the_worker_does():
            return model.predict(inputs, model.Options(), job)


RULES: dict[str, Callable[[Trial], None]] = {
    "spec-complete": Trial.complete,
    "task": Trial.kind,
    "options": Trial.options,
    "weights": Trial.weights,
    "runs": Trial.runs,
    "deterministic": Trial.deterministic,
    "cancels": Trial.cancels,
    "geometry": Trial.geometry,
    "golden-tiles": Trial.golden,
}
# What a rule cannot be tried without.
NEEDED = {
    "runs": frozenset({"weights"}),
    **dict.fromkeys(("deterministic", "cancels", "geometry"), frozenset({"weights", "runs"})),
    "golden-tiles": frozenset({"weights"}),
}


def examine(host: PluginHost, begun: Callable[[str], None] = lambda rule: None) -> tuple[Finding, ...]:
    """Each model of a plugin held against each rule; runs the plugin's code. `begun` hears which rule is tried."""
    return tuple(finding for model_id in host.models for finding in _findings(Trial(host, model_id), begun))


def save_golden(model: TileClassifier, tiles: np.ndarray, folder: Path) -> None:
    """Keep tiles (n, tile, tile, 3) and what the model says of them, for every later check."""
    save_file({"tiles": tiles, "probabilities": model.classify_checked(tiles)}, folder / GOLDEN)


def _findings(trial: Trial, begun: Callable[[str], None]) -> Iterator[Finding]:
    """Each rule; what needs a rule that is broken cannot be tried."""
    broken: set[str] = set()
    for rule in RULES:
        lacking = broken & NEEDED.get(rule, frozenset())
        if lacking:
            yield Finding(rule, "skipped", f"{', '.join(sorted(lacking))} failed", trial.spec.id)
            continue
        begun(rule)
        finding = _finding(trial, rule)
        if finding.state == "failed":
            broken.add(rule)
        yield finding


def _finding(trial: Trial, rule: str) -> Finding:
    try:
        RULES[rule](trial)
    except NotAsked as reason:
        return Finding(rule, "skipped", str(reason), trial.spec.id)
    except Broken as reason:
        return Finding(rule, "failed", str(reason), trial.spec.id)
    except LnmError as error:
        return Finding(rule, "failed", error.message, trial.spec.id)
    except BaseException as error:  # noqa: BLE001 - the border to foreign code
        log_trace(error)
        return Finding(rule, "failed", f"{type(error).__name__}: {error}", trial.spec.id)
    return Finding(rule, "passed", model=trial.spec.id)


def _as_the_worker_does() -> AbstractContextManager[object]:
    """Torch's inference mode where the model has loaded torch."""
    torch = sys.modules.get("torch")
    return torch.inference_mode() if torch is not None else nullcontext()


def _differing(one: ModelOutput, two: ModelOutput) -> list[str]:
    """In what two outputs differ, bit for bit."""
    plain = [name for name in ("scores", "grids", "regions", "objects") if getattr(one, name) != getattr(two, name)]
    arrays = [name for name in ("maps", "features") if not _same(getattr(one, name), getattr(two, name))]
    return plain + arrays


def _same(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> bool:
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


def _check_grid(grid: HeatmapGrid, image: Region | None, tile_px: int) -> None:
    """A map lies on the image, but for the rest of a cell or of a tile, and its columns run along x."""
    right, bottom = grid.origin.x + grid.columns * grid.cell.width, grid.origin.y + grid.rows * grid.cell.height
    spare_x, spare_y = max(grid.cell.width, tile_px), max(grid.cell.height, tile_px)
    if image is None or grid.origin.x < image.x - spare_x or grid.origin.y < image.y - spare_y:
        raise Broken(f"the map {grid.name!r} begins outside the image")
    if right > image.right + spare_x or bottom > image.bottom + spare_y:
        raise Broken(f"the map {grid.name!r} reaches far beyond the image: are rows and columns exchanged?")
