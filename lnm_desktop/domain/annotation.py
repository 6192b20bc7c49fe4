"""What a person or a model drew on an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.ids import AnnotationId, new_id

HUMAN = "human"
DEFAULT_COLOR = "#F4FA58"
NO_GROUP = ""
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class AnnotationGroup:
    """A named, coloured class of annotations; `parent` names the group that it nests in.

    What is in a `locked` group cannot be changed by hand, what is in one that is not `visible` is not drawn,
    and a `filled` one is drawn with its area tinted.
    """

    name: str
    color: str = "#64FE2E"
    parent: str = NO_GROUP
    attributes: tuple[tuple[str, str], ...] = ()
    locked: bool = False
    visible: bool = True
    filled: bool = True

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a group needs a name")
        _check_color(self.color)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One drawn object. `origin` is "human" or "model:<run id>"; times are UTC ISO 8601."""

    id: AnnotationId
    geometry: Geometry
    group: str = NO_GROUP
    name: str = ""
    color: str = DEFAULT_COLOR
    author: str = ""
    created: str = ""
    origin: str = HUMAN
    comment: str = ""

    def __post_init__(self) -> None:
        _check_color(self.color)


def new_annotation(geometry: Geometry, group: str = NO_GROUP, **details: str) -> Annotation:
    """An annotation with a fresh id, stamped now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Annotation(AnnotationId(new_id()), geometry, group, **{"created": now, **details})


@dataclass(frozen=True, slots=True)
class AnnotationSet:
    """The annotations of one image with their groups; changing it gives a new set.

    Order is drawing order. Groups referenced by annotations but not declared are allowed here
    (foreign files contain them); the strict ASAP writer declares them.
    """

    annotations: tuple[Annotation, ...] = ()
    groups: tuple[AnnotationGroup, ...] = ()
    _index: dict[AnnotationId, int] = field(init=False, repr=False, compare=False, hash=False, default_factory=dict)

    def __post_init__(self) -> None:
        index = {annotation.id: place for place, annotation in enumerate(self.annotations)}
        if len(index) != len(self.annotations):
            raise ValueError("two annotations share one id")
        if len({group.name for group in self.groups}) != len(self.groups):
            raise ValueError("two groups share one name")
        object.__setattr__(self, "_index", index)

    def __len__(self) -> int:
        return len(self.annotations)

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self.annotations)

    def __contains__(self, annotation_id: object) -> bool:
        return annotation_id in self._index

    def get(self, annotation_id: AnnotationId) -> Annotation:
        """The annotation of that id. Raises KeyError."""
        return self.annotations[self._index[annotation_id]]

    def group(self, name: str) -> AnnotationGroup | None:
        """The declared group of that name, if any."""
        return next((group for group in self.groups if group.name == name), None)

    def color_of(self, annotation: Annotation) -> str:
        """The group's colour; the annotation's own where it has no declared group."""
        group = self.group(annotation.group)
        return group.color if group else annotation.color

    def add(self, *annotations: Annotation) -> AnnotationSet:
        """A set with these appended. Raises ValueError for an id already present."""
        return replace(self, annotations=self.annotations + annotations)

    def replace(self, annotation: Annotation) -> AnnotationSet:
        """A set in which the annotation of the same id is this one. Raises KeyError."""
        place = self._index[annotation.id]
        changed = (*self.annotations[:place], annotation, *self.annotations[place + 1 :])
        return replace(self, annotations=changed)

    def remove(self, *annotation_ids: AnnotationId) -> AnnotationSet:
        """A set without these. Raises KeyError for an id that is not present."""
        gone = {self.get(annotation_id).id for annotation_id in annotation_ids}
        return replace(self, annotations=tuple(a for a in self.annotations if a.id not in gone))

    def with_groups(self, groups: Iterable[AnnotationGroup]) -> AnnotationSet:
        """A set with exactly these groups declared."""
        return replace(self, groups=tuple(groups))


def _check_color(color: str) -> None:
    if not _COLOR.fullmatch(color):
        raise ValueError(f"{color!r} is not a colour of the form #RRGGBB")
