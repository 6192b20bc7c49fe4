"""`lnm dicom`: annotations of a DICOM slide as a DICOM object, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lnm_desktop.cli.output import WORDS, print_json

if TYPE_CHECKING:
    from lnm_desktop.app.export import ExportReport

group = typer.Typer(help="Annotations of a DICOM slide as a DICOM object, and back.", no_args_is_help=True)


@group.command("export")
def export(
    annotations: Path = typer.Argument(help="ASAP or ImageScope XML, GeoJSON or CAMELYON contours."),
    slide: Path = typer.Option(..., "--slide", help="The DICOM slide, a file or its folder."),
    to: Path = typer.Option(..., "--to", help="The DICOM file to write."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write Microscopy Bulk Simple Annotations; patient and study are those of the slide.

    Example: lnm dicom export slide.xml --slide slide.dcm --to annotations.dcm
    """
    from lnm_desktop.app.dicom_annotations import export_dicom  # noqa: PLC0415 - keeps the start of others short

    _tell(export_dicom(annotations, slide, to), as_json=as_json)


@group.command("import")
def load(
    source: Path = typer.Argument(help="Microscopy Bulk Simple Annotations in pixels."),
    slide: Path = typer.Option(..., "--slide", help="The DICOM slide, a file or its folder."),
    to: Path = typer.Option(..., "--to", help="Annotation file; its ending chooses the format."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Read Microscopy Bulk Simple Annotations; ellipses become polygons.

    Example: lnm dicom import annotations.dcm --slide slide.dcm --to slide.geojson
    """
    from lnm_desktop.app.dicom_annotations import import_dicom  # noqa: PLC0415 - keeps the start of others short

    _tell(import_dicom(source, slide, to), as_json=as_json)


def _tell(report: ExportReport, *, as_json: bool) -> None:
    if as_json:
        told = {"notes": list(report.notes), "losses": list(report.losses)}
        print_json({"file": str(report.path), "annotations": report.count, **told})
        return
    WORDS.print(f"{report.count} annotations written to {report.path}", markup=False)
    for note in report.notes:
        WORDS.print(f"  note: {note}", markup=False)
