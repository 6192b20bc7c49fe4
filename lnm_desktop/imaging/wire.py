"""Image facts and requests in the JSON form in which they cross a process border (nan becomes null)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lnm_desktop.domain.geometry import Region, Size
from lnm_desktop.domain.image import (
    Calibration,
    CalibrationSource,
    Channel,
    ImageInfo,
    ImageKind,
    Kernel,
    Level,
    Photometric,
    RegionRequest,
    Window,
)

Json = dict[str, Any]


def info_to_dict(info: ImageInfo) -> Json:
    """JSON form without nan or infinity."""
    return {**_finite(_fields(info)), "properties": {str(k): str(v) for k, v in info.properties.items()}}


def info_from_dict(data: Mapping[str, Any]) -> ImageInfo:
    """Rebuild what `info_to_dict` made."""
    calibration = data["calibration"]
    values: Json = {
        **data,
        "kind": ImageKind(data["kind"]),
        "photometric": Photometric(data["photometric"]),
        "size": Size(**data["size"]),
        "levels": tuple(_level(level) for level in data["levels"]),
        "calibration": Calibration(
            _nan(calibration["mpp_x"]), _nan(calibration["mpp_y"]), CalibrationSource(calibration["source"])
        ),
        "window": None if data["window"] is None else Window(**data["window"]),
        "bounds": None if data["bounds"] is None else Region(**data["bounds"]),
        "spacing_mm": tuple(_nan(value) for value in data["spacing_mm"]),
        "channels": tuple(_channel(channel) for channel in data["channels"]),
        "associated": tuple(data["associated"]),
        "warnings": tuple(data["warnings"]),
        "properties": dict(data["properties"]),
    }
    return ImageInfo(**values)


def request_to_dict(request: RegionRequest) -> Json:
    """JSON form."""
    return asdict(request)


def request_from_dict(data: Mapping[str, Any]) -> RegionRequest:
    """Rebuild what `request_to_dict` made."""
    return RegionRequest(**{**data, "region": Region(**data["region"]), "kernel": Kernel(data["kernel"])})


def _fields(info: ImageInfo) -> Json:
    names = (name for name in info.__slots__ if name != "properties")
    return {name: _plain(getattr(info, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _level(data: Mapping[str, Any]) -> Level:
    return Level(Size(**data["size"]), data["downsample_x"], data["downsample_y"], Size(**data["tile"]))


def _channel(data: Mapping[str, Any]) -> Channel:
    window = None if data["window"] is None else Window(**data["window"])
    return Channel(data["name"], data["color"], window)


def _nan(value: float | None) -> float:
    return math.nan if value is None else value
