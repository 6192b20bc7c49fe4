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
        places = {key: place for key, place in self.places.items() if key not in gone}
        places |= {key: state["place"] for key, state in states.items() if state}
        kept = [new.pop(item.id, item) for item in self.annotations if item.id not in gone]
        ordered: list[Annotation] = sorted([*kept, *new.values()], key=lambda item: (places[item.id], item.id))
        return Drawing(AnnotationSet(tuple(ordered), self.annotations.groups), places)


def read_drawing(annotations: Mapping[str, State], groups: State | None) -> Drawing:
    """The drawing that the tables hold."""
    items = tuple(annotation_from(key, state["body"]) for key, state in annotations.items())
    declared = groups_from(groups["body"]) if groups else ()
    return Drawing(AnnotationSet(items, declared), {key: state["place"] for key, state in annotations.items()})
