"""The annotations of one image in memory: read once, then changed by what each journal row says."""

from __future__ import annotations

from collections.abc import Mapping

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.store.encoding import annotation_from, groups_from
from lnm_desktop.store.journal import Entry, State, States
from lnm_desktop.store.schema import ObjectKind


def read_drawing(annotations: Mapping[str, State], groups: State | None) -> AnnotationSet:
    """The drawing that the tables hold. An undone removal returns to its place, for places are kept."""
    return AnnotationSet.of_places(_placed(annotations), groups_from(groups["body"]) if groups else ())


def drawing_after(drawing: AnnotationSet, entry: Entry) -> AnnotationSet:
    """The drawing once a row about it is committed; what the row does not name is not looked at."""
    if entry.kind is ObjectKind.GROUPS:
        state = entry.states_after()[entry.owner]
        return drawing.with_groups(groups_from(state["body"]) if state else ())
    return _changed(drawing, entry.states_after()) if entry.kind is ObjectKind.ANNOTATION else drawing


def _changed(drawing: AnnotationSet, states: States) -> AnnotationSet:
    gone = [AnnotationId(key) for key, state in states.items() if state is None]
    return drawing.changed(_placed({key: state for key, state in states.items() if state}), gone)


def _placed(states: Mapping[str, State]) -> dict[AnnotationId, tuple[int, Annotation]]:
    return {AnnotationId(key): (state["place"], annotation_from(key, state["body"])) for key, state in states.items()}
