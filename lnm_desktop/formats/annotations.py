"""Annotation files of every known format: which one it is, reading, and writing with proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import asap_xml, camelyon_json, geojson, imagescope, ndpa, strict_json
from lnm_desktop.formats.asap_xml.plain import plain as asap_plain
from lnm_desktop.formats.files import read_bytes, write_atomic
from lnm_desktop.formats.geojson.reader import loads_object
from lnm_desktop.formats.imagescope.plain import plain as imagescope_plain
from lnm_desktop.formats.loaded import LoadedAnnotations
from lnm_desktop.formats.ndpa.plain import plain as ndpa_plain
from lnm_desktop.formats.safe_xml import first_tags

LIMIT_BYTES = 512 * 1024**2
IMAGESCOPE_SUFFIX = ".imagescope.xml"
# The first that fits counts. ImageScope's own ending is .xml like ASAP's, and a name must say which one is meant.
_FORMATS: dict[str, ModuleType] = {
    IMAGESCOPE_SUFFIX: imagescope,
    ".xml": asap_xml,
    ".geojson": geojson,
    ".json": geojson,
}
NDPA_SUFFIX = ".ndpa"
_IMAGESCOPE_TAGS = frozenset(("Region", "Regions", "Vertex", "Vertices"))
_ASAP_TAGS = frozenset(("ASAP_Annotations", "Coordinates", "Coordinate", "AnnotationGroups", "Group"))
_NDPA_TAGS = frozenset(("annotations", "ndpviewstate"))


@dataclass(frozen=True, slots=True)
class _Form:
    """A format's way of writing and reading, and the set that comes back."""

    dumps: Callable[[AnnotationSet], bytes]
    loads: Callable[[bytes], LoadedAnnotations]
    kept: AnnotationSet
    losses: Callable[[AnnotationSet], tuple[str, ...]]


def load_annotations(path: Path, slide: ImageInfo | None = None) -> LoadedAnnotations:
    """ASAP XML, ImageScope XML, NDPA, GeoJSON or CAMELYON contours, told apart by content.

    NDPA needs the slide that it belongs to. Raises FormatError naming the file.
    """
    data = read_bytes(path, LIMIT_BYTES)
    if not strict_json.is_json_text(data):
        return _load_xml(data, path.name, slide)
    content = strict_json.loads(data, name=path.name)
    if camelyon_json.is_camelyon(content):
        return camelyon_json.loads_object(content, name=path.name)
    return loads_object(content, name=path.name)


def save_annotations(
    path: Path, annotations: AnnotationSet, slide: ImageInfo | None = None, ending: str = ""
) -> tuple[str, ...]:
    """Write in the format that the name's ending asks for; returns in words what the format does not keep.

    .xml is ASAP's, .imagescope.xml that of ImageScope (whose own files end in .xml too: the double ending leaves no
    doubt about which is meant), .geojson and .json are GeoJSON, .ndpa is NDP.view's and needs the slide. A dialog
    that has asked for the format passes its `ending`: `imagescope.xml` makes a file `x.xml` one of ImageScope.

    The text is read back and compared before an older file is replaced, and the file after it.
    Raises FormatError, and then an older file is as it was unless the disk itself fails.
    """
    form = _form(path.name, _asked(path.name, ending), annotations, slide)
    data = form.dumps(annotations)
    if _content(form.loads(data).annotations) != _content(form.kept):
        raise FormatError(
            f"{path.name} was not written: it would not hold the same annotations",
            hint="Export to GeoJSON (.geojson) instead, and report this.",
        )
    write_atomic(path, data)
    if read_bytes(path, len(data) + 1) != data:
        raise FormatError(f"{path.name} reads back differently from what was written", hint="Check the disk.")
    return form.losses(annotations)


def writer_of(name: str, ending: str = "") -> ModuleType:
    """The format of that file name, as `save_annotations` chooses it. Raises FormatError."""
    asked = _asked(name, ending)
    return ndpa if asked.lower().endswith(NDPA_SUFFIX) else _module(asked)


def _asked(name: str, ending: str) -> str:
    """The name that chooses the format: the ending asked for, where the file's suffix allows it and says no more."""
    suffix = Path(name).suffix.lower()
    is_open = suffix and not name.lower().endswith(IMAGESCOPE_SUFFIX)
    return f".{ending}" if is_open and f".{ending}".endswith(suffix) else name


def _form(name: str, ending: str, annotations: AnnotationSet, slide: ImageInfo | None) -> _Form:
    if ending.lower().endswith(NDPA_SUFFIX):
        place = _placement(name, slide)
        return _Form(
            lambda items: ndpa.dumps(items, placement=place),
            lambda data: ndpa.loads(data, name=name, placement=place),
            ndpa_plain(annotations, place),
            ndpa.losses,
        )
    module = _module(ending)
    plain = {asap_xml: asap_plain, imagescope: imagescope_plain}.get(module, lambda items: items)
    return _Form(module.dumps, lambda data: module.loads(data, name=name), plain(annotations), module.losses)


def _module(name: str) -> ModuleType:
    found = next((module for ending, module in _FORMATS.items() if name.lower().endswith(ending)), None)
    if found is None:
        known = ", ".join((*_FORMATS, NDPA_SUFFIX))
        raise FormatError(f"{name} has no known ending", hint=f"Choose a name that ends in one of: {known}.")
    return found


def _load_xml(data: bytes, name: str, slide: ImageInfo | None) -> LoadedAnnotations:
    """By the first element that only one of them has; what has none is left to ASAP's reader, which says so."""
    tags = first_tags(data, _IMAGESCOPE_TAGS | _ASAP_TAGS | _NDPA_TAGS)
    if tags and tags[-1] in _NDPA_TAGS:
        return ndpa.loads(data, name=name, placement=_placement(name, slide))
    module = imagescope if tags and tags[-1] in _IMAGESCOPE_TAGS else asap_xml
    return module.loads(data, name=name)


def _placement(name: str, slide: ImageInfo | None) -> ndpa.SlidePlacement:
    if slide is None:
        raise FormatError(
            f"{name} is placed from the middle of its glass slide, and that slide is not at hand",
            hint="Open the slide first, or name it: lnm export … --slide SLIDE.",
        )
    return ndpa.placement_of(slide, name)


def _content(annotations: AnnotationSet) -> tuple[list[Annotation], set[object]]:
    """What every format keeps: all but identifiers, authors, times and origins."""
    blank = AnnotationId("")
    kept = [replace(item, id=blank, author="", created="", origin="") for item in annotations]
    return kept, set(annotations.groups)
