"""One command, one journal row, one transaction: the row is made from the tables as they are at that moment."""

from __future__ import annotations

from dataclasses import replace

import apsw

from lnm_desktop.errors import StoreError
from lnm_desktop.store import projection
from lnm_desktop.store.journal import Edit, Entry, Op, State, States, append, canonical, entry, utc_now
from lnm_desktop.store.schema import ObjectKind


def commit_edit(connection: apsw.Connection, edit: Edit, user: str) -> Entry | None:
    """Journal an edit and apply it; None when it changes nothing. Only the objects it names are looked at."""
    case_id = edit.case_id or _case_of(connection, edit.image_id)
    asked = _row(edit, case_id, user)
    before = {key: projection.state(connection, edit.kind, asked.owner, key) for key in edit.after}
    _check(edit, before)
    after = _placed(connection, edit, asked.owner, before)
    if before == after:
        return None
    return _commit(connection, asked, before, after)


def commit_undo(connection: apsw.Connection, case_id: str, user: str) -> Entry | None:
    """Journal a row that takes back the last standing edit of a case."""
    seq = projection.next_undo(connection, case_id)
    if seq is None:
        return None
    edit = entry(connection, seq)
    row = _answer(edit, Op.UNDO, user)
    return _answered(connection, row, edit.states_after(), edit.states_before())


def commit_redo(connection: apsw.Connection, case_id: str, user: str) -> Entry | None:
    """Journal a row that repeats the edit undone last."""
    seq = projection.next_redo(connection, case_id)
    if seq is None:
        return None
    edit = entry(connection, seq)
    row = _answer(edit, Op.REDO, user)
    return _answered(connection, row, edit.states_before(), edit.states_after())


def _row(edit: Edit, case_id: str, user: str) -> Entry:
    """A row without its place in the chain."""
    return Entry(
        seq=0, case_id=case_id, image_id=edit.image_id, object=edit.kind.value, op=edit.op.value, answers=None,
        words=_storable(edit.words), before="", after="", user=_storable(user), utc=utc_now(), prev_hash="",
    )  # fmt: skip


def _answer(edit: Entry, op: Op, user: str) -> Entry:
    """A row that names the edit it answers."""
    return Entry(
        seq=0, case_id=edit.case_id, image_id=edit.image_id, object=edit.object, op=op.value, answers=edit.seq,
        words=f"{op.value.capitalize()}: {edit.words}", before="", after="", user=_storable(user), utc=utc_now(),
        prev_hash="",
    )  # fmt: skip


def _answered(connection: apsw.Connection, row: Entry, expected: States, after: States) -> Entry:
    before = {key: projection.state(connection, row.kind, row.owner, key) for key in expected}
    if before != expected:
        hint = "Verify the workspace: `lnm audit verify`."
        raise StoreError(f"the tables do not hold what journal row {row.answers} says", hint=hint)
    return _commit(connection, row, before, after)


def _commit(connection: apsw.Connection, row: Entry, before: States, after: States) -> Entry:
    chained = append(connection, replace(row, before=canonical(before), after=canonical(after)))
    projection.apply(connection, chained)
    return chained


def _check(edit: Edit, before: States) -> None:
    there = [key for key, state in before.items() if state is not None]
    if edit.op is Op.ADD and there:
        raise StoreError(f"{edit.words}: {len(there)} of these are there already", hint="Give them fresh ids.")
    if edit.op in (Op.REPLACE, Op.REMOVE) and len(there) < len(before):
        raise StoreError(f"{edit.words}: it is no longer there", hint="Read the image's annotations again.")


def _placed(connection: apsw.Connection, edit: Edit, owner: str, before: States) -> States:
    """The new states: what is there keeps its place, what is new goes last."""
    place = projection.next_place(connection, edit.kind, owner)
    after: States = {}
    for key, body in edit.after.items():
        known = before[key]
        if body is None:
            after[key] = None
        elif known is not None or key in edit.places:
            after[key] = State(place=known["place"] if known else edit.places[key], body=body)
        else:
            after[key] = State(place=place, body=body)
            place += 1
    return after


def _case_of(connection: apsw.Connection, image_id: str | None) -> str:
    found = projection.find(connection, ObjectKind.IMAGE, image_id or "")
    if found is None:
        raise StoreError("that image is not in this workspace", hint="Add it to a case first.")
    return found[0]


def _storable(text: str) -> str:
    """File names may hold bytes that are not text; words about them need not."""
    return text.encode("utf-8", "replace").decode("utf-8")
