"""`lnm backup` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lnm_desktop.app.session import Session
from lnm_desktop.cli.main import lnm
from lnm_desktop.store.workspace import FILE_NAME


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    with Session.open(tmp_path / "ws", author="tester") as session:
        session.add_case("P-1", synthetic=True)
    return tmp_path / "ws"


def run(*arguments: str) -> dict:
    done = CliRunner().invoke(lnm, ["backup", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_made_listed_and_restored(workspace: Path) -> None:
    made = run("make", str(workspace))
    assert (made["ok"], made["cases"], made["rows"]) == (True, 1, 1)
    assert [one["name"] for one in run("list", str(workspace))["backups"]] == [made["name"]]
    (workspace / FILE_NAME).write_bytes(b"damaged")
    restored = run("restore", str(workspace))
    assert restored["restored"]["name"] == made["name"]
    assert (workspace / restored["replaced"] / FILE_NAME).read_bytes() == b"damaged"
    with Session.open(workspace, author="tester", create=False) as session:
        assert [case.pseudonym for case in session.cases()] == ["P-1"]


def test_what_is_not_there_is_said(workspace: Path) -> None:
    done = CliRunner().invoke(lnm, ["backup", "restore", str(workspace)])
    assert done.exit_code != 0
    assert "no sound backup" in str(done.exception) + done.output
