"""`lnm dicom` writes bulk annotations and reads them back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lnm_desktop.cli.main import main
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from tests.fakes.slides import a_picture
from tests.unit.formats.annotation_builders import a_polygon, an_annotation

SLIDE = Path("slides/dicom_wsi/CMU-1-Small-Region")


def test_out_and_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = an_annotation(geometry=a_polygon(500, 600), group="Tumor")
    save_annotations(tmp_path / "a.geojson", AnnotationSet((before,)))
    slide = ["--slide", str(shared_data / SLIDE), "--json"]
    out = ["export", str(tmp_path / "a.geojson"), "--to", str(tmp_path / "a.dcm")]
    back = ["import", str(tmp_path / "a.dcm"), "--to", str(tmp_path / "b.geojson")]
    for words in (out, back):
        monkeypatch.setattr("sys.argv", ["lnm", "dicom", *words, *slide])
        assert main() == 0
        assert json.loads(capsys.readouterr().out)["annotations"] == 1
    (found,) = load_annotations(tmp_path / "b.geojson").annotations
    assert (found.group, found.geometry) == (before.group, before.geometry)


def test_another_slide_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_annotations(tmp_path / "a.geojson", AnnotationSet((an_annotation(),)))
    words = ["--slide", str(a_picture(tmp_path / "slide.png")), "--to", str(tmp_path / "a.dcm")]
    monkeypatch.setattr("sys.argv", ["lnm", "dicom", "export", str(tmp_path / "a.geojson"), *words])
    assert main() != 0
    assert "is no DICOM slide" in capsys.readouterr().err
    assert not (tmp_path / "a.dcm").exists()
