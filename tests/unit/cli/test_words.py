"""What a person reads on the command line: names are shown as they are, and nothing is left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.cli.output import print_error, print_table
from lnm_desktop.cli.predict import _regions, print_prediction
from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import Prediction, Score
from lnm_desktop.errors import FormatError, LnmError
from lnm_desktop.formats.annotations import save_annotations

NASTY = "slide [old] [/x] [bold]"


def test_brackets_in_what_a_model_says_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    score = Score("one", f"label {NASTY}", 0.5, f"unit {NASTY}", f"meaning {NASTY}")
    print_prediction(Prediction(RunId("r"), "m", "1", scores=(score,), warnings=(f"note {NASTY}",)), Path("out [/y]"))
    words = capsys.readouterr().out
    assert f"note {NASTY}" in words
    assert "out [/y]" in words


def test_brackets_in_tables_and_errors_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("t [/x]", ("column",), [("[old]",)])
    print_error(LnmError(f"failed: {NASTY}", hint="try [/z]"), as_json=False)
    seen = capsys.readouterr()
    assert "t [/x]" in seen.out and "[old]" in seen.out
    assert f"failed: {NASTY}" in seen.err and "try [/z]" in seen.err


def test_what_is_no_region_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    area = rectangle(Region(0, 0, 10, 10))
    groups = ("tumour", "Exclusion", "_2", "normal")
    drawn = [new_annotation(area, group) for group in groups]
    dot = new_annotation(Geometry(Shape.DOT, (Point(1, 1),)))
    file = tmp_path / "some [old].xml"
    save_annotations(file, AnnotationSet((*drawn, dot)))
    assert [geometry.bounds for geometry in _regions(file)] == [area.bounds]
    assert "some [old].xml: 4 annotations are no regions (3 of a group" in capsys.readouterr().err


def test_a_file_of_exclusions_alone_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "exclusions.xml"
    save_annotations(file, AnnotationSet((new_annotation(rectangle(Region(0, 0, 10, 10)), "Exclusion"),)))
    with pytest.raises(FormatError, match="no area"):
        _regions(file)
