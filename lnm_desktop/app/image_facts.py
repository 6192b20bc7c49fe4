"""All that is known about an image, in words and in sections, for a dialog and for the command line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lnm_desktop.domain.image import READ_BY, Calibration, CalibrationSource, ImageInfo, ImageKind, Level, Window

_SOURCES = {
    CalibrationSource.FILE: "the file",
    CalibrationSource.USER: "stated by hand",
    CalibrationSource.UNKNOWN: "unknown",
}
_KINDS = {ImageKind.SLIDE: "slide", ImageKind.SERIES: "scan or series"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One property in words; `section` groups them."""

    section: str
    name: str
    value: str


def facts_of(info: ImageInfo, calibration: Calibration | None = None) -> tuple[Fact, ...]:
    """Every property of an image; `calibration` is the one in use where a person stated it."""
    calibration = calibration or info.calibration
    sections = (
        ("Image", _image(info, calibration)),
        ("Pixels", _pixels(info)),
        ("Pixel size", _pixel_size(info, calibration)),
        ("Levels", _levels(info)),
        ("Channels", ((channel.name, f"{channel.color}{_range(channel.window)}") for channel in info.channels)),
        ("Warnings", ((f"{number}", words) for number, words in enumerate(info.warnings, 1))),
        ("In the file", ((name, value) for name, value in sorted(info.properties.items()) if name != READ_BY)),
    )
    return tuple(Fact(section, name, value) for section, pairs in sections for name, value in pairs)


def _image(info: ImageInfo, calibration: Calibration) -> Iterator[tuple[str, str]]:
    yield "Kind", f"{_KINDS[info.kind]}{f' ({info.modality})' if info.modality else ''}"
    yield "Format", info.format
    yield "Size", f"{info.size.width:,} × {info.size.height:,} px{_length(info, calibration)}"
    if info.planes > 1:
        yield "Planes", f"{info.planes}"
    if info.phases > 1:
        yield "Planes at one position", f"{info.phases}"
    if info.bounds is not None:
        bounds = info.bounds
        yield "Scanned part", f"x {bounds.x:,.0f}, y {bounds.y:,.0f}, {bounds.width:,.0f} × {bounds.height:,.0f} px"
    yield "Read by", info.properties.get(READ_BY, info.format.split("/")[0])
    yield "Label, macro and others", ", ".join(info.associated) or "none"
    yield "Fingerprint", info.fingerprint or "none"


def _pixels(info: ImageInfo) -> Iterator[tuple[str, str]]:
    yield "Colours", f"{len(info.channels)} channels" if info.channels else info.photometric.value
    yield "Type", info.dtype
    if info.window is not None:
        yield "Window", f"centre {info.window.center:g}, width {info.window.width:g}"
    if info.inverted:
        yield "Inverted", "high values are dark"
    yield "Colour profile", info.icc or "none"


def _pixel_size(info: ImageInfo, calibration: Calibration) -> Iterator[tuple[str, str]]:
    known = calibration.is_known
    yield "Along x", f"{calibration.mpp_x:g} µm/px" if known else "unknown"
    yield "Along y", f"{calibration.mpp_y:g} µm/px" if known else "unknown"
    yield "Known from", _SOURCES[calibration.source]
    if math.isfinite(info.spacing_mm[2]):
        yield "Between planes", f"{info.spacing_mm[2]:g} mm"
    if info.kind is ImageKind.SLIDE:
        yield "Objective", f"{info.objective_power:g}×" if info.objective_power else "unknown"


def _levels(info: ImageInfo) -> Iterator[tuple[str, str]]:
    for number, level in enumerate(info.levels):
        size = f"{level.size.width:,} × {level.size.height:,} px"
        yield f"{number}", f"{size}, factor {_factor(level)}, tiles {level.tile.width} × {level.tile.height} px"


def _factor(level: Level) -> str:
    """One number where both directions agree to what can be seen."""
    across, down = f"{level.downsample_x:.6g}", f"{level.downsample_y:.6g}"
    return across if across == down else f"{across} × {down}"


def _length(info: ImageInfo, calibration: Calibration) -> str:
    if not calibration.is_known:
        return ""
    across, down = (info.size.width * calibration.mpp_x / 1000, info.size.height * calibration.mpp_y / 1000)
    return f" ({across:.4g} × {down:.4g} mm)"


def _range(window: Window | None) -> str:
    if window is None:
        return ""
    low, high = window.center - window.width / 2, window.center + window.width / 2
    return f", shown from {low:g} to {high:g}"
