"""Name, group and comment of many annotations changed in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lnm_desktop.app.commands import EditAnnotations
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup
from lnm_desktop.domain.ids import ImageId

Chosen = Sequence[Annotation]


def regroup(image_id: ImageId, chosen: Chosen, group: AnnotationGroup) -> EditAnnotations | None:
    """Put them into a group, and give them its colour; None where all are in it."""
    put = tuple(replace(item, group=group.name, color=group.color) for item in chosen if item.group != group.name)
    return _edit(image_id, put, f"to {group.name}", "Move")


def rename(image_id: ImageId, chosen: Chosen, name: str) -> EditAnnotations | None:
    """One name, or, for several, the name with a number each."""
    names = [name] if len(chosen) == 1 else [f"{name} {number}" for number in range(1, len(chosen) + 1)]
    put = tuple(replace(item, name=new) for item, new in zip(chosen, names, strict=True) if item.name != new)
    return _edit(image_id, put, f"to {name}", "Rename")


def comment(image_id: ImageId, chosen: Chosen, text: str) -> EditAnnotations | None:
    """The same comment for all; an empty one takes it away."""
    put = tuple(replace(item, comment=text) for item in chosen if item.comment != text)
    return _edit(image_id, put, "", "Comment on")


def _edit(image_id: ImageId, put: tuple[Annotation, ...], what: str, verb: str) -> EditAnnotations | None:
    if not put:
        return None
    count = "annotation" if len(put) == 1 else f"{len(put)} annotations"
    return EditAnnotations(image_id, f"{verb} {count} {what}".rstrip(), put)
