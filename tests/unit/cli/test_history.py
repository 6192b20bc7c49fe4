"""`lnm history` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from lnm_desktop.app.session import Session
from lnm_desktop.cli.main import lnm


def test_rows_of_all_cases_and_of_one(tmp_path: Path) -> None:
    with Session.open(tmp_path / "ws", author="tester") as session:
        session.add_case("P-1", synthetic=True)
        session.add_case("P-2", synthetic=True)
    done = CliRunner().invoke(lnm, ["history", str(tmp_path / "ws"), "--json"])
    rows = json.loads(done.stdout)["rows"]
    assert [(row["case"], row["user"]) for row in rows] == [("P-1", "tester"), ("P-2", "tester")]
    one = CliRunner().invoke(lnm, ["history", str(tmp_path / "ws"), "--case", "P-2"])
    assert "P-2" in one.stdout
    assert "P-1" not in one.stdout
    none = CliRunner().invoke(lnm, ["history", str(tmp_path / "ws"), "--case", "P-3"])
    assert none.exit_code != 0
