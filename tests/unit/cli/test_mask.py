"""`lnm mask` writes labels and reads them back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lnm_desktop.cli.main import main
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Region, rectangle
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from tests.fakes.slides import a_picture
from tests.unit.formats.annotation_builders import an_annotation


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    monkeypatch.setattr("sys.argv", ["lnm", "mask", *map(str, arguments), "--json"])
    assert main() == 0
    return json.loads(capsys.readouterr().out)


def test_out_and_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slide, drawn, mask = a_picture(tmp_path / "slide.png"), tmp_path / "a.geojson", tmp_path / "mask.png"
    box = rectangle(Region(20, 10, 40, 30))
    save_annotations(drawn, AnnotationSet((an_annotation(geometry=box, group="Tumor"),)))
    told = run(monkeypatch, capsys, "export", slide, "--annotations", drawn, "--out", mask, "--downsample", 2)
    assert told["labels"] == {"1": "Tumor"}
    assert run(monkeypatch, capsys, "import", mask, "--slide", slide, "--to", tmp_path / "b.xml")["annotations"] == 1
    (back,) = load_annotations(tmp_path / "b.xml").annotations
    assert (back.group, back.geometry.bounds) == ("Tumor", box.bounds)
