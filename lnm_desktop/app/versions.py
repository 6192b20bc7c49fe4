"""A case as it was after any row of its journal: compared with another moment, or returned to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lnm_desktop.domain.ids import CaseId
from lnm_desktop.store.journal import Body, Edit, Entry, Op, State
from lnm_desktop.store.schema import ObjectKind

Objects = Mapping["Key", State]
_NOUNS = {
    ObjectKind.ANNOTATION: "annotation",
    ObjectKind.GROUPS: "groups",
    ObjectKind.CLINICAL: "clinical value",
    ObjectKind.USER_MPP: "pixel size",
    ObjectKind.BOOKMARK: "bookmark",
    ObjectKind.CASE: "case",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One object: what it is, the image (or, of a clinical value, the case) that it belongs to, and its id."""

    kind: ObjectKind
    owner: str
    id: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that differs; `what` is "added", "changed" or "removed", seen from the earlier moment."""

    key: Key
    what: str
    name: str

    @property
    def noun(self) -> str:
        """What kind of thing it is, in a word."""
        return _NOUNS[self.key.kind]


@dataclass(frozen=True)
class RestoreObjects:
    """Put objects of one owner back as they were, at their places; those that were not there go."""

    case_id: CaseId
    words: str
    kind: ObjectKind
    owner: str
    states: Mapping[str, State | None]

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {key: state["body"] if state else None for key, state in self.states.items()}
        places = {key: state["place"] for key, state in self.states.items() if state}
        image_id = None if self.kind in (ObjectKind.CLINICAL, ObjectKind.CASE) else self.owner
        return Edit(self.kind, Op.SET, self.words, after, self.case_id, image_id, places)


def objects_at(rows: Iterable[Entry], seq: int) -> dict[Key, State]:
    """Everything that can be undone, as it was after a row; undos and redos are rows like others."""
    objects: dict[Key, State] = {}
    for row in rows:
        if row.seq > seq:
            break
        if row.is_edit or row.kind is ObjectKind.CASE:
            _fold(objects, row)
    return objects


def differences(earlier: Objects, later: Objects) -> tuple[Difference, ...]:
    """What was added, changed and removed from the one moment to the other, in the order of images and places."""
    found = [_difference(key, earlier.get(key), later.get(key)) for key in {**earlier, **later}]
    return tuple(one for one in found if one is not None)


def returning(case_id: CaseId, rows: Iterable[Entry], seq: int) -> tuple[RestoreObjects, ...]:
    """The commands that make a case what it was after a row; none where it is so already."""
    entries = tuple(rows)
    then, now = objects_at(entries, seq), objects_at(entries, entries[-1].seq if entries else 0)
    words = next((row.words for row in entries if row.seq == seq), "")
    changed = [one.key for one in differences(now, then) if one.key.kind is not ObjectKind.CASE or one.key in then]
    told = f"Return to row {seq}: {words}"
    states: dict[tuple[ObjectKind, str], dict[str, State | None]] = {}
    for key in changed:
        states.setdefault((key.kind, key.owner), {})[key.id] = then.get(key)
    return tuple(RestoreObjects(case_id, told, *owner, objects) for owner, objects in states.items())


def summary(found: Iterable[Difference]) -> str:
    """As in "2 annotations added, 1 clinical value changed"."""
    counts = Counter((one.noun, one.what) for one in found)
    parts = [f"{count} {noun}{_plural(noun, count)} {what}" for (noun, what), count in counts.items()]
    return ", ".join(parts) or "nothing differs"


def _fold(objects: dict[Key, State], row: Entry) -> None:
    for object_id, state in row.states_after().items():
        key = Key(row.kind, row.owner, object_id)
        if state is None:
            objects.pop(key, None)
        else:
            objects[key] = state


def _difference(key: Key, before: State | None, after: State | None) -> Difference | None:
    if before == after:
        return None
    what = "added" if before is None else "removed" if after is None else "changed"
    return Difference(key, what, _name(key, after or before or {}))


def _name(key: Key, state: State) -> str:
    body = state.get("body", {})
    return str(body.get("name") or body.get("pseudonym") or body.get("note") or body.get("group") or key.id)


def _plural(noun: str, count: int) -> str:
    return "" if count == 1 or noun.endswith("s") else "s"
