"""Made-up inputs on which a model can be tried: they look like stained tissue or a scan, and show no patient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.clinical import ClinicalField, ClinicalRecord, FieldKind, Value
from lnm_desktop.domain.geometry import Region, Size
from lnm_desktop.domain.image import (
    Calibration,
    CalibrationSource,
    ImageInfo,
    ImageKind,
    Level,
    Photometric,
    RegionRequest,
)
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.errors import Cancelled, ImageError
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.plugin.model import Draft, ModelInputs, NoDraft
from lnm_desktop.plugin.spec import ModelSpec

GLASS, STROMA, NUCLEUS = (244, 244, 244), (224, 150, 190), (96, 60, 140)
NUCLEI_PX = 24
NUCLEUS_PX = 9
SERIES_PX = (48, 40)
SLICES = 6


class MadeUpSlide(ImageReader):
    """Glass with a rectangle of stained tissue full of nuclei, defined at every place by a formula."""

    thread_safe = True

    def __init__(self, width: int = 1200, height: int = 800, mpp: float = 1.0, tissue: Region | None = None) -> None:
        self.tissue = tissue or Region(width // 8, height // 8, width // 2, height // 2)
        size = Size(width, height)
        self._info = ImageInfo(
            ImageKind.SLIDE,
            "made up",
            size,
            (Level(size, 1, 1, Size(256, 256)),),
            Calibration(mpp, mpp, CalibrationSource.FILE),
        )

    @property
    def info(self) -> ImageInfo:
        """See `ImageReader.info`."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """The pixels at the centres of the places asked for; not smoothed."""
        width, height = request.output
        x = request.region.x + (np.arange(width) + 0.5) * request.region.width / width
        y = request.region.y + (np.arange(height) + 0.5) * request.region.height / height
        tissue, (xs, ys) = self.tissue, np.meshgrid(x, y)
        inside = (xs >= tissue.x) & (xs < tissue.right) & (ys >= tissue.y) & (ys < tissue.bottom)
        nuclei = (xs % NUCLEI_PX < NUCLEUS_PX) & (ys % NUCLEI_PX < NUCLEUS_PX)
        kinds = np.where(inside, np.where(nuclei, 2, 1), 0)
        return np.array((GLASS, STROMA, NUCLEUS), np.uint8)[kinds]

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """There is none. Raises ImageError."""
        raise ImageError(f"the made-up slide has no {name!r} image", hint="Ask for none.")

    def close(self) -> None:
        """Nothing to release."""


class MadeUpSeries(ImageReader):
    """Grey slices of a ball that is brighter in each phase; as many dimensions as asked for."""

    thread_safe = True

    def __init__(self, dimensions: int = 3) -> None:
        size = Size(*SERIES_PX)
        slices, phases = (1 if dimensions == 2 else SLICES), (3 if dimensions == 4 else 1)
        self._info = ImageInfo(
            ImageKind.SERIES,
            "made up",
            size,
            (Level(size, 1, 1, size),),
            Calibration(800.0, 800.0, CalibrationSource.FILE),
            Photometric.GREY,
            "int16",
            planes=slices * phases,
            phases=phases,
            spacing_mm=(0.8, 0.8, 3.0),
        )

    @property
    def info(self) -> ImageInfo:
        """See `ImageReader.info`."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """One whole plane."""
        width, height = SERIES_PX
        part, phase = divmod(request.plane, self._info.phases)
        y, x = np.mgrid[:height, :width]
        distance = np.hypot(np.hypot(x - width / 2, y - height / 2), 4 * (part - SLICES / 2))
        return np.where(distance < 15, 300 + 100 * phase, 20 + part).astype(np.int16)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """There is none. Raises ImageError."""
        raise ImageError(f"the made-up series has no {name!r} image", hint="Ask for none.")

    def close(self) -> None:
        """Nothing to release."""


class QuietJob:
    """A `Job` that shows nothing. It counts how often a model asks whether to stop: after `patience` it must."""

    def __init__(self, patience: float = math.inf) -> None:
        self.patience = patience
        self.looks = 0

    def progress(self, done: int, total: int, unit: str = "tiles") -> None:
        """Nobody is told."""

    def check_cancelled(self) -> None:
        """Raises Cancelled once the patience is at its end."""
        self.looks += 1
        if self.looks > self.patience:
            raise Cancelled("the trial was stopped on purpose")

    def publish_tile(self, name: str, column: int, row: int, values: NDArray[np.float32]) -> None:
        """Nobody looks."""

    def publish_grid(self, grid: HeatmapGrid) -> None:
        """Nobody looks."""

    def draft(self, facts: Mapping[str, Any]) -> Draft:
        """Nothing is kept."""
        return NoDraft()


def made_up_inputs(spec: ModelSpec, dimensions: int = 3) -> ModelInputs:
    """What a model of that spec would be given, made up: an image of the kind that it needs, and a record."""
    clinical = made_up_record(spec)
    if not spec.needs_images:
        return ModelInputs(None, clinical=clinical)
    if ImageKind.SLIDE.value not in spec.needs_images:
        series = MadeUpSeries(dimensions)
        return ModelInputs(series, series.info.calibration, clinical=clinical)
    edge_px = spec.tile_px or 256
    slide = MadeUpSlide(5 * edge_px + 17, 3 * edge_px + 5, spec.resolution_mpp or 1.0)
    return ModelInputs(slide, slide.info.calibration, clinical=clinical)


def made_up_record(spec: ModelSpec) -> ClinicalRecord:
    """A value for each clinical field that the spec names. Raises ClinicalError for a field that does not exist."""
    schema = load_default_schema()
    return ClinicalRecord({name: _value(schema.field(name)) for name in spec.needs_clinical})


def _value(definition: ClinicalField) -> Value:
    if definition.kind is FieldKind.CHOICE:
        return definition.choices[0]
    if definition.kind is FieldKind.BOOLEAN:
        return False
    low = definition.minimum if definition.minimum is not None else 0.0
    high = definition.maximum if definition.maximum is not None else low + 1
    return float(round((low + high) / 2, definition.decimals))
