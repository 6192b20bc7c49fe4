"""`lnm measurements`: what annotations measure, as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.cli.stage import calibration_of

if TYPE_CHECKING:
    from lnm_desktop.formats.csv_table import Value


def command(
    annotations: Path = typer.Argument(help="ASAP or ImageScope XML, GeoJSON or CAMELYON contours."),
    mpp: float = typer.Option(None, "--mpp", help="Pixel size of level 0 in µm; lengths are in px without it."),
    mpp_y: float = typer.Option(None, "--mpp-y", help="Height of a pixel in µm, where it is no square."),
    output: Path = typer.Option(None, "--output", "-o", help="CSV file; beside the annotations without."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object, write nothing."),
) -> None:
    """Area, perimeter, longest diameter, length and angle of every annotation.

    Example: lnm measurements tumor_001.xml --mpp 0.243 -o tumor_001.csv
    """
    from lnm_desktop.app.measurements import columns, export_measurements, rows  # noqa: PLC0415 - a quick start
    from lnm_desktop.formats.annotations import load_annotations  # noqa: PLC0415 - as above

    calibration = calibration_of(mpp, mpp_y if mpp_y is not None else mpp)
    loaded = load_annotations(annotations).annotations
    if as_json:
        heads = columns(calibration)
        table: list[dict[str, Value]] = [
            dict(zip(heads, line, strict=True)) for line in rows(annotations.stem, loaded, calibration)
        ]
        print_json({"measurements": table})
        return
    target = output or annotations.with_suffix(".csv")
    count = export_measurements(target, annotations.stem, loaded, calibration)
    WORDS.print(f"{count} annotations measured in {target.name}.", markup=False)
