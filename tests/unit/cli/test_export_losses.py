"""`lnm export` says what the format does not keep, on request before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lnm_desktop.cli.main import main
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.formats.annotations import save_annotations
from tests.unit.formats.annotation_builders import a_polygon, an_annotation


@pytest.mark.parametrize("dry", [True, False])
def test_losses_are_told_with_and_without_writing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], dry: bool
) -> None:
    source, target = tmp_path / "a.geojson", tmp_path / "a.xml"
    save_annotations(source, AnnotationSet((an_annotation(geometry=a_polygon(holes=1), comment="look"),)))
    options = ["--json", *(["--dry-run"] if dry else [])]
    monkeypatch.setattr("sys.argv", ["lnm", "export", str(source), "--to", str(target), *options])
    assert main() == 0
    told = json.loads(capsys.readouterr().out)
    assert "The comment of 1 annotation is not kept." in told["losses"]
    assert any("1 hole will stand as separate" in line for line in told["losses"])
    assert told["written"] is target.exists() is not dry
