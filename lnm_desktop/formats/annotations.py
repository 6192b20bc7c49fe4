"""Annotation files of every known format: which one it is, reading, and writing with proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import asap_xml, camelyon_json, geojson, imagescope, strict_json
from lnm_desktop.formats.asap_xml.plain import plain as asap_plain
from lnm_desktop.formats.files import read_bytes, write_atomic
from lnm_desktop.formats.geojson.reader import loads_object
from lnm_desktop.formats.imagescope.plain import plain as imagescope_plain
from lnm_desktop.formats.loaded import LoadedAnnotations
from lnm_desktop.formats.safe_xml import first_tags

LIMIT_BYTES = 512 * 1024**2
# The first that fits counts. ImageScope's own ending is .xml like ASAP's, and a name must say which one is meant.
_FORMATS: dict[str, ModuleType] = {
    ".imagescope.xml": imagescope,
    ".xml": asap_xml,
    ".geojson": geojson,
    ".json": geojson,
}
_KEPT: dict[ModuleType, Callable[[AnnotationSet], AnnotationSet]] = {
    asap_xml: asap_plain,
    imagescope: imagescope_plain,
}
_IMAGESCOPE_TAGS = frozenset(("Region", "Regions", "Vertex", "Vertices"))
_ASAP_TAGS = frozenset(("ASAP_Annotations", "Coordinates", "Coordinate", "AnnotationGroups", "Group"))


def load_annotations(path: Path) -> LoadedAnnotations:
    """ASAP or ImageScope XML, GeoJSON or CAMELYON contours, told apart by content.

    Raises FormatError naming the file.
    """
    data = read_bytes(path, LIMIT_BYTES)
    if not strict_json.is_json_text(data):
        return _xml_format(data).loads(data, name=path.name)
    content = strict_json.loads(data, name=path.name)
    if camelyon_json.is_camelyon(content):
        return camelyon_json.loads_object(content, name=path.name)
    return loads_object(content, name=path.name)


def save_annotations(path: Path, annotations: AnnotationSet) -> tuple[str, ...]:
    """Write in the format that the name's ending asks for; returns in words what the format does not keep.

    .xml is ASAP's, .imagescope.xml that of ImageScope (whose own files end in .xml too: the double ending leaves no
    doubt about which is meant), .geojson and .json are GeoJSON.
    The text is read back and compared before an older file is replaced, and the file after it.
    Raises FormatError, and then an older file is as it was unless the disk itself fails.
    """
    form = _format(path)
    data = form.dumps(annotations)
    expected = _KEPT[form](annotations) if form in _KEPT else annotations
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
    name = path.name.lower()
    form = next((form for ending, form in _FORMATS.items() if name.endswith(ending)), None)
    if form is None:
        known = ", ".join(_FORMATS)
        raise FormatError(f"{path.name} has no known ending", hint=f"Choose a name that ends in one of: {known}.")
    return form


def _xml_format(data: bytes) -> ModuleType:
    """By the first element that only one of them has; what has none is left to ASAP's reader, which says so."""
    tags = first_tags(data, _IMAGESCOPE_TAGS | _ASAP_TAGS)
    return imagescope if tags and tags[-1] in _IMAGESCOPE_TAGS else asap_xml


def _content(annotations: AnnotationSet) -> tuple[list[Annotation], set[object]]:
    """What every format keeps: all but identifiers, authors, times and origins."""
    blank = AnnotationId("")
    kept = [replace(item, id=blank, author="", created="", origin="") for item in annotations]
    return kept, set(annotations.groups)
