"""What ASAP's groups have no place for, among their attributes: locked, hidden, not filled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.formats.loaded import counted

OWN_KEYS = "lnm-"
"""What this program's own attributes begin with; no other attribute is written so."""
HOLES_MARK = ("lnm-holes", "1")
_MARKS = {
    ("lnm-locked", "1"): {"locked": True},
    ("lnm-hidden", "1"): {"visible": False},
    ("lnm-unfilled", "1"): {"filled": False},
}


def marks_of(group: AnnotationGroup) -> tuple[tuple[str, str], ...]:
    """The attributes that tell a group's flags; none for one as groups usually are."""
    told = {mark: getattr(group, name) is value for mark, flag in _MARKS.items() for name, value in flag.items()}
    return tuple(mark for mark, is_set in told.items() if is_set)


def flagged(group: AnnotationGroup) -> AnnotationGroup:
    """The group with the flags that its attributes tell in the place of these."""
    flags = {name: value for pair in group.attributes for name, value in _MARKS.get(pair, {}).items()}
    attributes = tuple(pair for pair in group.attributes if pair not in _MARKS)
    return replace(group, attributes=attributes, **flags)


def unmarked(group: AnnotationGroup) -> AnnotationGroup:
    """The group without the mark of one that stands for holes."""
    return replace(group, attributes=tuple(pair for pair in group.attributes if pair != HOLES_MARK))


def lost_flags(annotations: AnnotationSet) -> Iterator[str]:
    """For formats that keep no flags, in words."""
    number = sum(bool(marks_of(group)) for group in annotations.groups)
    if number:
        yield f"The marks locked, hidden or not filled of {counted(number, 'group')} are not kept."
