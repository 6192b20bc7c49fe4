"""Annotation files of every known format: which one it is, reading, and writing with proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import asap_xml, camelyon_json, geojson, strict_json
from lnm_desktop.formats.asap_xml.plain import plain
from lnm_desktop.formats.files import read_bytes, write_atomic
from lnm_desktop.formats.geojson.reader import loads_object
from lnm_desktop.formats.loaded import LoadedAnnotations

LIMIT_BYTES = 512 * 1024**2
_FORMATS: dict[str, ModuleType] = {".xml": asap_xml, ".geojson": geojson, ".json": geojson}


def load_annotations(path: Path) -> LoadedAnnotations:
    """ASAP XML, GeoJSON or CAMELYON contours, told apart by content. Raises FormatError naming the file."""
    data = read_bytes(path, LIMIT_BYTES)
    if not strict_json.is_json_text(data):
        return asap_xml.loads(data, name=path.name)
    content = strict_json.loads(data, name=path.name)
    if camelyon_json.is_camelyon(content):
        return camelyon_json.loads_object(content, name=path.name)
    return loads_object(content, name=path.name)


def save_annotations(path: Path, annotations: AnnotationSet) -> tuple[str, ...]:
    """Write ASAP XML (.xml) or GeoJSON (.geojson, .json); returns in words what the format does not keep.

    The text is read back and compared before an older file is replaced, and the file after it.
    Raises FormatError, and then an older file is as it was unless the disk itself fails.
    """
    form = _format(path)
    data = form.dumps(annotations)
    expected = plain(annotations) if form is asap_xml else annotations
    if _content(form.loads(data, name=path.name).annotations) != _content(expected):
        raise FormatError(
            f"{path.name} was not written: it would not hold the same annotations",
            hint="Export to GeoJSON (.geojson) instead, and report this.",
        )
    write_atomic(path, data)
    if read_bytes(path, len(data) + 1) != data:
        raise FormatError(f"{path.name} reads back differently from what was written", hint="Check the disk.")
    return form.losses(annotations)


def _format(path: Path) -> ModuleType:
    form = _FORMATS.get(path.suffix.lower())
    if form is None:
        known = ", ".join(_FORMATS)
        raise FormatError(f"{path.name} has no known ending", hint=f"Choose a name that ends in one of: {known}.")
    return form


def _content(annotations: AnnotationSet) -> tuple[list[Annotation], set[object]]:
    """What every format keeps: all but identifiers, authors, times and origins."""
    blank = AnnotationId("")
    kept = [replace(item, id=blank, author="", created="", origin="") for item in annotations]
    return kept, set(annotations.groups)
