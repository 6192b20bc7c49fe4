"""Sizes of metastases, classes of nodes, stages of patients."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.domain.camelyon import is_cut_out_group, is_tumor_group, outlined_in_part
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.domain.staging import (
    Metastasis,
    classify,
    longest_diameter,
    measure_lesion,
    node_class,
    patient_stage,
)

NEGATIVE, ITC, MICRO, MACRO = Metastasis


def a_disc(diameter_px: float) -> Geometry:
    turns = [2 * math.pi * step / 360 for step in range(360)]
    ring = tuple(Point(5000 + diameter_px / 2 * math.cos(t), 7000 + diameter_px / 2 * math.sin(t)) for t in turns)
    return Geometry(Shape.POLYGON, ring)


@pytest.mark.parametrize(
    ("longest_mm", "expected"),
    [(0.05, ITC), (0.2, ITC), (0.2001, MICRO), (2.0, MICRO), (2.0001, MACRO), (15.0, MACRO)],
)
def test_a_limit_belongs_to_the_smaller_class(longest_mm: float, expected: Metastasis) -> None:
    assert classify(longest_mm)[0] is expected


@pytest.mark.parametrize(("cells", "expected"), [(None, ITC), (200, ITC), (201, MICRO)])
def test_many_cells_make_a_small_lesion_a_micrometastasis(cells: int | None, expected: Metastasis) -> None:
    assert classify(0.15, cells)[0] is expected
    assert classify(2.5, cells)[0] is MACRO


@pytest.mark.parametrize(
    ("longest_mm", "doubtful"), [(0.195, True), (0.209, True), (0.25, False), (1.91, True), (2.2, False)]
)
def test_near_a_limit_it_is_to_be_measured_again(longest_mm: float, doubtful: bool) -> None:
    assert ("measure it again" in classify(longest_mm)[1]) is doubtful


def test_a_disc_is_as_long_as_its_diameter() -> None:
    calibration = Calibration(0.25, 0.25, CalibrationSource.FILE)
    lesion = measure_lesion([a_disc(1000)], calibration)
    assert lesion.longest_mm == pytest.approx(0.25)
    assert lesion.area_mm2 == pytest.approx(math.pi * 0.125**2, rel=1e-3)
    assert lesion.kind is MICRO
    assert math.dist(*((end.x, end.y) for end in lesion.ends)) == pytest.approx(1000)


def test_pixels_that_are_no_squares_are_measured_as_they_are() -> None:
    wide = rectangle(Region(0, 0, 1000, 10))
    lengths = [
        measure_lesion([wide], Calibration(x, y, CalibrationSource.USER)).longest_mm
        for x, y in ((0.5, 2.0), (2.0, 0.5))
    ]
    assert lengths == pytest.approx([math.hypot(0.5, 0.02), math.hypot(2.0, 0.005)])


def test_without_a_pixel_size_nothing_is_measured() -> None:
    with pytest.raises(ValueError, match="pixel size"):
        measure_lesion([a_disc(1000)], Calibration())


coordinates = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=40))
def test_no_two_points_are_farther_apart(places: list[tuple[float, float]]) -> None:
    points = tuple(Point(x, y) for x, y in places)
    found, ends = longest_diameter(points)
    longest = max(math.dist(a, b) for a in places for b in places)
    assert found == pytest.approx(longest)
    assert set(ends) <= set(points)


def test_a_long_outline_is_measured_by_its_hull() -> None:
    ring = tuple(
        Point(math.cos(step) * (1000 + step % 7), math.sin(step) * (1000 + step % 7)) for step in range(20_000)
    )
    assert longest_diameter(ring)[0] == pytest.approx(2012, abs=1)


def test_a_node_is_what_its_largest_lesion_is() -> None:
    assert node_class([]) is NEGATIVE
    assert node_class([ITC, MACRO, MICRO]) is MACRO
    assert node_class([ITC, MICRO]) is MICRO


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([NEGATIVE], "pN0"),
        ([NEGATIVE, ITC, ITC], "pN0(i+)"),
        ([ITC, MICRO], "pN1mi"),
        ([MICRO] * 5, "pN1mi"),
        ([MACRO], "pN1"),
        ([MACRO, MICRO, MICRO, ITC, ITC], "pN1"),
        ([MACRO, MICRO, MICRO, MICRO], "pN2"),
        ([MACRO] * 9, "pN2"),
        ([MACRO] * 10, "pN3"),
    ],
)
def test_stages_of_patients(kinds: list[Metastasis], expected: str) -> None:
    found = patient_stage([(f"node {number}", kind) for number, kind in enumerate(kinds)])
    assert found.stage == expected
    assert found.reason


def test_a_reason_names_the_nodes() -> None:
    stage = patient_stage([("a", MACRO), ("b", NEGATIVE), ("c", MICRO)])
    assert stage.reason == "2 positive nodes: macrometastasis in a, micrometastasis in c"


def test_a_stage_needs_a_node() -> None:
    with pytest.raises(ValueError, match="at least one node"):
        patient_stage([])


def test_the_stages_of_camelyon17_follow_from_its_nodes(shared_data: Path) -> None:
    """Every patient whose nodes are published: 100 patients, five nodes each."""
    with (shared_data / "camelyon" / "camelyon17_stage_labels.csv").open(newline="") as file:
        rows = [(row["patient"], row["stage"]) for row in csv.DictReader(file)]
    nodes: dict[str, list[tuple[str, Metastasis]]] = defaultdict(list)
    for name, stage in rows:
        if "_node_" in name:
            nodes[name.split("_node_")[0]].append((name, Metastasis(stage)))
    stages = {name.removesuffix(".zip"): stage for name, stage in rows if name.endswith(".zip")}
    assert len(stages) == len(nodes) >= 100
    assert {name: patient_stage(found).stage for name, found in nodes.items()} == stages


def test_groups_of_camelyon() -> None:
    assert all(map(is_tumor_group, ("metastases", "Tumor", "_0", "_1", " tumor ")))
    assert not any(map(is_tumor_group, ("_2", "normal", "Exclusion", "None", "")))
    assert all(map(is_cut_out_group, ("_2", "normal", "Exclusion")))
    assert not any(map(is_cut_out_group, ("_0", "_1", "metastases", "None", "")))


@pytest.mark.parametrize(
    ("stem", "word"),
    [
        ("tumor_010", "every lesion"),
        ("Tumor_110.tif", "every lesion"),
        ("test_114", "every lesion"),
        ("tumor_011", ""),
        ("tumor_100", ""),
        ("patient_010_node_4", "isolated"),
        ("anything", ""),
    ],
)
def test_slides_that_are_not_outlined_in_full_are_known(stem: str, word: str) -> None:
    assert word in outlined_in_part(stem)
    assert bool(outlined_in_part(stem)) is bool(word)
