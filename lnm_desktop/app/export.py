"""Annotations out of the workspace, and from one file format to another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.formats.annotations import load_annotations, save_annotations


@dataclass(frozen=True, slots=True)
class ExportReport:
    """A written file, how many annotations it holds, and in words what did not survive."""

    path: Path
    count: int
    notes: tuple[str, ...] = ()


def export_annotations(source: AnnotationSet, path: Path) -> ExportReport:
    """Write a set to ASAP XML (.xml) or GeoJSON (.geojson, .json), read back and compared.

    Raises FormatError; an older file is then as it was.
    """
    return ExportReport(path, len(source), save_annotations(path, source))


def convert(source_path: Path, target_path: Path) -> ExportReport:
    """Any known annotation file to any other; notes tell of both reading and writing. Raises FormatError."""
    loaded = load_annotations(source_path)
    report = export_annotations(loaded.annotations, target_path)
    return ExportReport(report.path, report.count, (*loaded.notes, *report.notes))
