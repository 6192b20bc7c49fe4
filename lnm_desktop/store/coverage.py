"""What was looked at: kept so that a reading goes on after a break; no finding, so outside the journal."""

from __future__ import annotations

import json

import apsw

from lnm_desktop.domain.coverage import CoverageGrid
from lnm_desktop.domain.geometry import Size
from lnm_desktop.store.journal import canonical
from lnm_desktop.store.records import KeptCoverage


def save(connection: apsw.Connection, image_id: str, kept: KeptCoverage) -> None:
    """Keep it in place of what the same person had looked at before."""
    grid = kept.grid
    extents = {"size": [grid.size.width, grid.size.height], "columns": grid.columns, "rows": grid.rows}
    body = canonical(extents | {"fingerprint": kept.fingerprint})
    row = (image_id, kept.reader, body, kept.cells, kept.utc)
    connection.execute("INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?, ?)", row)


def load(connection: apsw.Connection, image_id: str, reader: str) -> KeptCoverage | None:
    """What a person has looked at on an image, if anything."""
    query = "SELECT body, cells, utc FROM coverage WHERE image_id = ? AND reader = ?"
    row = connection.execute(query, (image_id, reader)).fetchone()
    if row is None:
        return None
    body = json.loads(row[0])
    grid = CoverageGrid(Size(*body["size"]), body["columns"], body["rows"])
    return KeptCoverage(reader, body["fingerprint"], grid, row[1], row[2])
