"""`lnm mask`: annotations as a mask of labels, and back."""

from __future__ import annotations

from pathlib import Path

import typer

from lnm_desktop.cli.export_region import calibration_of_image, resolution_of
from lnm_desktop.cli.output import WORDS, print_json

group = typer.Typer(help="Annotations as a mask of labels, and back.", no_args_is_help=True)


@group.command("export")
def export(
    image: Path = typer.Argument(help="The slide that the annotations belong to."),
    annotations: Path = typer.Option(..., "--annotations", help="ASAP or ImageScope XML, NDPA, GeoJSON, CAMELYON."),
    out: Path = typer.Option(..., "--out", help="The mask; .png or .ome.tif (a tiled pyramid) chooses the format."),
    mpp: float = typer.Option(0.0, "--mpp", min=0.0, help="µm per pixel of the mask."),
    downsample: float = typer.Option(0.0, "--downsample", min=0.0, help="Level-0 pixels per pixel of the mask."),
    image_mpp: float = typer.Option(0.0, "--image-mpp", min=0.0, help="Pixel size in µm where the file has none."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Each group's number where its areas are, 0 elsewhere; OUT.json says which number is which group.

    Example: lnm mask export slide.svs --annotations slide.xml --out mask.ome.tif --downsample 16
    """
    from lnm_desktop.app.label_masks import export_label_mask  # noqa: PLC0415 - keeps the start of others short
    from lnm_desktop.domain.picture import Picture  # noqa: PLC0415 - as above
    from lnm_desktop.formats.annotations import load_annotations  # noqa: PLC0415 - as above
    from lnm_desktop.imaging.open import open_image  # noqa: PLC0415 - as above

    resolution = resolution_of(mpp, downsample, 0.0)
    with open_image(image) as reader:
        info = reader.info
    calibration = calibration_of_image(info, image_mpp)
    picture = Picture(info.region, resolution.downsample_of(info, calibration), calibration)
    made = export_label_mask(load_annotations(annotations, info).annotations, picture, out)
    report = made.report
    if as_json:
        facts = {"file": str(out), "width_px": report.width_px, "height_px": report.height_px}
        labels = {str(number): name for number, name in made.labels.items()}
        print_json({**facts, "labels": labels, "description": str(made.description), "notes": list(report.notes)})
        return
    WORDS.print(f"{report.width_px} × {report.height_px} labels written to {out}", markup=False)
    for line in (*(f"{number}: {name or 'no group'}" for number, name in made.labels.items()), *report.notes):
        WORDS.print(f"  {line}", markup=False)


@group.command("import")
def load(
    mask: Path = typer.Argument(help="PNG or TIFF with one grey value for each label, 0 for nothing."),
    image: Path = typer.Option(..., "--slide", help="The slide: the mask is stretched to its size."),
    to: Path = typer.Option(..., "--to", help="Annotation file; its ending chooses the format."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Polygons with holes of a mask's labels. Groups are named by MASK.json where it is there.

    Example: lnm mask import mask.png --slide slide.svs --to slide.xml
    """
    from lnm_desktop.app.export import export_annotations  # noqa: PLC0415 - keeps the start of others short
    from lnm_desktop.app.label_masks import load_label_mask  # noqa: PLC0415 - as above
    from lnm_desktop.imaging.open import open_image  # noqa: PLC0415 - as above

    with open_image(image) as reader:
        info = reader.info
    loaded = load_label_mask(mask, info.size)
    report = export_annotations(loaded.annotations, to, info)
    notes = [*loaded.notes, *report.notes]
    if as_json:
        print_json({"file": str(to), "annotations": report.count, "notes": notes})
        return
    WORDS.print(f"{report.count} annotations written to {to}", markup=False)
    for note in notes:
        WORDS.print(f"  note: {note}", markup=False)
