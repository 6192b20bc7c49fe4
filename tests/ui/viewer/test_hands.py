"""Drawing and editing with a real mouse on a real canvas."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.ui.viewer.tools import Combine, Tool
from tests.ui.viewer.mouse import LEFT, NONE, Mouse

pytestmark = pytest.mark.gl
SQUARE = (Point(1000, 900), Point(1200, 900), Point(1200, 1100), Point(1000, 1100))


@pytest.fixture
def mouse(show_slide) -> Mouse:
    """The slide at 40×, one screen pixel per level-0 pixel, its signals recorded."""
    pane, _ = show_slide()
    pane.go_to(Region(1100, 1000, 0, 0))
    pane.zoom_to_magnification(40)
    assert pane.wait_until_sharp(30_000)
    mouse = Mouse(pane)
    mouse.combined, mouse.touched = [], []
    pane.area_combined.connect(lambda geometry, combine: mouse.combined.append((geometry, combine)))
    pane.wand_touched.connect(lambda seed, combine: mouse.touched.append((seed, combine)))
    for name in (
        "refused",
        "annotation_drawn",
        "annotation_changed",
        "annotations_removed",
        "selection_changed",
        "draft_changed",
    ):
        told: list = []
        setattr(mouse, name, told)
        getattr(pane, name).connect(told.append)
    return mouse


def assert_points(found: tuple[Point, ...], expected: tuple[Point, ...]) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert abs(a.x - b.x) <= 1 and abs(a.y - b.y) <= 1, (a, b)


def test_polygon_by_clicks_and_enter(mouse) -> None:
    mouse.pane.set_tool(Tool.POLYGON)
    mouse.click(*SQUARE)
    QTest.keyClick(mouse.canvas, Qt.Key.Key_Return)
    (geometry,) = mouse.annotation_drawn
    assert geometry.shape is Shape.POLYGON
    assert_points(geometry.points, SQUARE)
    drafts = mouse.draft_changed
    assert [len(d[1]) if d else 0 for d in drafts] == [1, 2, 3, 4, 0]


def test_polygon_ends_by_double_click_or_on_its_first_vertex(mouse) -> None:
    mouse.pane.set_tool(Tool.POLYGON)
    mouse.click(*SQUARE[:3])
    mouse.double_click(SQUARE[3])
    assert_points(mouse.annotation_drawn[0].points, SQUARE)
    mouse.click(*SQUARE[:3], SQUARE[0])
    assert_points(mouse.annotation_drawn[1].points, SQUARE[:3])


def test_escape_cancels_and_backspace_takes_one_vertex_back(mouse) -> None:
    mouse.pane.set_tool(Tool.POLYGON)
    mouse.click(*SQUARE)
    QTest.keyClick(mouse.canvas, Qt.Key.Key_Backspace)
    assert_points(mouse.draft_changed[-1][1], SQUARE[:3])
    QTest.keyClick(mouse.canvas, Qt.Key.Key_Escape)
    assert mouse.draft_changed[-1] is None
    QTest.keyClick(mouse.canvas, Qt.Key.Key_Return)
    assert mouse.annotation_drawn == []


def test_changing_the_tool_does_not_lose_a_polygon(mouse) -> None:
    mouse.pane.set_tool(Tool.POLYGON)
    mouse.click(*SQUARE)
    mouse.pane.set_tool(Tool.MOVE)
    assert len(mouse.annotation_drawn) == 1


def test_rectangle_by_dragging_from_any_corner(mouse) -> None:
    mouse.pane.set_tool(Tool.RECTANGLE)
    mouse.drag(SQUARE[2], Point(1100, 1000), SQUARE[0])
    (geometry,) = mouse.annotation_drawn
    assert geometry.shape is Shape.RECTANGLE
    assert_points(geometry.points, SQUARE)
    mouse.drag(SQUARE[0], SQUARE[0])
    assert len(mouse.annotation_drawn) == 1


def test_freehand_follows_the_hand(mouse) -> None:
    mouse.pane.set_tool(Tool.FREEHAND)
    path = [Point(1000 + i * 10, 900) for i in range(20)] + [Point(1190, 900 + i * 10) for i in range(20)]
    mouse.drag(*path)
    (geometry,) = mouse.annotation_drawn
    assert geometry.shape is Shape.POLYGON
    assert_points(geometry.points, tuple(dict.fromkeys(path)))


def test_point_by_one_click(mouse) -> None:
    mouse.pane.set_tool(Tool.POINT)
    mouse.click(SQUARE[1])
    (geometry,) = mouse.annotation_drawn
    assert geometry.shape is Shape.DOT
    assert_points(geometry.points, SQUARE[1:2])


def test_ellipse_between_two_corners(mouse) -> None:
    mouse.pane.set_tool(Tool.ELLIPSE)
    mouse.drag(SQUARE[0], Point(1100, 1000), SQUARE[2])
    (geometry,) = mouse.annotation_drawn
    assert geometry.area_px2 == pytest.approx(math.pi * 100 * 100, rel=0.02)


def test_spline_is_smooth_and_goes_through_the_clicks(mouse) -> None:
    mouse.pane.set_tool(Tool.SPLINE)
    mouse.click(*SQUARE)
    QTest.keyClick(mouse.canvas, Qt.Key.Key_Return)
    (geometry,) = mouse.annotation_drawn
    assert len(geometry.points) > 4 * 8
    assert_points(geometry.points[:: len(geometry.points) // 4], SQUARE)


def test_ruler_by_two_clicks_or_one_drag(mouse) -> None:
    mouse.pane.set_tool(Tool.RULER)
    mouse.click(SQUARE[0], SQUARE[1])
    mouse.drag(SQUARE[0], Point(1100, 1000), SQUARE[2])
    assert [geometry.shape for geometry in mouse.annotation_drawn] == [Shape.MEASUREMENT] * 2
    assert_points(mouse.annotation_drawn[0].points, SQUARE[:2])
    assert_points(mouse.annotation_drawn[1].points, (SQUARE[0], SQUARE[2]))


def test_angle_by_three_clicks(mouse) -> None:
    mouse.pane.set_tool(Tool.ANGLE)
    mouse.click(*SQUARE[:3])
    (geometry,) = mouse.annotation_drawn
    assert_points(geometry.points, SQUARE[:3])


def test_the_brush_is_as_wide_on_the_screen_at_any_zoom(mouse) -> None:
    mouse.pane.set_tool(Tool.BRUSH)
    mouse.drag(SQUARE[0], SQUARE[1])
    mouse.pane.zoom_by(0.5)
    mouse.drag(SQUARE[0], SQUARE[1])
    narrow, wide = (geometry.bounds.height for geometry in mouse.annotation_drawn)
    assert narrow == pytest.approx(40, abs=2)
    assert wide == pytest.approx(80, abs=4)
    QTest.keyClick(mouse.canvas, Qt.Key.Key_BracketRight)
    mouse.drag(SQUARE[0], SQUARE[1])
    assert mouse.annotation_drawn[-1].bounds.height == pytest.approx(80 * 1.2, abs=4)


def test_brush_adds_inside_the_selection_and_keys_say_otherwise(mouse) -> None:
    drawn = a_set()
    mouse.pane.show_annotations(drawn)
    mouse.pane.set_tool(Tool.BRUSH)
    mouse.drag(Point(1100, 1000), Point(1300, 1000))
    assert len(mouse.annotation_drawn) == 1, "nothing is selected: a new annotation"
    mouse.pane.select([next(iter(drawn)).id])
    mouse.drag(Point(1100, 1000), Point(1300, 1000))
    mouse.drag(Point(1300, 1000), Point(1320, 1000), keys=Qt.KeyboardModifier.ShiftModifier)
    mouse.drag(Point(1100, 1000), Point(1120, 1000), keys=Qt.KeyboardModifier.AltModifier)
    assert [combine for _, combine in mouse.combined] == [Combine.ADD, Combine.ADD, Combine.SUBTRACT]
    mouse.pane.set_tool(Tool.ERASER)
    mouse.drag(Point(1300, 1000), Point(1320, 1000))
    assert mouse.combined[-1][1] is Combine.SUBTRACT


def test_escape_gives_a_stroke_up(mouse) -> None:
    mouse.pane.set_tool(Tool.BRUSH)
    QTest.mousePress(mouse.canvas, LEFT, NONE, mouse.at(SQUARE[0]))
    mouse.move_pressed(mouse.at(SQUARE[1]), LEFT)
    QTest.keyClick(mouse.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(mouse.canvas, LEFT, NONE, mouse.at(SQUARE[1]))
    assert mouse.annotation_drawn == []
    assert all(draft is None for draft in mouse.draft_changed), "no stroke is offered after a crash"


def test_the_wand_tells_where_and_how_far(mouse) -> None:
    mouse.pane.set_tool(Tool.WAND)
    mouse.drag(SQUARE[0], Point(1030, 940))
    ((seed, combine),) = mouse.touched
    assert_points((seed.point,), SQUARE[:1])
    assert seed.pull_px == pytest.approx(50, abs=2)
    assert combine is Combine.NEW


def test_shapes_stay_inside_the_image(mouse) -> None:
    mouse.pane.go_to(Region(20, 20, 0, 0))
    mouse.pane.set_tool(Tool.POINT)
    mouse.click(Point(-50, 10))
    assert mouse.annotation_drawn[0].points[0].x == 0


def test_the_middle_button_pans_with_every_tool(mouse) -> None:
    for tool in Tool:
        mouse.pane.set_tool(tool)
        before = mouse.pane.to_screen(SQUARE[0])
        mouse.drag(SQUARE[0], Point(SQUARE[0].x + 40, SQUARE[0].y + 25), button=Qt.MouseButton.MiddleButton)
        after = mouse.pane.to_screen(SQUARE[0])
        assert (after.x() - before.x(), after.y() - before.y()) == pytest.approx((40, 25), abs=1)
    assert mouse.annotation_drawn == []


def test_space_and_drag_pans_while_a_polygon_is_in_the_making(mouse) -> None:
    mouse.pane.set_tool(Tool.POLYGON)
    mouse.click(*SQUARE[:2])
    QTest.keyPress(mouse.canvas, Qt.Key.Key_Space)
    before = mouse.pane.to_screen(SQUARE[0])
    mouse.drag(SQUARE[0], Point(SQUARE[0].x + 30, SQUARE[0].y))
    QTest.keyRelease(mouse.canvas, Qt.Key.Key_Space)
    assert mouse.pane.to_screen(SQUARE[0]).x() - before.x() == pytest.approx(30, abs=1)
    mouse.click(SQUARE[2])
    QTest.keyClick(mouse.canvas, Qt.Key.Key_Return)
    assert_points(mouse.annotation_drawn[0].points, SQUARE[:3])


def test_the_wheel_zooms_at_the_cursor(mouse) -> None:
    from PySide6.QtCore import QCoreApplication, QPointF
    from PySide6.QtGui import QWheelEvent

    place = QPointF(mouse.at(SQUARE[0]))
    before = mouse.pane._camera.to_image(place)
    event = QWheelEvent(
        place,
        mouse.canvas.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QCoreApplication.sendEvent(mouse.canvas, event)
    after = mouse.pane._camera.to_image(place)
    assert mouse.pane._camera.downsample == pytest.approx(0.8)
    assert (after.x, after.y) == pytest.approx((before.x, before.y), abs=0.01)


def a_set() -> AnnotationSet:
    groups = (AnnotationGroup("tumour", "#E69F00"),)
    return AnnotationSet((new_annotation(Geometry(Shape.POLYGON, SQUARE), "tumour"),), groups)


def test_dragging_a_vertex_tells_one_change_at_release(mouse) -> None:
    annotations = a_set()
    known = annotations.annotations[0].id
    mouse.pane.show_annotations(annotations)
    mouse.pane.set_tool(Tool.SELECT)
    mouse.click(Point(1100, 1000))
    assert mouse.selection_changed == [(known,)]
    mouse.drag(SQUARE[2], Point(1250, 1120), Point(1300, 1150))
    (changed,) = mouse.annotation_changed
    assert changed.id == known
    assert_points(changed.geometry.points, (*SQUARE[:2], Point(1300, 1150), SQUARE[3]))
    assert annotations.get(known).geometry.points == SQUARE


def test_a_rectangle_stays_one_when_a_corner_is_dragged(mouse) -> None:
    annotations = AnnotationSet((new_annotation(rectangle(Region(1000, 900, 200, 200))),))
    mouse.pane.show_annotations(annotations)
    mouse.pane.set_tool(Tool.SELECT)
    mouse.pane.select([annotations.annotations[0].id])
    mouse.drag(SQUARE[2], Point(1300, 1150))
    assert_points(mouse.annotation_changed[0].geometry.points, rectangle(Region(1000, 900, 300, 250)).points)


def test_delete_asks_for_removal_and_removes_nothing_itself(mouse) -> None:
    annotations = a_set()
    mouse.pane.show_annotations(annotations)
    mouse.pane.delete_selected()
    assert mouse.annotations_removed == []
    mouse.pane.select([annotations.annotations[0].id])
    mouse.pane.delete_selected()
    assert mouse.annotations_removed == [(annotations.annotations[0].id,)]
    assert mouse.pane._scene.annotations.outlined == 1
    mouse.pane.apply_annotations(AnnotationSet(), [annotations.annotations[0].id])
    assert mouse.pane._scene.annotations.outlined == 0
    assert mouse.pane.selected == ()


@pytest.mark.parametrize("key", [Qt.Key.Key_3, Qt.Key.Key_Delete, Qt.Key.Key_V, Qt.Key.Key_1])
def test_keys_of_napari_do_nothing(mouse, key) -> None:
    mouse.pane.show_annotations(a_set())
    mouse.pane.select([mouse.pane._annotations.annotations[0].id])
    QTest.keyClick(mouse.canvas, key)
    layer = mouse.pane._scene.annotations
    assert (layer.outlined, layer.is_visible) == (1, True)


def test_shapes_are_drawn_in_place_and_as_wide_at_every_zoom(mouse) -> None:
    mouse.pane.show_annotations(a_set())
    for magnification in (40.0, 10.0):
        mouse.pane.zoom_to_magnification(magnification)
        QTest.qWait(200)
        assert mouse.pane.wait_until_sharp(30_000)
        with_shape = mouse.pane.screenshot()
        mouse.pane.set_annotations_visible(False)
        QTest.qWait(50)
        assert mouse.pane.wait_until_sharp(30_000)
        without = mouse.pane.screenshot()
        mouse.pane.set_annotations_visible(True)
        line = mouse.at(Point(1100, 1100))
        changed = [
            y for y in range(line.y() - 12, line.y() + 13) if color_distance(with_shape, without, line.x(), y) > 60
        ]
        assert changed, "the lower edge is not seen"
        assert abs(sum(changed) / len(changed) - line.y()) <= 1.5
        assert 1 <= len(changed) <= 4


def color_distance(a, b, x: int, y: int) -> int:
    p, q = a.pixelColor(x, y), b.pixelColor(x, y)
    return abs(p.red() - q.red()) + abs(p.green() - q.green()) + abs(p.blue() - q.blue())


def test_the_inside_of_the_selection_moves_all_of_it(mouse) -> None:
    drawn = a_set()
    mouse.pane.show_annotations(drawn)
    mouse.pane.set_tool(Tool.SELECT)
    mouse.click(Point(1100, 1000))
    mouse.drag(Point(1100, 1000), Point(1102, 1000))
    assert mouse.annotation_changed == [], "the tremble of a click is no move"
    mouse.drag(Point(1100, 1000), Point(1130, 1040))
    (moved,) = mouse.annotation_changed
    assert_points(moved.geometry.points, tuple(Point(p.x + 30, p.y + 40) for p in SQUARE))


def test_vertices_come_by_double_click_and_go_by_alt_click(mouse) -> None:
    drawn = a_set()
    mouse.pane.show_annotations(drawn)
    mouse.pane.set_tool(Tool.SELECT)
    mouse.click(Point(1100, 1000))
    mouse.double_click(Point(1100, 902))
    mouse.click(SQUARE[2], keys=Qt.KeyboardModifier.AltModifier)
    more, fewer = (item.geometry.points for item in mouse.annotation_changed)
    assert_points(more, (SQUARE[0], Point(1100, 900), *SQUARE[1:]))
    assert_points(fewer, (*SQUARE[:2], SQUARE[3]))


def test_what_is_locked_is_told_and_stays(mouse) -> None:
    drawn = a_set()
    mouse.pane.show_annotations(drawn.with_groups((AnnotationGroup("tumour", locked=True),)))
    mouse.pane.set_tool(Tool.SELECT)
    mouse.click(Point(1100, 1000))
    mouse.drag(SQUARE[0], Point(980, 880))
    assert mouse.annotation_changed == []
    assert mouse.refused == ["The group tumour is locked."]


def test_what_is_hidden_is_not_picked(mouse) -> None:
    drawn = a_set()
    mouse.pane.show_annotations(drawn.with_groups((AnnotationGroup("tumour", visible=False),)))
    mouse.pane.set_tool(Tool.SELECT)
    mouse.click(Point(1100, 1000))
    assert mouse.pane.selected == ()


def test_vertices_stick_to_a_neighbour_when_wanted(mouse) -> None:
    mouse.pane.show_annotations(a_set())
    mouse.pane.set_snapping(True)
    mouse.pane.set_tool(Tool.RULER)
    mouse.click(Point(1003, 903), Point(1100, 1105))
    assert_points(mouse.annotation_drawn[0].points, (SQUARE[0], Point(1100, 1100)))
