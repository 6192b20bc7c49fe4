"""CAMELYON16 contours in the JSON form of the NCRF project to annotations."""

from __future__ import annotations

from typing import Any

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Shape
from lnm_desktop.domain.ids import AnnotationId, new_id
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.geometry_json import ring_from_list
from lnm_desktop.formats.loaded import LoadedAnnotations, counted, shortened

TUMOR_GROUP = "_0"
CUT_OUT_GROUP = "_2"
_MINIMUM_POINTS = 3


def is_camelyon(data: object) -> bool:
    """True for an object of "positive" and "negative" contours."""
    return isinstance(data, dict) and "positive" in data and data.keys() <= {"positive", "negative"}


def loads_object(data: dict[str, Any], *, name: str) -> LoadedAnnotations:
    """Tumour contours in the group `_0`, cut-outs in `_2`, each under its own name.

    The form does not keep a contour's group: its names `_0`, `_1`, `_2` … are running numbers, so that a contour
    from the group `_1` (tumour as well) cannot be told from one of `_0`.

    Raises FormatError naming the contour that cannot be read.
    """
    notes: list[str] = []
    found: list[Annotation] = []
    for key in ("positive", "negative"):
        for place, item in enumerate(_items(data.get(key, []), f"{name}: {key}")):
            annotation = _annotation(key, item, f"{name}: {key} contour {place + 1}", notes)
            found += [annotation] if annotation else []
    used = dict.fromkeys(annotation.group for annotation in found)
    groups = tuple(AnnotationGroup(group) for group in sorted(used))
    return LoadedAnnotations(AnnotationSet(tuple(found), groups), shortened(notes))


def _annotation(key: str, item: object, words: str, notes: list[str]) -> Annotation | None:
    if not isinstance(item, dict):
        raise _damaged(words, "it is not an object")
    label = item.get("name", "")
    try:
        points = ring_from_list(item.get("vertices"))
        if len(points) < _MINIMUM_POINTS:
            notes.append(f"{words} was left out: it has {counted(len(points), 'point')}.")
            return None
        geometry = Geometry(Shape.POLYGON, points)
    except (TypeError, ValueError, OverflowError) as error:
        raise _damaged(words, str(error)) from error
    group = CUT_OUT_GROUP if key == "negative" else TUMOR_GROUP
    return Annotation(AnnotationId(new_id()), geometry, group, str(label))


def _items(data: object, words: str) -> list[Any]:
    if not isinstance(data, list):
        raise _damaged(words, "it is not a list")
    return data


def _damaged(words: str, reason: str) -> FormatError:
    return FormatError(f"{words} cannot be read: {reason}", hint="Get the file again.")
