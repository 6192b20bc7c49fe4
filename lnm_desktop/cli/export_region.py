"""`lnm export-region`: a part of an image as a picture file."""

from __future__ import annotations

from pathlib import Path

import typer

from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageInfo
from lnm_desktop.domain.picture import Picture, PictureJob, PictureReport, Resolution, whole_pixels


def command(
    image: Path = typer.Argument(help="A slide, a DICOM file or a folder of one series."),
    out: Path = typer.Option(..., "--out", help="The file to write; .png or .ome.tif chooses the format."),
    region: tuple[float, float, float, float] = typer.Option(
        None, "--region", help="X Y WIDTH HEIGHT in level-0 pixels.", metavar="X Y W H"
    ),
    whole: bool = typer.Option(False, "--all", help="The whole image."),
    mpp: float = typer.Option(0.0, "--mpp", min=0.0, help="µm per pixel of the picture."),
    downsample: float = typer.Option(0.0, "--downsample", min=0.0, help="Level-0 pixels per pixel of the picture."),
    magnification: float = typer.Option(0.0, "--magnification", min=0.0, help="As 10 for 10×."),
    image_mpp: float = typer.Option(0.0, "--image-mpp", min=0.0, help="Pixel size in µm where the file has none."),
    plane: int = typer.Option(0, "--plane", min=0, help="Plane of a series, from 0."),
    scale_bar: bool = typer.Option(False, "--scale-bar", help="Draw a scale bar."),
    annotations: Path | None = typer.Option(None, "--annotations", help="Draw this file's annotations."),
    lossless: bool = typer.Option(False, "--lossless", help="Pack an OME-TIFF without loss instead of as JPEG."),
    label: str = typer.Option("", "--label", help="What the file shall call its source; nothing by default."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Export a region, or all, of an image as PNG or pyramidal OME-TIFF at a chosen resolution.

    Example: lnm export-region slide.svs --out area.png --region 1000 2000 4000 3000 --mpp 1 --scale-bar
    """
    from lnm_desktop.app.picture_export import run_picture_job  # noqa: PLC0415 - loads codecs
    from lnm_desktop.imaging.open import open_image  # noqa: PLC0415 - as above

    if whole == (region is not None):
        raise typer.BadParameter("give either --region or --all", param_hint="--region")
    resolution = resolution_of(mpp, downsample, magnification)
    with open_image(image) as reader:
        info = reader.info
    calibration = calibration_of_image(info, image_mpp)
    part = info.region if whole else whole_pixels(Region(*region), info)
    scale = resolution.downsample_of(info, calibration)
    drawn = _drawn(annotations, info)
    picture = Picture(part, scale, calibration, plane, scale_bar=scale_bar, annotations=drawn, label=label)
    _tell(run_picture_job(PictureJob(image, picture, out, lossless)), as_json=as_json)


def resolution_of(mpp: float, downsample: float, magnification: float) -> Resolution:
    """The one that was given. Raises BadParameter for none or several."""
    try:
        return Resolution(mpp, downsample, magnification)
    except ValueError as error:
        raise typer.BadParameter("give one of --mpp, --downsample and --magnification") from error


def calibration_of_image(info: ImageInfo, image_mpp: float) -> Calibration:
    """The file's pixel size, else the given one."""
    if info.calibration.is_known or image_mpp <= 0:
        return info.calibration
    return Calibration(image_mpp, image_mpp, CalibrationSource.USER)


def _drawn(file: Path | None, slide: ImageInfo) -> AnnotationSet:
    if file is None:
        return AnnotationSet()
    from lnm_desktop.formats.annotations import load_annotations  # noqa: PLC0415 - as above

    return load_annotations(file, slide).annotations


def _tell(report: PictureReport, *, as_json: bool) -> None:
    facts = {"file": str(report.path), "width_px": report.width_px, "height_px": report.height_px}
    if as_json:
        x, y = report.pixel_um or (None, None)
        print_json({**facts, "mpp_x": x, "mpp_y": y, "notes": list(report.notes)})
        return
    WORDS.print(f"{report.width_px} × {report.height_px} pixels written to {report.path}", markup=False)
    for note in report.notes:
        WORDS.print(f"  note: {note}", markup=False)
