"""Moved and renamed files are found again by what they hold, others are not taken for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lnm_desktop.app.relink import find_moved, lost_images
from lnm_desktop.app.session import Session
from lnm_desktop.cli.main import lnm
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.imaging.fingerprint import quick_fingerprint


@pytest.fixture
def session(tmp_path: Path):
    """A case with three files, the last one added before files had fingerprints."""
    with Session.open(tmp_path / "ws", author="tester") as opened:
        case = opened.add_case("P-1")
        for name in ("a.svs", "b.svs", "old.svs"):
            path = tmp_path / name
            path.write_bytes(name.encode() * 50_000)
            known = "" if name == "old.svs" else quick_fingerprint(path)
            opened.add_image(case.id, str(path), ImageKind.SLIDE, path.stem, known)
        yield opened


def test_what_was_moved_and_renamed_is_found_and_noted(session: Session, tmp_path: Path) -> None:
    new = tmp_path / "archive" / "2026"
    new.mkdir(parents=True)
    (tmp_path / "a.svs").rename(new / "renamed.svs")
    (tmp_path / "b.svs").rename(new / "a.svs")
    (new / "other.svs").write_bytes(b"something else")
    (new / "notes.txt").write_text("no image")
    assert [image.label for image in lost_images(session)] == ["a", "b"]
    result = find_moved(session, tmp_path / "archive")
    assert {image.label: Path(image.path).name for image in result.found} == {"a": "renamed.svs", "b": "a.svs"}
    assert (result.missing, lost_images(session)) == ((), [])
    rows = [entry.words for entry in session.history(session.cases()[0].id)]
    assert sorted(rows[-2:]) == ["Find the file of a", "Find the file of b"]


def test_another_file_of_the_same_name_is_not_taken(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.svs").unlink()
    (tmp_path / "old.svs").unlink()
    new = tmp_path / "new"
    new.mkdir()
    for name in ("a.svs", "old.svs"):
        (new / name).write_bytes(b"changed")
    result = find_moved(session, new)
    assert result.found == ()
    assert [image.label for image in result.missing] == ["a", "old"]


def test_on_the_command_line(session: Session, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (tmp_path / "a.svs").rename(new / "x.svs")
    session.close()
    done = CliRunner().invoke(lnm, ["workspace", "relink", str(new), "--workspace", str(tmp_path / "ws")])
    assert done.exit_code == 0, done.output
    assert "found: a" in done.output and "1 found, 0 missing; 1 files looked at." in done.output
