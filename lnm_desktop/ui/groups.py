"""Groups that a new image starts with, and colours that stay apart."""

from __future__ import annotations

from collections.abc import Sequence

from lnm_desktop.domain.annotation import NO_GROUP, AnnotationGroup, AnnotationSet
from lnm_desktop.ui.theme.tokens import OKABE_ITO

DEFAULT_GROUPS = (
    AnnotationGroup("Tumor", OKABE_ITO[0]),
    AnnotationGroup("Exclusion", OKABE_ITO[1]),
    AnnotationGroup("Lymph node", OKABE_ITO[2]),
    AnnotationGroup("Artefact", OKABE_ITO[3]),
)


def groups_of(annotations: AnnotationSet) -> tuple[AnnotationGroup, ...]:
    """The groups to choose from: those declared, else the defaults, then any that are used undeclared."""
    known = annotations.groups or DEFAULT_GROUPS
    names = {group.name for group in known}
    if set(annotations.group_sizes) <= {*names, NO_GROUP}:
        return known
    foreign = {item.group: item.color for item in annotations if item.group and item.group not in names}
    return (*known, *(AnnotationGroup(name, color) for name, color in foreign.items()))


def free_color(groups: Sequence[AnnotationGroup]) -> str:
    """The first colour of the palette that no group has."""
    taken = {group.color.upper() for group in groups}
    return next((color for color in OKABE_ITO if color not in taken), OKABE_ITO[len(groups) % len(OKABE_ITO)])
