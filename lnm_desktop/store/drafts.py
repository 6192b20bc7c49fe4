"""Shapes in the making: kept so that a crash costs no vertices, outside the journal since nobody meant them yet."""

from __future__ import annotations

import json

import apsw

from lnm_desktop.domain.geometry import Shape
from lnm_desktop.store.encoding import points_from, points_to
from lnm_desktop.store.journal import canonical
from lnm_desktop.store.records import Draft


def save(connection: apsw.Connection, image_id: str, draft: Draft) -> None:
    """Keep a draft, in place of the image's earlier one."""
    body = canonical({"shape": draft.shape.value, "points": points_to(draft.points)})
    connection.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?)", (image_id, body, draft.utc))


def load(connection: apsw.Connection, image_id: str) -> Draft | None:
    """The draft of an image, if any."""
    row = connection.execute("SELECT body, utc FROM drafts WHERE image_id = ?", (image_id,)).fetchone()
    if row is None:
        return None
    body = json.loads(row[0])
    return Draft(Shape(body["shape"]), points_from(body["points"]), row[1])


def clear(connection: apsw.Connection, image_id: str) -> None:
    """Forget the draft of an image."""
    connection.execute("DELETE FROM drafts WHERE image_id = ?", (image_id,))
