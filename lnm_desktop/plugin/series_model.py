"""The kind of model that judges a radiological series: one plane, a volume, or a volume in several phases."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from lnm_desktop.domain.image import ImageInfo, Photometric, RegionRequest
from lnm_desktop.errors import InferenceError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.plugin.class_scores import class_scores
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput, ModelPlugin
from lnm_desktop.plugin.output_rules import checked_probabilities

MOST_BYTES = 2 * 1024**3
Volume = NDArray[np.float32]


class SeriesModel(ModelPlugin):
    """A model of a grey series; write `predict_series`. Its spec has `needs_images=("series",)`.

    `dimensions` are those that it takes: 2 is (rows, columns), 3 (slices, rows, columns), 4 (phases, slices, rows,
    columns).
    """

    task: ClassVar[str] = "series-classification"
    dimensions: ClassVar[tuple[int, ...]] = (2, 3, 4)

    @abstractmethod
    def predict_series(self, volume: Volume, spacing_mm: tuple[float, float, float]) -> NDArray[np.floating]:
        """Probabilities (classes,) of a volume in modality units (HU, SUV …), slices sorted through the body.

        `spacing_mm` is that along x, y, and between slices; nan where the files do not tell.
        """

    def predict(self, inputs: ModelInputs, options: BaseModel, job: Job) -> ModelOutput:
        """Judge one series. Raises InferenceError, ImageError, Cancelled."""
        info = inputs.series.info
        dimensions = _dimensions(info)
        _check(info, dimensions, self.dimensions)
        volume = read_volume(inputs.series, job).reshape(_shape(info, dimensions))
        if dimensions == 4:
            volume = volume.swapaxes(0, 1)
        job.check_cancelled()
        answer = self.predict_series(np.ascontiguousarray(volume), info.spacing_mm)
        probabilities = checked_probabilities(answer, (len(self.spec.classes),))
        return ModelOutput(
            scores=class_scores(self.spec, probabilities),
            warnings=info.warnings,
            facts={"volume_shape": list(volume.shape), "spacing_mm": list(info.spacing_mm)},
        )


def read_volume(series: ImageReader, job: Job) -> Volume:
    """All planes (planes, rows, columns), in their order. Raises ImageError, Cancelled."""
    info = series.info
    volume = np.empty((info.planes, int(info.size.height), int(info.size.width)), np.float32)
    for plane in range(info.planes):
        job.check_cancelled()
        volume[plane] = series.read_region(RegionRequest(info.region, plane=plane))
        job.progress(plane + 1, info.planes, "planes")
    return volume


def _dimensions(info: ImageInfo) -> int:
    if info.planes == 1:
        return 2
    return 3 if info.phases == 1 else 4


def _shape(info: ImageInfo, dimensions: int) -> tuple[int, ...]:
    """The phases of a slice follow one another, as the planes are sorted."""
    slices, rows, columns = info.planes // info.phases, int(info.size.height), int(info.size.width)
    shape = (slices, info.phases, rows, columns)
    return shape if dimensions == 4 else (info.planes, rows, columns)[3 - dimensions :]


def _check(info: ImageInfo, dimensions: int, taken: tuple[int, ...]) -> None:
    if info.photometric is not Photometric.GREY:
        raise InferenceError("this model reads grey values; the series is in colour", hint="Choose another series.")
    if dimensions not in taken:
        words = " or ".join(f"{number}-D" for number in taken)
        raise InferenceError(f"this model reads {words}; the series is {dimensions}-D", hint="Choose another series.")
    size = info.planes * info.size.width * info.size.height * np.dtype(np.float32).itemsize
    if size > MOST_BYTES:
        raise InferenceError(
            f"the series takes {size / 1024**3:.1f} GiB, at most 2 GiB are read", hint="Choose a part of the series."
        )
