"""Whatever is changed behind the journal's back is found and named."""

from __future__ import annotations

import json
import random
from pathlib import Path

import apsw
import pytest

from lnm_desktop.errors import StoreError
from lnm_desktop.store.projection import projected_tables
from lnm_desktop.store.records import AuditReport
from lnm_desktop.store.workspace import FILE_NAME, Workspace
from tests.unit.store.builders import a_busy_workspace, tamper


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    a_busy_workspace(tmp_path / "ws")
    return tmp_path / "ws"


def verified(folder: Path) -> AuditReport:
    workspace = Workspace.open(folder, create=False, read_only=True)
    try:
        return workspace.verify()
    finally:
        workspace.close()


def test_an_untouched_workspace_is_in_order(folder: Path) -> None:
    report = verified(folder)
    assert (report.ok, report.rows, report.head_seq, report.problem) == (True, 10, 10, "")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET user = 'x' WHERE seq = 4",
        "DELETE FROM journal WHERE seq = 4",
        "DELETE FROM journal",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 4",
    ],
)
def test_triggers_reject_changes_of_the_journal(folder: Path, statement: str) -> None:
    connection = apsw.Connection(str(folder / FILE_NAME))
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        connection.execute(statement)
    connection.close()
    assert verified(folder).ok


@pytest.mark.parametrize(
    "column", ["case_id", "image_id", "op", "object", "words", "before", "after", "user", "utc", "prev_hash", "hash"]
)
def test_an_altered_column_is_found(folder: Path, column: str) -> None:
    tamper(folder, f"UPDATE journal SET {column} = {column} || ' ' WHERE seq = 4")
    assert (verified(folder).ok, verified(folder).first_bad_seq) == (False, 4)


def test_an_altered_answer_is_found(folder: Path) -> None:
    tamper(folder, "UPDATE journal SET answers = 3 WHERE seq = 7")
    assert verified(folder).first_bad_seq == 7


def test_a_deleted_row_is_named(folder: Path) -> None:
    tamper(folder, "DELETE FROM journal WHERE seq = 5")
    report = verified(folder)
    assert (report.first_bad_seq, report.problem) == (5, "journal row 5 is missing")


def test_a_cut_tail_is_named(folder: Path) -> None:
    tamper(folder, "DELETE FROM journal WHERE seq > 7")
    report = verified(folder)
    assert (report.ok, report.first_bad_seq) == (False, 8)
    with pytest.raises(StoreError, match="does not end where it should"):
        Workspace.open(folder)


def test_a_row_forged_with_its_own_hash_breaks_the_chain(folder: Path) -> None:
    workspace = Workspace.open(folder, read_only=True)
    entry = next(row for row in workspace.entries("case-1") if row.seq == 4)
    workspace.close()
    forged = json.loads(json.dumps(entry.after).replace("changed", "forged!"))
    connection = apsw.Connection(str(folder / FILE_NAME))
    connection.create_scalar_function("rehash", lambda after: _hash_with(entry, after), 1)
    connection.execute("DROP TRIGGER journal_keeps_values")
    connection.execute("UPDATE journal SET after = ?1, hash = rehash(?1) WHERE seq = 4", (forged,))
    connection.close()
    assert verified(folder).first_bad_seq == 5


def _hash_with(entry: object, after: str) -> str:
    from dataclasses import replace

    return replace(entry, after=after).computed_hash()  # type: ignore[type-var]


def test_a_moved_anchor_is_found(folder: Path) -> None:
    tamper(folder, "UPDATE meta SET head_seq = 9")
    assert not verified(folder).ok


def test_another_time_in_the_anchor_is_found(folder: Path) -> None:
    tamper(folder, "UPDATE meta SET head_utc = '2020-01-01T00:00:00.000+00:00'")
    assert "anchor" in verified(folder).problem


def test_a_missing_anchor_is_found(folder: Path) -> None:
    tamper(folder, "DELETE FROM meta")
    assert "anchor is gone" in verified(folder).problem


def test_a_missing_trigger_is_found(folder: Path) -> None:
    connection = apsw.Connection(str(folder / FILE_NAME))
    connection.execute("DROP TRIGGER journal_keeps_rows")
    connection.close()
    assert "journal_keeps_rows" in verified(folder).problem


@pytest.mark.parametrize("table", ["annotations", "clinical_values", "edits", "images", "cases"])
def test_a_table_that_differs_from_the_journal_is_named(folder: Path, table: str) -> None:
    tamper(folder, f"DELETE FROM {table}")
    report = verified(folder)
    assert not report.ok
    assert table in report.problem


def test_rebuilding_mends_altered_tables(folder: Path) -> None:
    before = contents(folder)
    tamper(folder, "DELETE FROM annotations", "UPDATE edits SET undone_by = 99")
    assert contents(folder) != before
    workspace = Workspace.open(folder)
    workspace.rebuild()
    workspace.close()
    assert contents(folder) == before
    assert verified(folder).ok


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = apsw.Connection(str(folder / FILE_NAME))
    found = {name: list(connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2")) for name in projected_tables()}
    connection.close()
    return found


def test_flipped_bits_never_change_content_unnoticed(folder: Path) -> None:
    file = folder / FILE_NAME
    whole, intact = file.read_bytes(), everything(folder)
    chance = random.Random(4)
    used = [place for place, byte in enumerate(whole) if byte]
    noticed = 0
    for _ in range(120):
        flipped = bytearray(whole)
        flipped[chance.choice(used)] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        changed = everything(folder) != intact
        seen = is_noticed(folder)
        assert seen or not changed
        noticed += seen
    assert noticed > 50


def everything(folder: Path) -> object:
    """All content, or the error that reading it gives."""
    connection = apsw.Connection(str(folder / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names = (*projected_tables(), "journal", "meta")
        return {name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for name in names}
    except (apsw.Error, UnicodeDecodeError) as error:
        return repr(error)
    finally:
        connection.close()


def is_noticed(folder: Path) -> bool:
    try:
        return not verified(folder).ok
    except StoreError:
        return True
