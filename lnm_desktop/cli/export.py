"""`lnm export`: annotations from any known format to any other."""

from __future__ import annotations

from pathlib import Path

import typer

from lnm_desktop.cli.output import WORDS, print_json


def command(
    source: Path = typer.Argument(help="ASAP or ImageScope XML, NDPA, QuPath GeoJSON or CAMELYON contour JSON."),
    to: Path = typer.Option(
        ...,
        "--to",
        help="Target file; its ending chooses the format: .xml (ASAP), .imagescope.xml (ImageScope), "
        ".geojson (QuPath), .ndpa (NDP.view).",
    ),
    slide: Path | None = typer.Option(None, "--slide", help="The Hamamatsu slide, which NDPA needs to be placed."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what the format would not keep, write nothing."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Convert annotations. What the target format cannot hold is listed.

    Example: lnm export contours.geojson --to contours.xml

    Example: lnm export slide.ndpi.ndpa --slide slide.ndpi --to slide.imagescope.xml
    """
    from lnm_desktop.app.export import convert, preview  # noqa: PLC0415 - keeps the start of other commands short

    report = (preview if dry_run else convert)(source, to, slide)
    if as_json:
        told = {"notes": list(report.notes), "losses": list(report.losses), "written": not dry_run}
        print_json({"file": str(report.path), "annotations": report.count, **told})
        return
    # Names may hold brackets, which are no markup here.
    done = "would be written" if dry_run else "written"
    WORDS.print(f"{report.count} annotations {done} to {report.path}", markup=False)
    for note in report.notes:
        WORDS.print(f"  note: {note}", markup=False)
