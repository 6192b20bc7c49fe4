"""A map at a threshold as annotations: shape, group, origin, what is left out."""

from __future__ import annotations

import numpy as np
import pytest

from lnm_desktop.app.commands import EditAnnotations, SetGroups
from lnm_desktop.app.outline_map import outline_map
from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.ids import ImageId, RunId
from lnm_desktop.domain.prediction import HeatmapGrid, Prediction
from lnm_desktop.errors import LnmError
from lnm_desktop.formats import findings

RUN = Prediction(RunId("r" * 32), "m", "1.0")
GRID = HeatmapGrid("tumor", "Tumour", 5, 4, Point(100, 50), Size(10, 20))


def a_ring() -> np.ndarray:
    """A ring of high cells around a low one, and a lone cell that reaches the threshold exactly."""
    values = np.full((4, 5), np.nan, np.float32)
    values[0:3, 0:3] = 0.75
    values[1, 1] = 0.25
    values[3, 4] = 0.5
    return values


def test_parts_become_polygons_with_holes_the_highest_peak_first() -> None:
    ring, lone = outline_map(RUN, GRID, a_ring(), 0.5).annotations
    assert (ring.name, lone.name) == ("1: peak 0.750", "2: peak 0.500")
    assert ring.geometry.bounds.x == 100 and ring.geometry.bounds.height == 60
    assert len(ring.geometry.holes) == 1
    assert lone.geometry.area_px2 == 200
    assert {item.origin for item in (ring, lone)} == {f"model:{RUN.id}"}
    assert len(outline_map(RUN, GRID, a_ring(), 0.51).annotations) == 1


def test_the_group_is_declared_once_beside_those_that_are_there() -> None:
    found = outline_map(RUN, GRID, a_ring(), 0.5)
    assert found.group.name == "tumor ≥ 0.50 (m)"
    mine = AnnotationGroup("Tumor")
    groups, put = found.commands(ImageId("i"), AnnotationSet(), (mine,))
    assert isinstance(groups, SetGroups) and groups.groups == (mine, found.group)
    assert isinstance(put, EditAnnotations) and put.put == found.annotations and put.removed == ()
    (again,) = found.commands(ImageId("i"), AnnotationSet(), (mine, found.group))
    assert isinstance(again, EditAnnotations)


def test_what_is_there_already_and_what_reaches_nothing_is_refused() -> None:
    found = outline_map(RUN, GRID, a_ring(), 0.5)
    with pytest.raises(LnmError, match="already"):
        found.commands(ImageId("i"), AnnotationSet(found.annotations), (found.group,))
    with pytest.raises(LnmError, match=r"No cell of the map reaches 0\.90"):
        outline_map(RUN, GRID, a_ring(), 0.9)


def test_the_user_is_told_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outline_map(RUN, GRID, a_ring(), 0.5).note == ""
    for module in ("lnm_desktop.formats.findings", "lnm_desktop.app.outline_map"):
        monkeypatch.setattr(f"{module}.MOST_PARTS", 1)
    found = outline_map(RUN, GRID, a_ring(), 0.5)
    assert len(found.annotations) == findings.MOST_PARTS
    assert found.note == "Only the 1 areas with the highest peaks of 2."


def test_parts_that_touch_at_a_corner_alone_have_peaks_of_their_own() -> None:
    values = np.zeros((3, 4), np.float32)
    values[0, 0], values[1, 1] = 0.9, 0.4
    grid = HeatmapGrid("tumor", "Tumour probability", 4, 3, Point(0, 0), Size(100, 100))
    found = outline_map(Prediction(RunId("a" * 32), "test-model", "1"), grid, values, 0.35)
    assert [item.name for item in found.annotations] == ["1: peak 0.900", "2: peak 0.400"]
