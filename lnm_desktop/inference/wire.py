"""A request in the JSON form in which it goes to a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.ids import RunId
from lnm_desktop.formats.clinical_json import record_to_dict, value_from_json
from lnm_desktop.formats.geometry_json import geometry_from_dict, geometry_to_dict
from lnm_desktop.inference.request import PredictionRequest

_PLAIN = (
    "run_id",
    "model_id",
    "image_path",
    "out_dir",
    "user_mpp",
    "device",
    "threads",
    "synthetic_input",
    "draft_file",
)


def request_to_dict(request: PredictionRequest) -> dict[str, Any]:
    """JSON form; a clinical value that is absent stays distinct from a text of the same letters."""
    return {
        **{name: getattr(request, name) for name in _PLAIN},
        "regions": [geometry_to_dict(region) for region in request.regions],
        "clinical": record_to_dict(request.clinical),
        "options": dict(request.options),
    }


def request_from_dict(data: Mapping[str, Any]) -> PredictionRequest:
    """The inverse of `request_to_dict`. Raises KeyError, FormatError."""
    plain = {name: data[name] for name in _PLAIN}
    plain["run_id"] = RunId(plain["run_id"])
    clinical = {name: value_from_json(value) for name, value in data["clinical"].items()}
    regions = tuple(geometry_from_dict(region) for region in data["regions"])
    return PredictionRequest(**plain, regions=regions, clinical=ClinicalRecord(clinical), options=data["options"])
