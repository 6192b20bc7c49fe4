"""A part of an image becomes a picture file at a chosen resolution: for the window and the command line alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.picture import PNG_SUFFIX, PictureJob, PictureReport, check_png_size, picture_suffix
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.errors import Cancelled, FormatError
from lnm_desktop.formats.files import draft_of
from lnm_desktop.formats.png_stream import check_png, write_png
from lnm_desktop.imaging.ome_tiff_writer import OmeTiff, check_ome_tiff, tile_boxes, write_ome_tiff
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.picture_drawing import bar_of
from lnm_desktop.imaging.picture_tiles import Box, PictureTiles
from lnm_desktop.imaging.read_ahead import read_ahead
from lnm_desktop.imaging.reader import ImageReader

BAND_BYTES = 12 * 1024**2
LEAST_BAND_ROWS, MOST_BAND_ROWS = 16, 512
PIECE_PX = 1024

OnProgress = Callable[[int, int], None]
Pixels = NDArray[np.uint8]


def run_picture_job(
    job: PictureJob, on_progress: OnProgress = lambda _done, _total: None, stop: threading.Event | None = None
) -> PictureReport:
    """Open the source and export from it. Raises ImageError, FormatError, Cancelled."""
    if job.target.exists() and job.target.samefile(job.source):
        raise FormatError(f"{job.target.name} is the image itself", hint="Choose another name: it stays as it is.")
    with open_image(job.source) as reader:
        return export_picture(reader, job, on_progress, stop)


def export_picture(
    reader: ImageReader,
    job: PictureJob,
    on_progress: OnProgress = lambda _done, _total: None,
    stop: threading.Event | None = None,
) -> PictureReport:
    """Write the picture, read it back, and let it take its place in one step; memory does not grow with it.

    Nothing of the source but pixels, pixel size and `picture.label` gets into the file: no label or macro image, no
    property. Raises ImageError, FormatError, Cancelled, and then an older file is as it was.
    """
    form = _form_of(job)
    tiles = PictureTiles(reader, job.picture)
    watch = _Watch(on_progress, stop or threading.Event())
    with draft_of(job.target) as file:
        form(file, tiles, watch)
    width, height = job.picture.size
    return PictureReport(job.target, width, height, job.picture.pixel_um, tuple(_notes(reader, job)))


@dataclass(frozen=True, slots=True)
class _Watch:
    """Counts pieces and looks whether to go on."""

    tell: OnProgress
    stop: threading.Event

    def over(self, tiles: PictureTiles, boxes: list[Box]) -> Generator[Pixels]:
        """Each box's pixels, the next ones read meanwhile. Raises Cancelled."""
        with closing(read_ahead(tiles.read, boxes)) as reading:
            for done, (_, pixels) in enumerate(reading, 1):
                if self.stop.is_set():
                    raise Cancelled("The export was cancelled")
                self.tell(done, len(boxes))
                yield pixels


Form = Callable[[BinaryIO, PictureTiles, _Watch], None]


def _form_of(job: PictureJob) -> Form:
    """How to write it. Raises FormatError for an unknown ending and for a PNG that nobody could open."""
    suffix = picture_suffix(job.target)
    if suffix == PNG_SUFFIX:
        check_png_size(job.picture)
        return lambda file, tiles, watch: _write_png(file, tiles, watch, job.target.name)
    if suffix:
        return lambda file, tiles, watch: _write_ome_tiff(file, tiles, watch, job)
    raise FormatError(f"{job.target.name} has no known ending", hint="Choose a name that ends in .png or .ome.tif.")


def _write_png(file: BinaryIO, tiles: PictureTiles, watch: _Watch, name: str) -> None:
    picture, shape = tiles.picture, tiles.shape
    texts = {"Comment": RESEARCH_USE_ONLY, "Software": "LNM Desktop"}
    if picture.label:
        texts["Source"] = picture.label
    if picture.pixel_um:
        texts["Pixel size"] = " × ".join(f"{side:.6g}" for side in picture.pixel_um) + " µm"
    with closing(_bands(tiles, watch)) as bands:
        write_png(file, shape, bands, pixel_um=picture.pixel_um, texts=texts)
    check_png(file, name, shape)


def _bands(tiles: PictureTiles, watch: _Watch) -> Generator[Pixels]:
    """Whole rows, as many at a time as fit into a bounded piece of memory."""
    height, width = tiles.shape[:2]
    rows = min(max(BAND_BYTES // (width * 3), LEAST_BAND_ROWS), MOST_BAND_ROWS, height)
    lefts = range(0, width, PIECE_PX)
    boxes = [
        Box(left, top, min(PIECE_PX, width - left), min(rows, height - top))
        for top in range(0, height, rows)
        for left in lefts
    ]
    row: list[Pixels] = []
    with closing(watch.over(tiles, boxes)) as pieces:
        for pixels in pieces:
            row.append(pixels)
            if len(row) == len(lefts):
                yield np.concatenate(row, axis=1)
                row = []


def _write_ome_tiff(file: BinaryIO, tiles: PictureTiles, watch: _Watch, job: PictureJob) -> None:
    form = OmeTiff(tiles.shape, job.picture.pixel_um, job.picture.label, job.lossless)
    with closing(watch.over(tiles, tile_boxes(form.shape))) as pieces:
        write_ome_tiff(file, form, pieces, job.target.parent)
    file.flush()
    check_ome_tiff(file, job.target.name, form)


def _notes(reader: ImageReader, job: PictureJob) -> Iterator[str]:
    info, picture = reader.info, job.picture
    if not picture.calibration.is_known:
        yield "The image tells no pixel size, so the picture tells none."
    if picture.scale_bar and bar_of(picture) is None:
        yield "The picture is too small for a scale bar."
    if info.channels:
        yield f"Its {len(info.channels)} channels are blended in their colours."
    elif info.window is not None:
        yield "Grey values are those of the display window, in 8 bits."
