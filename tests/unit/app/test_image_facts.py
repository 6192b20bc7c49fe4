"""Every property of an image is told, with its unit."""

from __future__ import annotations

import math
from dataclasses import fields, replace

from lnm_desktop.app.image_facts import facts_of
from lnm_desktop.domain.geometry import Region, Size
from lnm_desktop.domain.image import (
    READ_BY,
    Calibration,
    CalibrationSource,
    Channel,
    ImageInfo,
    ImageKind,
    Level,
    Photometric,
    Window,
)

SLIDE = ImageInfo(
    ImageKind.SLIDE,
    "openslide/aperio",
    Size(2220, 2967),
    (Level(Size(2220, 2967), 1, 1, Size(240, 240)), Level(Size(555, 741), 4.0, 4.004048, Size(256, 128))),
    Calibration(0.499, 0.4995, CalibrationSource.FILE),
    objective_power=20.0,
    bounds=Region(10, 20, 2000, 2500),
    icc="ScanScope v1",
    fingerprint="0f3a",
    associated=("label", "macro"),
    properties={"aperio.AppMag": "20", READ_BY: "stored tiles in 1 of 1 levels, else OpenSlide"},
    warnings=("The slide has no reduced levels.",),
)


def found(info: ImageInfo, calibration: Calibration | None = None) -> dict[tuple[str, str], str]:
    return {(fact.section, fact.name): fact.value for fact in facts_of(info, calibration)}


def test_a_slide() -> None:
    facts = found(SLIDE)
    assert facts["Image", "Size"] == "2,220 × 2,967 px (1.108 × 1.482 mm)"
    assert facts["Image", "Read by"].startswith("stored tiles")
    assert facts["Image", "Scanned part"] == "x 10, y 20, 2,000 × 2,500 px"
    assert facts["Image", "Fingerprint"] == "0f3a"
    assert facts["Pixel size", "Along y"] == "0.4995 µm/px"
    assert facts["Pixel size", "Objective"] == "20×"
    assert facts["Levels", "0"] == "2,220 × 2,967 px, factor 1, tiles 240 × 240 px"
    assert facts["Levels", "1"] == "555 × 741 px, factor 4 × 4.00405, tiles 256 × 128 px"
    assert facts["Pixels", "Colour profile"] == "ScanScope v1"
    assert facts["In the file", "aperio.AppMag"] == "20"
    assert facts["Warnings", "1"] == "The slide has no reduced levels."


def test_a_pixel_size_stated_by_hand_is_told_as_such() -> None:
    stated = Calibration(0.25, 0.25, CalibrationSource.USER)
    facts = found(replace(SLIDE, calibration=Calibration()), stated)
    assert facts["Pixel size", "Known from"] == "stated by hand"
    unknown = found(replace(SLIDE, calibration=Calibration(), objective_power=None))
    assert unknown["Image", "Size"] == "2,220 × 2,967 px"
    assert {unknown["Pixel size", name] for name in ("Along x", "Known from", "Objective")} == {"unknown"}


def test_a_scan_and_channels() -> None:
    channels = (Channel("DAPI", "#0000ff", Window(100, 200)), Channel("HER2", "#00ff00"))
    info = replace(
        SLIDE,
        kind=ImageKind.SERIES,
        photometric=Photometric.GREY,
        planes=12,
        modality="MR",
        window=Window(600, 1200),
        inverted=True,
        spacing_mm=(math.nan, math.nan, 2.5),
        channels=channels,
    )
    facts = found(info)
    assert facts["Image", "Kind"] == "scan or series (MR)"
    assert facts["Image", "Planes"] == "12"
    assert facts["Pixels", "Window"] == "centre 600, width 1200"
    assert facts["Pixel size", "Between planes"] == "2.5 mm"
    assert facts["Channels", "DAPI"] == "#0000ff, shown from 0 to 200"
    assert ("Pixel size", "Objective") not in facts


def test_no_property_is_forgotten() -> None:
    """A field added to ImageInfo must be told here as well: each one changes the facts."""
    changes: dict[str, object] = {
        "kind": ImageKind.SERIES,
        "format": "tiff",
        "size": Size(1, 1),
        "levels": (),
        "calibration": Calibration(),
        "photometric": Photometric.GREY,
        "dtype": "uint16",
        "planes": 3,
        "phases": 3,
        "window": Window(1, 2),
        "inverted": True,
        "modality": "MG",
        "spacing_mm": (1.0, 1.0, 1.0),
        "objective_power": 40.0,
        "bounds": None,
        "channels": (Channel("a", "#ffffff"),),
        "icc": "",
        "fingerprint": "1",
        "associated": (),
        "properties": {},
        "warnings": (),
    }
    assert set(changes) == {field.name for field in fields(ImageInfo)}
    for name, value in changes.items():
        assert facts_of(replace(SLIDE, **{name: value})) != facts_of(SLIDE), name  # type: ignore[arg-type]
