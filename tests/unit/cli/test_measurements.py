"""`lnm measurements` on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lnm_desktop.app.export import export_annotations
from lnm_desktop.cli.main import lnm
from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Region, rectangle


@pytest.fixture
def file(tmp_path: Path) -> Path:
    drawn = AnnotationSet((new_annotation(rectangle(Region(0, 0, 30, 40)), name="=cmd"),))
    export_annotations(drawn, tmp_path / "node.geojson")
    return tmp_path / "node.geojson"


def test_in_micrometres(file: Path) -> None:
    done = CliRunner().invoke(lnm, ["measurements", str(file), "--mpp", "0.5", "--json"])
    (row,) = json.loads(done.stdout)["measurements"]
    assert (row["area_um2"], row["perimeter_um"], row["longest_diameter_um"]) == (300, 70, 25)


def test_as_a_file_that_no_spreadsheet_takes_for_a_formula(file: Path) -> None:
    done = CliRunner().invoke(lnm, ["measurements", str(file)])
    assert done.exit_code == 0, done.output
    with file.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as text:
        (row,) = csv.DictReader(text)
    assert (row["name"], row["area_px2"]) == ("'=cmd", "1200.0")
    assert "Research use only" in row["notice"]
