"""`lnm inspect`: what an image is, without showing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from lnm_desktop.app.image_facts import facts_of
from lnm_desktop.cli.output import print_json, print_table
from lnm_desktop.domain.image import ImageInfo


def command(
    image: Path = typer.Argument(help="A slide, a DICOM file or a folder of one series."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Say what an image is: format, size, levels, pixel size, planes, warnings.

    Example: lnm inspect slide.svs --json
    """
    from lnm_desktop.imaging.open import open_image  # noqa: PLC0415 - codecs are loaded when they are needed

    with open_image(image) as reader:
        facts = describe(reader.info)
        words = [(fact.section, fact.name, fact.value) for fact in facts_of(reader.info)]
    if as_json:
        print_json({"file": image.name, **facts})
    else:
        print_table(image.name, ("section", "property", "value"), words)


def describe(info: ImageInfo) -> dict[str, Any]:
    """The facts as plain JSON values; unknown lengths are null."""
    return {
        "kind": info.kind.value,
        "format": info.format,
        "width_px": info.size.width,
        "height_px": info.size.height,
        "mpp_x": info.calibration.mpp_x,
        "mpp_y": info.calibration.mpp_y,
        "mpp_source": info.calibration.source.value,
        "objective_power": info.objective_power,
        "levels": [
            {"width_px": level.size.width, "height_px": level.size.height, "downsample": level.downsample_x}
            for level in info.levels
        ],
        "planes": info.planes,
        "photometric": info.photometric.value,
        "dtype": info.dtype,
        "modality": info.modality,
        "associated": list(info.associated),
        "warnings": list(info.warnings),
    }
