"""The image that a model needs, opened and judged; none for a model that needs none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lnm_desktop.app.needs import unfit_image
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageInfo, ImageKind, Photometric
from lnm_desktop.errors import ImageDamaged, ImageUnsupported
from lnm_desktop.imaging.fingerprint import fingerprint
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.parts import files_of
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.synthetic import is_synthetic
from lnm_desktop.plugin.spec import ModelSpec

MPP_TOLERANCE = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class RunImage:
    """An open image, or none, with what a run must know of it."""

    reader: ImageReader | None = None
    path: Path = Path()
    calibration: Calibration = field(default_factory=Calibration)
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    version: tuple[tuple[int, int], ...] = ()

    def fingerprint(self) -> str:
        """That of the pixels that were read; "" for no image. Raises ImageDamaged for a file that has changed."""
        if self.reader is None:
            return ""
        found = fingerprint(self.path)
        if _version(self.path) != self.version:
            raise ImageDamaged(
                f"{self.path.name} was changed while the model ran", hint="Run it again on the finished file."
            )
        return found


@contextmanager
def needed_image(spec: ModelSpec, image_path: str, user_mpp: float) -> Iterator[RunImage]:
    """Open what the model needs. Raises ImageError."""
    if not spec.needs_images:
        yield RunImage()
        return
    path = Path(image_path)
    with open_image(path) as reader:
        version = _version(path)
        if unfit := unfit_image(spec, reader.info.kind):
            raise ImageUnsupported(unfit, hint="Choose another image or another model.")
        calibration, notes = run_calibration(reader.info, user_mpp)
        yield RunImage(reader, path, calibration, notes, is_synthetic(reader.info), version)


def run_calibration(info: ImageInfo, user_mpp: float) -> tuple[Calibration, tuple[str, ...]]:
    """The file's pixel size, else the one that a person stated, with a note where both are given and differ.

    Raises ImageUnsupported for a slide that is not in colour.
    """
    if info.kind is ImageKind.SLIDE and info.photometric is not Photometric.RGB:
        raise ImageUnsupported(
            "this image is not a colour slide, and the model needs one", hint="Choose a whole slide image."
        )
    if info.calibration.is_known:
        differs = user_mpp > 0 and abs(user_mpp / info.calibration.mpp - 1) > MPP_TOLERANCE
        note = f"The file's pixel size of {info.calibration.mpp:.4g} µm was used, not the stated {user_mpp:g}."
        return info.calibration, (note,) if differs else ()
    if user_mpp > 0:
        note = f"The pixel size of {user_mpp:g} µm was stated by the user; the file has none."
        return Calibration(user_mpp, user_mpp, CalibrationSource.USER), (note,)
    return info.calibration, ()


def _version(path: Path) -> tuple[tuple[int, int], ...]:
    """Size and time of the last change of each file: with other ones the fingerprint is not that of what was read."""
    return tuple((file.stat().st_size, file.stat().st_mtime_ns) for file in files_of(path))
