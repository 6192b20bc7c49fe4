"""`lnm stage` measures what is outlined, refuses what it cannot know, and tells why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lnm_desktop.cli.main import main
from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.formats.annotations import save_annotations


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["lnm", "stage", *map(str, arguments)])
    return main()


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def outlines(path: Path, group: str, *sides_px: float) -> Path:
    """Squares of these sides, all in one group."""
    shapes = [new_annotation(rectangle(Region(0, 0, side, side)), group) for side in sides_px]
    save_annotations(path, AnnotationSet(tuple(shapes), (AnnotationGroup(group),)))
    return path


def test_nodes_and_the_patient(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        outlines(tmp_path / "node_a.xml", "metastases", 2000, 100),
        outlines(tmp_path / "node_b.geojson", "Tumor", 6000),
        outlines(tmp_path / "node_c.xml", "metastases"),
    ]
    assert run(monkeypatch, *files, "--mpp", 0.25, "--json") == 0
    found = answer(capsys)
    assert found["pN"] == "pN1"
    assert found["reason"] == "2 positive nodes: macrometastasis in node_b, micrometastasis in node_a"
    assert [(node["node"], node["class"]) for node in found["nodes"]] == [
        ("node_a", "micro"),
        ("node_b", "macro"),
        ("node_c", "negative"),
    ]
    assert [lesion["class"] for lesion in found["nodes"][0]["lesions"]] == ["micro", "itc"]
    assert found["nodes"][0]["lesions"][0]["longest_mm"] == pytest.approx(2000 * 2**0.5 * 0.25 / 1000)
    assert "Research use only" in found["use"]


def test_words_for_a_person(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = outlines(tmp_path / "patient_010_node_4.xml", "metastases", 600)
    assert run(monkeypatch, file, "--mpp", 0.25) == 0
    out = capsys.readouterr().out
    assert "pN1mi: micrometastasis in patient_010_node_4; no macrometastasis" in out
    assert "CAMELYON17 has not outlined every group of isolated tumour cells." in out
    assert "Research use only" in out


@pytest.mark.parametrize("size", [(), ("--mpp", "0"), ("--mpp", "nan"), ("--mpp", "0.25", "--mpp-y", "-1")])
def test_without_a_pixel_size_it_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], size: tuple[str, ...]
) -> None:
    file = outlines(tmp_path / "a.xml", "metastases", 600)
    assert run(monkeypatch, file, *size, "--json") == 15
    assert "0.243" in answer(capsys)["hint"] or not size


def test_a_file_whose_groups_are_not_known_is_no_negative_node(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = outlines(tmp_path / "a.xml", "Läsion", 600)
    assert run(monkeypatch, file, "--mpp", 0.25, "--json") == 20
    assert answer(capsys)["message"] == "a.xml has no group that is known to hold metastases, but: Läsion"
    assert run(monkeypatch, file, "--mpp", 0.25, "--group", "Läsion", "--json") == 0
    assert answer(capsys)["pN"] == "pN1mi"


def test_points_and_lines_are_not_measured_and_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = new_annotation(Geometry(Shape.MEASUREMENT, (Point(0, 0), Point(90_000, 0))), "metastases")
    save_annotations(tmp_path / "a.xml", AnnotationSet((line,), (AnnotationGroup("metastases"),)))
    assert run(monkeypatch, tmp_path / "a.xml", "--mpp", 0.25, "--json") == 0
    (node,) = answer(capsys)["nodes"]
    assert node["class"] == "negative"
    assert node["notes"][-1] == "Not measured among the lesions: 1 mark without an area."


def test_a_group_is_cut_out_of_lesions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = [
        new_annotation(rectangle(Region(0, 0, side, 1000)), name) for side, name in ((1000, "_0"), (400, "fat"))
    ]
    groups = (AnnotationGroup("_0"), AnnotationGroup("fat"))
    save_annotations(tmp_path / "a.xml", AnnotationSet(tuple(shapes), groups))
    assert run(monkeypatch, tmp_path / "a.xml", "--mpp", 1, "--cut-out", "fat", "--json") == 0
    found = answer(capsys)
    assert found["nodes"][0]["lesions"][0]["area_mm2"] == pytest.approx(0.6)
    assert found["groups"] == {"_0": "lesion", "fat": "cut out of lesions"}


def test_two_nodes_of_one_name_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [outlines(tmp_path / name, "metastases", 600) for name in ("a.xml", "a.geojson")]
    assert run(monkeypatch, *files, "--mpp", 0.25, "--json") == 20
    assert answer(capsys)["message"] == "two files are named a"


def test_contours_of_camelyon(
    monkeypatch: pytest.MonkeyPatch, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted((shared_data / "camelyon" / "polygons").glob("*.json"))
    assert run(monkeypatch, *files, "--mpp", 0.243, "--json") == 0
    found = answer(capsys)
    assert len(found["nodes"]) == len(files) >= 28
    assert all(node["lesions"] for node in found["nodes"])
    assert found["pN"] == "pN3"
