"""`lnm workspace copy`."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from lnm_desktop.app.session import Session
from lnm_desktop.cli.main import lnm


def test_a_workspace_is_copied(tmp_path: Path) -> None:
    with Session.open(tmp_path / "ws", author="tester") as session:
        session.add_case("P-1")
    done = CliRunner().invoke(lnm, ["workspace", "copy", str(tmp_path / "ws"), str(tmp_path / "copy"), "--json"])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["rows"], facts["runs"], facts["folder"]) == (1, 0, "copy")
    with Session.open(tmp_path / "copy", author="tester", create=False) as copied:
        assert [case.pseudonym for case in copied.cases()] == ["P-1"]
