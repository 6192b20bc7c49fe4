"""Whether a model can run on what is open, and if not, why not in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from lnm_desktop.app.needs import missing_clinical, unfit_image
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import ClinicalRecord, ClinicalSchema
from lnm_desktop.domain.image import Calibration
from lnm_desktop.plugin.spec import ModelSpec


@dataclass(frozen=True)
class RunContext:
    """What a run would be given."""

    image: CaseImage | None = None
    calibration: Calibration = field(default_factory=Calibration)
    regions: int = 0
    clinical: ClinicalRecord = field(default_factory=ClinicalRecord)


@dataclass(frozen=True)
class RunWish:
    """What the user asked to run."""

    model_id: str
    options: dict[str, object]
    regions_only: bool
    device: str


def why_not(spec: ModelSpec, context: RunContext, schema: ClinicalSchema, *, regions_only: bool = False) -> str:
    """The reason why this model cannot run now; empty when it can."""
    if context.image is None:
        return "Open an image first."
    if unfit := unfit_image(spec, context.image.kind):
        return unfit
    if "slide" in spec.needs_images and not context.calibration.is_known:
        return "The image does not say how large its pixels are. State the pixel size below."
    if regions_only and not context.regions:
        return "Select one or more regions in the viewer, or choose the whole slide."
    return missing_clinical(spec, context.clinical, schema)
