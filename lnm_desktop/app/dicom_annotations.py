"""Annotations of DICOM slides to DICOM objects and back, for the command line."""

from __future__ import annotations

from pathlib import Path

from lnm_desktop.app.export import ExportReport, export_annotations
from lnm_desktop.formats.annotations import LIMIT_BYTES, load_annotations
from lnm_desktop.formats.files import read_bytes, write_atomic
from lnm_desktop.imaging import dicom_annotations as dicom
from lnm_desktop.imaging.open import open_image


def export_dicom(source: Path, slide: Path, target: Path) -> ExportReport:
    """An annotation file to Microscopy Bulk Simple Annotations of a slide. Raises FormatError, ImageError."""
    with open_image(slide) as reader:
        loaded = load_annotations(source, reader.info)
    data = dicom.dumps(loaded.annotations, slide)
    dicom.check_back(loaded.annotations, data, target.name)
    write_atomic(target, data)
    lost = dicom.losses(loaded.annotations)
    return ExportReport(target, len(loaded.annotations), (*loaded.notes, *lost), lost)


def import_dicom(source: Path, slide: Path, target: Path) -> ExportReport:
    """A DICOM object to an annotation file; a note tells where it refers to another slide. Raises FormatError."""
    found, referred = dicom.loads(read_bytes(source, LIMIT_BYTES), name=source.name)
    is_other = dicom.identifier_of(slide) not in referred
    notes = ("The object refers to another image than this slide: check the places.",) if is_other else ()
    report = export_annotations(found, target)
    return ExportReport(target, report.count, (*notes, *report.notes), report.losses)
