from __future__ import annotations

import json
import math

from lnm_desktop.domain.geometry import Region, Size
from lnm_desktop.domain.image import (
    Calibration,
    CalibrationSource,
    ImageInfo,
    ImageKind,
    Level,
    Photometric,
    RegionRequest,
    Window,
)
from lnm_desktop.imaging.wire import info_from_dict, info_to_dict, request_from_dict, request_to_dict


def through_json(value: dict[str, object]) -> dict[str, object]:
    return json.loads(json.dumps(value, allow_nan=False))


def test_full_info_survives() -> None:
    size = Size(100, 50)
    info = ImageInfo(
        kind=ImageKind.SERIES,
        format="dicom",
        size=size,
        levels=(Level(size, 1.0, 1.0, Size(10, 10)), Level(Size(33, 16), 100 / 33, 50 / 16, Size(10, 10))),
        calibration=Calibration(0.25, 0.26, CalibrationSource.FILE),
        photometric=Photometric.GREY,
        dtype="int16",
        planes=7,
        window=Window(40.5, 400),
        inverted=True,
        modality="MR",
        spacing_mm=(0.5, 0.5, 3.0),
        objective_power=20.0,
        bounds=Region(1, 2, 3, 4),
        associated=("label", "macro"),
        properties={"a": "b"},
        warnings=("w",),
    )
    assert info_from_dict(through_json(info_to_dict(info))) == info


def test_unknown_numbers_survive() -> None:
    size = Size(1, 1)
    info = ImageInfo(ImageKind.SLIDE, "png", size, (Level(size, 1.0, 1.0, size),))
    found = info_from_dict(through_json(info_to_dict(info)))
    assert not found.calibration.is_known
    assert all(math.isnan(value) for value in found.spacing_mm)
    assert info_to_dict(found) == info_to_dict(info)


def test_requests_survive() -> None:
    request = RegionRequest(Region(-1.5, 2.25, 3, 4), 1.37, 5)
    assert request_from_dict(through_json(request_to_dict(request))) == request
