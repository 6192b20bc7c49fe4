"""What a person or a model drew on an image."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter

from immutables import Map, MapMutation

from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.ids import AnnotationId, new_id

HUMAN = "human"
DEFAULT_COLOR = "#F4FA58"
NO_GROUP = ""
_Placed = Map[AnnotationId, tuple[int, "Annotation"]]
_Sizes = Map[str, int]
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


class AnnotationSet:
    """The annotations of one image with their groups; changing it gives a new set.

    Order is drawing order. Groups referenced by annotations but not declared are allowed here
    (foreign files contain them); the strict ASAP writer declares them. A change costs the same whatever the
    number of annotations: both sets share what did not change, and the order is made when somebody asks for it.
    """

    __slots__ = ("_by_id", "_next", "_ordered", "_sizes", "groups")

    def __init__(self, annotations: Iterable[Annotation] = (), groups: Iterable[AnnotationGroup] = ()) -> None:
        ordered = tuple(annotations)
        by_id = {annotation.id: (place, annotation) for place, annotation in enumerate(ordered)}
        if len(by_id) != len(ordered):
            raise ValueError("two annotations share one id")
        self._hold(Map(by_id), Map(Counter(item.group for item in ordered)), len(ordered), groups)
        self._ordered = ordered

    @classmethod
    def of_places(
        cls, placed: Mapping[AnnotationId, tuple[int, Annotation]], groups: Iterable[AnnotationGroup] = ()
    ) -> AnnotationSet:
        """The set of annotations whose places in the order are known; no two may share one."""
        return cls((), groups).changed(placed)

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """All in drawing order."""
        if self._ordered is None:
            self._ordered = tuple(item for _, item in sorted(self._by_id.values(), key=itemgetter(0)))
        return self._ordered

    @property
    def group_sizes(self) -> Mapping[str, int]:
        """How many annotations each group has that has any; "" is no group."""
        return self._sizes

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self.annotations)

    def __contains__(self, annotation_id: object) -> bool:
        return annotation_id in self._by_id

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AnnotationSet):
            return NotImplemented
        return self is other or (self.annotations, self.groups) == (other.annotations, other.groups)

    def __hash__(self) -> int:
        return hash((self.annotations, self.groups))

    def __repr__(self) -> str:
        return f"AnnotationSet(annotations={self.annotations!r}, groups={self.groups!r})"

    def get(self, annotation_id: AnnotationId) -> Annotation:
        """The annotation of that id. Raises KeyError."""
        return self._by_id[annotation_id][1]

    def in_order(self, some: Iterable[Annotation]) -> list[Annotation]:
        """Some of these annotations in drawing order. Raises KeyError for one that is not among them."""
        return sorted(some, key=lambda item: self._by_id[item.id][0])

    def place(self, annotation_id: AnnotationId) -> int:
        """Where an annotation stands in the drawing order: later ones have greater numbers. Raises KeyError."""
        return self._by_id[annotation_id][0]

    def group(self, name: str) -> AnnotationGroup | None:
        """The declared group of that name, if any."""
        return next((group for group in self.groups if group.name == name), None)

    def color_of(self, annotation: Annotation) -> str:
        """The group's colour; the annotation's own where it has no declared group."""
        group = self.group(annotation.group)
        return group.color if group else annotation.color

    def shows(self, annotation: Annotation) -> bool:
        """False for what lies in a group that is hidden, or nested in one that is."""
        return all(group.visible for group in self.groups_around(annotation.group))

    def locks(self, annotation: Annotation) -> bool:
        """True for what lies in a group that is locked, or nested in one that is."""
        return any(group.locked for group in self.groups_around(annotation.group))

    def groups_around(self, name: str) -> list[AnnotationGroup]:
        """The declared group of that name and those that it nests in, innermost first."""
        around: list[AnnotationGroup] = []
        group = self.group(name)
        while group is not None and group not in around:
            around.append(group)
            group = self.group(group.parent)
        return around

    def add(self, *annotations: Annotation) -> AnnotationSet:
        """A set with these appended. Raises ValueError for an id already present."""
        fresh = {item.id: (self._next + nth, item) for nth, item in enumerate(annotations)}
        if len(fresh) < len(annotations) or any(known in self._by_id for known in fresh):
            raise ValueError("two annotations share one id")
        return self.changed(fresh)

    def replace(self, annotation: Annotation) -> AnnotationSet:
        """A set in which the annotation of the same id is this one. Raises KeyError."""
        return self.changed({annotation.id: (self._by_id[annotation.id][0], annotation)})

    def remove(self, *annotation_ids: AnnotationId) -> AnnotationSet:
        """A set without these. Raises KeyError for an id that is not present."""
        return self.changed({}, [self.get(annotation_id).id for annotation_id in annotation_ids])

    def with_groups(self, groups: Iterable[AnnotationGroup]) -> AnnotationSet:
        """A set with exactly these groups declared."""
        made = self._sharing(self._by_id, self._sizes, self._next, groups)
        made._ordered = self._ordered
        return made

    def changed(
        self, put: Mapping[AnnotationId, tuple[int, Annotation]], removed: Iterable[AnnotationId] = ()
    ) -> AnnotationSet:
        """A set with some put at their places in the order and some gone; ids that are not there are passed over."""
        by_id, sizes = self._by_id.mutate(), self._sizes.mutate()
        for known in removed:
            _leave(by_id, sizes, known)
        for known, (place, item) in put.items():
            _leave(by_id, sizes, known)
            by_id[known] = (place, item)
            sizes[item.group] = sizes.get(item.group, 0) + 1
        last = max((place + 1 for place, _ in put.values()), default=0)
        return self._sharing(by_id.finish(), sizes.finish(), max(self._next, last), self.groups)

    def _sharing(
        self, by_id: _Placed, sizes: _Sizes, next_place: int, groups: Iterable[AnnotationGroup]
    ) -> AnnotationSet:
        made = object.__new__(type(self))
        made._hold(by_id, sizes, next_place, groups)
        return made

    def _hold(self, by_id: _Placed, sizes: _Sizes, next_place: int, groups: Iterable[AnnotationGroup]) -> None:
        self.groups = tuple(groups)
        if len({group.name for group in self.groups}) != len(self.groups):
            raise ValueError("two groups share one name")
        self._by_id, self._sizes, self._next = by_id, sizes, next_place
        self._ordered: tuple[Annotation, ...] | None = None


def _leave(
    by_id: MapMutation[AnnotationId, tuple[int, Annotation]], sizes: MapMutation[str, int], known: AnnotationId
) -> None:
    """Take an annotation out, if it is there, and out of its group's count."""
    if known not in by_id:
        return
    group = by_id.pop(known)[1].group
    sizes[group] -= 1
    if not sizes[group]:
        del sizes[group]


def _check_color(color: str) -> None:
    if not _COLOR.fullmatch(color):
        raise ValueError(f"{color!r} is not a colour of the form #RRGGBB")
