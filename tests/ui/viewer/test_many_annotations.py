"""Thousands of annotations: what the view needs is drawn, the rest is marked, each can still be taken and changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.ui.viewer.annotation_layer import ALL_AT_ONCE_BELOW, MOST_OUTLINES
from lnm_desktop.ui.viewer.tools import Tool
from tests.fakes.formula_reader import slide_info

pytestmark = pytest.mark.gl
SIDE = 40_000
COUNT = 10_000
RADIUS = 60


def blob(x: float, y: float, radius: float = RADIUS) -> Geometry:
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return Geometry(Shape.POLYGON, tuple(Point(x + radius * np.cos(a), y + radius * np.sin(a)) for a in angles))


@pytest.fixture(scope="module")
def crowd() -> AnnotationSet:
    """A regular field of blobs, 400 pixels apart."""
    side = int(COUNT**0.5)
    places = [(200 + 400 * column, 200 + 400 * row) for row in range(side) for column in range(side)]
    return AnnotationSet([new_annotation(blob(x, y), color="#FF0000") for x, y in places])


@pytest.fixture
def shown(show_slide, crowd):
    pane, _ = show_slide(slide_info(SIDE, SIDE))
    pane.show_annotations(crowd)
    pane.move_to(Point(20_200, 20_200), 2.0)
    assert pane.wait_until_sharp(30_000)
    return pane


def redness(pane, center: Point, radius: float = RADIUS) -> int:
    """How red a blob's outline is, half way between two corners: a selected one has white handles at them."""
    middle = radius * np.cos(np.pi / 12)
    point = Point(center.x + middle * np.cos(np.pi / 12), center.y + middle * np.sin(np.pi / 12))
    place = pane.to_screen(point)
    color = pane.screenshot().pixelColor(int(place.x()), int(place.y()))
    return color.red() - max(color.green(), color.blue())


def test_near_by_only_what_is_around_the_view_is_drawn(shown) -> None:
    layer = shown._scene.annotations
    assert COUNT > ALL_AT_ONCE_BELOW
    assert 5 <= layer.outlined <= 100 and layer.marked == 0
    assert redness(shown, Point(20_200, 20_200)) > 150


def test_the_view_moved_away_brings_others_in(shown) -> None:
    shown.move_to(Point(1000, 1000), 2.0)
    QTest.qWait(100)
    assert redness(shown, Point(1000, 1000)) > 150


def test_the_overview_marks_what_is_too_small_for_outlines(shown) -> None:
    shown.move_to(Point(20_000, 20_000), 60.0)
    QTest.qWait(100)
    layer = shown._scene.annotations
    assert layer.marked > 0 and layer.outlined <= MOST_OUTLINES
    assert layer.outlined + layer.marked == COUNT


def test_one_of_many_is_taken_moved_and_deleted(shown, crowd) -> None:
    chosen = crowd.annotations[50 * 100 + 50]
    shown.set_tool(Tool.SELECT)
    QTest.mouseClick(
        shown.canvas_widget, Qt.MouseButton.LeftButton, pos=shown.to_screen(Point(20_200, 20_200)).toPoint()
    )
    assert shown.selected == (chosen.id,)
    moved = crowd.replace(replace(chosen, geometry=blob(20_400, 20_400)))
    shown.apply_annotations(moved, [chosen.id])
    QTest.qWait(100)
    assert redness(shown, Point(20_400, 20_400)) > 150
    assert redness(shown, Point(20_200, 20_200)) < 100
    shown.apply_annotations(crowd.remove(chosen.id), [chosen.id])
    QTest.qWait(100)
    assert redness(shown, Point(20_400, 20_400)) < 100
    assert shown.selected == ()


def test_a_mark_that_is_edited_gets_its_outline(shown, crowd) -> None:
    shown.move_to(Point(20_000, 20_000), 60.0)
    QTest.qWait(100)
    layer = shown._scene.annotations
    before = layer.marked
    chosen = crowd.annotations[0]
    shown.apply_annotations(crowd.replace(replace(chosen, geometry=blob(20_000, 20_000, 2000))), [chosen.id])
    QTest.qWait(100)
    assert layer.marked == before - 1
    assert redness(shown, Point(20_000, 20_000), 2000) > 100
