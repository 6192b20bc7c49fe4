"""The contract of a model plugin. Everything here runs inside a worker, never in the window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.prediction import FoundObject, HeatmapGrid, RankedRegion, Score
from lnm_desktop.errors import InferenceError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.plugin.spec import ModelSpec


class NoOptions(BaseModel):
    """A model without options."""


class Draft(Protocol):
    """Where the finished cells of a map are kept while it is made, so that a run can go on after a crash."""

    def finished(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Cells (n, 2) of row and column with their values (n,) that an earlier run has kept."""
        ...

    def keep(self, cells: NDArray[np.intp], values: NDArray[np.float32]) -> None:
        """Keep finished cells; returns when a crash of this process cannot lose them any more."""


class NoDraft:
    """Keeps nothing."""

    def finished(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """None."""
        return np.empty((0, 2), np.intp), np.empty(0, np.float32)

    def keep(self, cells: NDArray[np.intp], values: NDArray[np.float32]) -> None:
        """Nothing is kept."""


class Job(Protocol):
    """What a model may say to the host while it works."""

    def progress(self, done: int, total: int, unit: str = "tiles") -> None:
        """Report how far the work is."""

    def check_cancelled(self) -> None:
        """Raises Cancelled once the user has asked to stop; call it at least once per batch."""

    def publish_tile(self, name: str, column: int, row: int, values: NDArray[np.float32]) -> None:
        """Show a finished block of the map `name` whose top left cell is (column, row)."""

    def publish_grid(self, grid: HeatmapGrid) -> None:
        """Announce a map before its first tile."""

    def draft(self, facts: Mapping[str, Any]) -> Draft:
        """Where to keep finished cells; what was kept by a run with other facts is not given back."""
        ...


@dataclass(frozen=True)
class ModelInputs:
    """What a run is given: an open image with its calibration, the part to look at, the patient's record.

    The image is of a kind that `ModelSpec.needs_images` names; there is none for a model that needs none.
    """

    image: ImageReader | None
    calibration: Calibration = field(default_factory=Calibration)
    regions: tuple[Geometry, ...] = ()
    clinical: ClinicalRecord = field(default_factory=ClinicalRecord)

    @property
    def slide(self) -> ImageReader:
        """The open slide. Raises InferenceError where the spec asks for no image."""
        return self._image("slide")

    @property
    def series(self) -> ImageReader:
        """The open series. Raises InferenceError where the spec asks for no image."""
        return self._image("series")

    def _image(self, kind: str) -> ImageReader:
        if self.image is None:
            hint = f"This is a defect of the model: its spec must name {kind!r} in needs_images."
            raise InferenceError(f"the model was given no {kind}", hint=hint)
        return self.image


@dataclass(frozen=True)
class ModelOutput:
    """What a run gives back; `maps` holds float32 (rows, columns) per grid name, nan where not examined.

    `features` are arrays by name that are written beside the result as `features.safetensors`.
    """

    scores: tuple[Score, ...] = ()
    grids: tuple[HeatmapGrid, ...] = ()
    maps: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    regions: tuple[RankedRegion, ...] = ()
    objects: tuple[FoundObject, ...] = ()
    features: dict[str, NDArray[Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


class ModelPlugin(ABC):
    """A model. Subclass a kind such as `TileClassifier` rather than this, where one fits.

    `Options` becomes the form in the window and the flags on the command line. `backend` names what does the
    arithmetic and is recorded with each result; where it begins with "torch", the worker sets torch's seed and
    deterministic kernels, and runs the model in inference mode. `threads` is set by the worker before `load`: how
    many processor cores the run may use. `task` is what the spec of such a model says.
    """

    Options: ClassVar[type[BaseModel]] = NoOptions
    task: ClassVar[str] = ""
    backend: str = "torch eager"
    threads: int = 1

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    def load(self, device: str, weights: Path) -> None:  # noqa: B027 - a model without weights has nothing to load
        """Load verified weights onto "cpu", "cuda" or "mps"; `weights` is `Path()` where the spec names none.

        Raises WeightsError.
        """

    @abstractmethod
    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Run on one input. Raises InferenceError, Cancelled."""
