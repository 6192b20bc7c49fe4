"""Whether an image and a record hold what a model needs: asked before every run, by whatever door it came."""

from __future__ import annotations

from lnm_desktop.domain.clinical import Absent, ClinicalRecord, ClinicalSchema
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.plugin.spec import ModelSpec


def unfit_image(spec: ModelSpec, kind: ImageKind) -> str:
    """Why the model cannot read an image of this kind; empty where it can, or needs none."""
    if not spec.needs_images or kind.value in spec.needs_images:
        return ""
    return f"This model reads a {' and a '.join(spec.needs_images)}; the image is a {kind.value}."


def missing_clinical(spec: ModelSpec, record: ClinicalRecord, schema: ClinicalSchema) -> str:
    """Which clinical data the model lacks, an unknown value counting as none; empty where nothing is missing."""
    labels = {item.id: item.label for item in schema.fields}
    missing = [labels.get(name, name) for name in spec.needs_clinical if isinstance(record.get(name), Absent)]
    return f"This model needs clinical data: {', '.join(missing)}." if missing else ""
