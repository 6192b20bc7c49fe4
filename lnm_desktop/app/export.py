"""Annotations out of the workspace, and from one file format to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from lnm_desktop.formats.loaded import LoadedAnnotations
from lnm_desktop.formats.losses import losses
from lnm_desktop.imaging.open import open_image


@dataclass(frozen=True, slots=True)
class ExportReport:
    """A file, how many annotations it holds, in words what did not survive; `losses` are the notes of writing."""

    path: Path
    count: int
    notes: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()


def export_annotations(
    source: AnnotationSet, path: Path, slide: ImageInfo | None = None, ending: str = ""
) -> ExportReport:
    """Write a set in the format that the name's ending asks for, read back and compared; NDPA needs the slide.

    Of formats that share the name's suffix, `ending` chooses one (`imagescope.xml` for a file `x.xml`).
    Raises FormatError; an older file is then as it was.
    """
    lost = save_annotations(path, source, slide, ending)
    return ExportReport(path, len(source), lost, lost)


def convert(source_path: Path, target_path: Path, slide_path: Path | None = None) -> ExportReport:
    """Any known annotation file to any other; notes tell of both reading and writing.

    The slide is opened where one is named: NDPA is placed by it. Raises FormatError, or ImageError for the slide.
    """
    slide, loaded = _read(source_path, slide_path)
    report = export_annotations(loaded.annotations, target_path, slide)
    return replace(report, notes=(*loaded.notes, *report.notes))


def preview(source_path: Path, target_path: Path, slide_path: Path | None = None) -> ExportReport:
    """What `convert` would tell, and nothing is written. Raises FormatError, or ImageError for the slide."""
    _, loaded = _read(source_path, slide_path)
    lost = losses(loaded.annotations, target_path.name)
    return ExportReport(target_path, len(loaded.annotations), (*loaded.notes, *lost), lost)


def _read(source_path: Path, slide_path: Path | None) -> tuple[ImageInfo | None, LoadedAnnotations]:
    slide = None
    if slide_path is not None:
        with open_image(slide_path) as reader:
            slide = reader.info
    return slide, load_annotations(source_path, slide)
