"""What differs between two runs is said in words that name it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lnm_desktop.app.run_differences import NUMBERS, fact_differences, run_differences
from lnm_desktop.domain.geometry import Point, Region, Size
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import HeatmapGrid, Prediction, Provenance, RankedRegion, Score
from lnm_desktop.formats.prediction_bundle import Bundle

GRID = HeatmapGrid("tumor", "Tumour", 2, 2, Point(0, 0), Size(10, 10))
FACTS: dict[str, Any] = {
    "image_fingerprint": "a" * 64,
    "weights_sha256": "b" * 64,
    "options": {"stride_px": 32},
    "libraries": {"torch": "2.13.0", "numpy": "2.3"},
    "threads": 1,
}


def a_bundle(values: list[list[float]], score: float = 0.5, **facts: Any) -> Bundle:
    prediction = Prediction(
        RunId("r"),
        "m",
        "1",
        (Score("peak", "Peak", score),),
        (GRID,),
        provenance=Provenance({**FACTS, **facts}, {"started_utc": "2026-01-01T00:00:00+00:00"}),
    )
    return Bundle(prediction, {"tumor": np.array(values, np.float32)})


def told(one: Bundle, two: Bundle) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in run_differences(one, two):
        found.setdefault(item.what, []).append(item.words)
    return found


def test_the_same_run_differs_in_nothing() -> None:
    values = [[0.25, np.nan], [0.5, 1.0]]
    assert told(a_bundle(values), a_bundle(values)) == {}


def test_each_changed_fact_is_named_with_both_values() -> None:
    values = [[0.25, np.nan], [0.5, 1.0]]
    libraries = {"torch": "2.14.0", "numpy": "2.3"}
    other = a_bundle(
        values, weights_sha256="c" * 64, image_fingerprint="d" * 64, libraries=libraries, options={"stride_px": 96}
    )
    assert told(a_bundle(values), other) == {
        "slide": [f"The slide is another file: was {'a' * 12}, is {'d' * 12}"],
        "weights": [f"The weights are other ones: was {'b' * 12}, is {'c' * 12}"],
        "options": ["The options: stride_px: was 32, is 96"],
        "library": ["torch: was 2.13.0, is 2.14.0"],
    }


def test_a_fact_that_one_run_does_not_have_is_told() -> None:
    (found,) = fact_differences({}, {"resampling": "box"})
    assert found.words == "Resampling: was not recorded, is box"


def test_numbers_are_told_with_the_largest_difference() -> None:
    one, two = a_bundle([[0.25, np.nan], [0.5, 1.0]]), a_bundle([[0.25, 0.5], [0.75, 1.0]], score=0.75)
    found = [item for item in run_differences(one, two) if item.what == NUMBERS]
    assert [item.largest for item in found] == [0.25, 0.25]
    assert found[0].words == "The score Peak: was 0.5, is 0.75 (difference 0.25)"
    assert found[1].words == (
        "The map tumor: 2 of 4 cells differ, by at most 0.25; 1 examined in one of the runs only"
    )


def test_another_grid_and_other_regions_are_told() -> None:
    one = a_bundle([[0.25, 0.5], [0.5, 1.0]])
    grid = replace(GRID, columns=1, rows=1)
    region = RankedRegion(Region(0, 0, 1, 1), 0.5)
    two = Bundle(
        replace(one.prediction, heatmaps=(grid,), regions=(region,)), {"tumor": np.zeros((1, 1), np.float32)}
    )
    assert told(one, two)[NUMBERS] == [
        "The maps' cells lie elsewhere",
        "The ranked regions differ: 0 then, 1 now",
        "The map tumor has another number of cells: 2 × 2 then, 1 × 1 now",
    ]
