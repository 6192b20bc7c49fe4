"""The annotations of one image in memory: read once, then changed by what each journal row says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.store.encoding import annotation_from, groups_from
from lnm_desktop.store.journal import Entry, State, States
from lnm_desktop.store.schema import ObjectKind


@dataclass(frozen=True)
class Drawing:
    """An annotation set with the place of each annotation, which an undone removal returns to."""

    annotations: AnnotationSet
    places: Mapping[str, int]

    def after(self, entry: Entry) -> Drawing:
        """The drawing once a row about it is committed."""
        if entry.kind is ObjectKind.GROUPS:
            state = entry.states_after()[entry.owner]
            groups = groups_from(state["body"]) if state else ()
            return Drawing(self.annotations.with_groups(groups), self.places)
        return self._with(entry.states_after()) if entry.kind is ObjectKind.ANNOTATION else self

    def _with(self, states: States) -> Drawing:
        gone = {key for key, state in states.items() if state is None}
        new = {key: annotation_from(key, state["body"]) for key, state in states.items() if state}
        places = {**self.places, **{key: state["place"] for key, state in states.items() if state}}
        for key in gone:
            places.pop(key, None)
        return Drawing(self._changed(gone, new, places), places)

    def _changed(self, gone: set[str], new: dict[str, Annotation], places: Mapping[str, int]) -> AnnotationSet:
        """Drawing and changing one annotation, the two that a hand repeats, need no sorting."""
        drawn = self.annotations
        added = sorted(new.values(), key=lambda item: places[item.id])
        if not gone and len(new) == 1 and added[0].id in drawn:
            return drawn.replace(added[0])
        if not gone and self._comes_last(places[added[0].id]):
            return drawn.add(*added)
        kept = [new.pop(item.id, item) for item in drawn if item.id not in gone]
        ordered = sorted([*kept, *new.values()], key=lambda item: places[item.id])
        return AnnotationSet(tuple(ordered), drawn.groups)

    def _comes_last(self, place: int) -> bool:
        drawn = self.annotations.annotations
        return not drawn or self.places[drawn[-1].id] < place


def read_drawing(annotations: Mapping[str, State], groups: State | None) -> Drawing:
    """The drawing that the tables hold."""
    items = tuple(annotation_from(key, state["body"]) for key, state in annotations.items())
    declared = groups_from(groups["body"]) if groups else ()
    return Drawing(AnnotationSet(items, declared), {key: state["place"] for key, state in annotations.items()})
