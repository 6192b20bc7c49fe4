"""Small workspaces and edits to test with."""

from __future__ import annotations

from pathlib import Path

import apsw

from lnm_desktop.store.journal import Body, Edit, Entry, Op
from lnm_desktop.store.schema import ObjectKind
from lnm_desktop.store.workspace import FILE_NAME, Workspace

CASE = "case-1"
IMAGE = "image-1"
USER = "tester"


def a_workspace(folder: Path) -> Workspace:
    """An open workspace with one case and one image (two journal rows)."""
    workspace = Workspace.open(folder)
    case: dict[str, Body | None] = {CASE: {"pseudonym": "P-1", "created": "", "synthetic": True}}
    workspace.append(Edit(ObjectKind.CASE, Op.ADD, "Add case", case, case_id=CASE), USER)
    image: dict[str, Body | None] = {IMAGE: {"kind": "slide", "path": "synthetic.tif", "label": "S"}}
    workspace.append(Edit(ObjectKind.IMAGE, Op.ADD, "Add slide", image, case_id=CASE, image_id=IMAGE), USER)
    return workspace


def an_edit(op: Op, **after: Body | None) -> Edit:
    """An edit of annotations; the bodies are not read by the store."""
    return Edit(ObjectKind.ANNOTATION, op, f"{op.value} {', '.join(after)}", after, image_id=IMAGE)


def a_value(field_id: str, value: float | None) -> Edit:
    """An edit of a clinical value."""
    after = {field_id: None if value is None else {"value": value}}
    return Edit(ObjectKind.CLINICAL, Op.SET, f"Set {field_id}", after, case_id=CASE)


def add(workspace: Workspace, *names: str) -> Entry:
    """Add annotations by name."""
    entry = workspace.append(an_edit(Op.ADD, **{name: {"text": name} for name in names}), USER)
    assert entry is not None
    return entry


def a_busy_workspace(folder: Path) -> None:
    """A closed workspace whose ten journal rows hold every kind of op."""
    workspace = a_workspace(folder)
    add(workspace, "a", "b", "c")
    workspace.append(an_edit(Op.REPLACE, b={"text": "changed"}), USER)
    workspace.append(an_edit(Op.REMOVE, a=None), USER)
    workspace.append(a_value("age", 54.0), USER)
    workspace.undo(CASE, USER)
    workspace.redo(CASE, USER)
    add(workspace, "d")
    workspace.undo(CASE, USER)
    workspace.close()


def tamper(folder: Path, *statements: str) -> None:
    """Change a closed workspace behind its back: triggers and foreign keys out of the way."""
    connection = apsw.Connection(str(folder / FILE_NAME))
    for trigger in [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]:
        sql = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (trigger,)).get
        statements = (f"DROP TRIGGER {trigger}", *statements, sql)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def names(workspace: Workspace) -> list[str]:
    """The annotations in order."""
    return list(workspace.states(ObjectKind.ANNOTATION, IMAGE))
