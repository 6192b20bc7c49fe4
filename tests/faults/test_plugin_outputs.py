"""Results of a plugin that break a rule are refused by its name (row P07).

`test_plugin_crashes.py` tries that every run is held against the rules, and what a classifier may say of tiles.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, Size, rectangle
from lnm_desktop.domain.prediction import FoundObject, HeatmapGrid, RankedRegion, Score
from lnm_desktop.errors import InferenceError
from lnm_desktop.plugin.model import ModelOutput
from lnm_desktop.plugin.output_check import MOST_CELLS, MOST_OBJECTS, MOST_REGIONS, check_output

MANY = 10_000_000
IMAGE = Region(0, 0, 1000, 800)
CELL = rectangle(Region(10, 10, 20, 20))
GRID = HeatmapGrid("dark", "Dark", 3, 2, Point(0, 0), Size(10, 10))
SOUND = ModelOutput(
    scores=(Score("s", "S", 0.5),),
    grids=(GRID,),
    maps={"dark": np.full((2, 3), np.nan, np.float32)},
    regions=(RankedRegion(Region(990, 0, 40, 10), 0.5),),
    objects=(FoundObject(CELL, "cell", 1.0),),
    warnings=("a note",),
    features={"f": np.zeros(3, np.float32)},
)


def found(geometry: Geometry, score: float = 0.5) -> dict[str, Any]:
    return {"objects": (FoundObject(geometry, "cell", score),)}


def mapped(values: Any) -> dict[str, Any]:
    return {"maps": {"dark": values}}


def ranked(region: Region, score: Any = 0.5) -> dict[str, Any]:
    return {"regions": (RankedRegion(region, score),)}


def long_outline() -> Geometry:
    points = tuple(Point(1 + number % 7, 1 + number % 5) for number in range(1000))
    return Geometry(Shape.POLYGON, points)


BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("ten million regions", "output-count", {"regions": SOUND.regions * MANY}),
    ("ten million objects", "output-count", {"objects": SOUND.objects * MANY}),
    ("ten million vertices", "output-count", {"objects": (FoundObject(long_outline(), "cell", 0.5),) * 10_000}),
    ("ten million scores", "output-count", {"scores": SOUND.scores * MANY}),
    ("ten million notes", "output-count", {"warnings": SOUND.warnings * MANY}),
    ("regions in a list", "output-type", {"regions": list(SOUND.regions)}),
    ("no regions", "output-type", {"regions": None}),
    ("an endless generator", "output-type", {"objects": iter(int, 1)}),
    ("another region", "output-type", {"regions": (Region(0, 0, 1, 1),)}),
    ("another object", "output-type", {"objects": (CELL,)}),
    ("a score of text", "output-type", {"scores": (Score("s", "S", "high"),)}),  # type: ignore[arg-type]
    ("a rank of text", "output-type", ranked(Region(0, 0, 1, 1), "high")),
    ("a note of bytes", "output-type", {"warnings": (b"note",)}),
    ("a map in a list", "output-type", mapped([[0.0] * 3] * 2)),
    ("a map of integers", "output-shape", mapped(np.zeros((2, 3), np.int64))),
    ("a map of doubles", "output-shape", mapped(np.zeros((2, 3)))),
    ("a map of another shape", "output-shape", mapped(np.zeros((3, 2), np.float32))),
    ("a map without a grid", "output-shape", {"grids": ()}),
    ("a grid without a map", "output-shape", {"maps": {}}),
    ("an infinite map", "output-finite", mapped(np.full((2, 3), np.inf, np.float32))),
    ("a score that is no number", "output-finite", {"scores": (Score("s", "S", math.nan),)}),
    ("a rank that is no number", "output-finite", ranked(Region(0, 0, 1, 1), math.nan)),
    ("a region at no place", "output-finite", ranked(Region(math.nan, 0, 1, 1))),
    ("a feature that is no number", "output-finite", {"features": {"f": np.array([np.nan])}}),
    ("a feature of objects", "output-type", {"features": {"f": np.array([None, "x"])}}),
    ("an object above one", "output-range", found(CELL, 1.5)),
    ("an object of no score", "output-range", found(CELL, math.nan)),
    ("an object beside the image", "output-outside", found(rectangle(Region(990, 0, 20, 20)))),
    ("an object before the image", "output-outside", found(rectangle(Region(-5, 0, 20, 20)))),
    ("a region beside the image", "output-outside", ranked(Region(1001, 0, 10, 10))),
]


@pytest.mark.parametrize(("rule", "change"), [pytest.param(*one[1:], id=one[0]) for one in BROKEN])
def test_p07_a_result_of_a_plugin_is_refused_by_the_name_of_the_rule(rule: str, change: dict[str, Any]) -> None:
    with pytest.raises(InferenceError) as caught:
        check_output(replace(SOUND, **change), IMAGE)
    assert caught.value.facts["rule"] == rule
    assert f"refused ({rule})" in caught.value.message


def test_p07_a_map_of_a_plugin_with_too_many_cells_is_refused_before_it_is_looked_at() -> None:
    values = np.broadcast_to(np.float32(0.5), (20_000, MOST_CELLS // 20_000 + 1))
    rows, columns = values.shape
    output = replace(SOUND, grids=(replace(GRID, rows=rows, columns=columns),), maps={"dark": values})
    with pytest.raises(InferenceError) as caught:
        check_output(output, IMAGE)
    assert caught.value.facts["rule"] == "output-count"


def test_p07_a_plugin_without_an_image_finds_nothing_in_it() -> None:
    with pytest.raises(InferenceError, match="output-outside"):
        check_output(SOUND, None)
    check_output(replace(SOUND, regions=(), objects=()), None)


def test_p07_the_most_that_a_plugin_may_give_is_taken() -> None:
    check_output(SOUND, IMAGE)
    check_output(replace(SOUND, regions=SOUND.regions * MOST_REGIONS, objects=SOUND.objects * MOST_OBJECTS), IMAGE)
