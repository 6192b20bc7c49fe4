"""Everything that a run's numbers depend on, gathered where the run takes place."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel

from lnm_desktop import __version__
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.prediction import Provenance
from lnm_desktop.formats.clinical_json import record_to_dict
from lnm_desktop.formats.geometry_json import geometry_to_dict
from lnm_desktop.learning.seed import SEED
from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.plugin.model import ModelOutput, ModelPlugin

LIBRARIES = (
    *("torch", "openvino", "numpy", "scipy", "scikit-image", "pillow"),
    *("openslide-python", "openslide-bin", "tifffile", "imagecodecs"),
)

# What a model's facts tell of one run alone.
NOT_REPEATED = ("tiles", "tiles_resumed", "tiles_s", "backend_reason")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was used for one run. `image` is the fingerprint of the file, never its name."""

    image: str
    calibration: Calibration
    regions: tuple[Geometry, ...]
    clinical: ClinicalRecord
    options: BaseModel
    device: str
    device_reason: str
    arithmetic: str
    threads: int
    started: datetime
    duration_s: float


def provenance(plugin: InstalledPlugin, model: ModelPlugin, output: ModelOutput, facts: RunFacts) -> Provenance:
    """The facts of one run in the form that is kept with its numbers."""
    return Provenance(_repeatable(plugin, model, output, facts), _circumstances(output, facts))


def library_versions() -> dict[str, str]:
    """The libraries on which numbers depend, by distribution."""
    return {name: _version(name) for name in LIBRARIES}


def _repeatable(plugin: InstalledPlugin, model: ModelPlugin, output: ModelOutput, facts: RunFacts) -> dict[str, Any]:
    spec = model.spec
    numbers = {name: value for name, value in output.facts.items() if name not in NOT_REPEATED}
    # The model's own facts come first: none of them can stand in for one of the host's.
    return {
        **numbers,
        "image_fingerprint": facts.image,
        "slide_mpp_x": facts.calibration.mpp_x,
        "slide_mpp_y": facts.calibration.mpp_y,
        "slide_mpp_source": facts.calibration.source.value,
        "regions": [geometry_to_dict(region) for region in facts.regions],
        "clinical": record_to_dict(facts.clinical),
        "model": spec.id,
        "model_version": spec.version,
        "plugin": plugin.distribution,
        "plugin_version": plugin.version,
        "plugin_sha256": plugin.hash,
        "weights_sha256": spec.weights_sha256,
        "operating_point": spec.operating_point,
        "resolution_mpp": spec.resolution_mpp,
        "resampling": spec.resampling,
        "options": facts.options.model_dump(mode="json"),
        "device": facts.device,
        "arithmetic": facts.arithmetic,
        "backend": model.backend,
        "threads": facts.threads,
        "seed": SEED,
        "lnm_desktop": __version__,
        "libraries": library_versions(),
    }


def _circumstances(output: ModelOutput, facts: RunFacts) -> dict[str, Any]:
    told = {name: output.facts[name] for name in NOT_REPEATED if name in output.facts}
    tiles, seconds = told.get("tiles", 0) - told.get("tiles_resumed", 0), told.get("tiles_s", facts.duration_s)
    return {
        "tiles": 0,
        **told,
        "started_utc": facts.started.isoformat(timespec="seconds"),
        "duration_s": round(facts.duration_s, 3),
        "tiles_per_s": round(tiles / seconds, 2) if seconds > 0 else 0.0,
        "device_reason": facts.device_reason,
        "host": platform.platform(),
        "processor": platform.machine(),
        "python": platform.python_version(),
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"
