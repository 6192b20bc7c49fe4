"""A run asked for, in a form that travels to a worker as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.ids import RunId


@dataclass(frozen=True)
class PredictionRequest:
    """One model on one image, or on none: `image_path` is then "".

    `user_mpp` is the pixel size that a person stated for a slide that has none (0 = none stated).
    Empty `regions` means the whole slide. The bundle is written to `out_dir` by the worker. `threads` 0 means all
    cores. What is finished is kept in `draft_file` until the bundle stands; an empty name keeps nothing.
    """

    run_id: RunId
    model_id: str
    image_path: str
    out_dir: str
    user_mpp: float = 0.0
    regions: tuple[Geometry, ...] = ()
    clinical: ClinicalRecord = field(default_factory=ClinicalRecord)
    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    threads: int = 0
    synthetic_input: bool = False
    draft_file: str = ""
