"""Where pixels appear on the screen, and what is seen while they are not there."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtGui import QImage

from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape
from lnm_desktop.domain.image import Calibration, CalibrationSource, Window
from lnm_desktop.errors import ImageDamaged, ImageTimeout
from lnm_desktop.ui.viewer.slots import Slots
from lnm_desktop.ui.viewer.stains import stain_matrix
from lnm_desktop.ui.viewer.view_state import CursorValues, Look, StainView
from tests.fakes.formula_reader import CELL_PX, FormulaReader, cell_color, series_info, slide_info

pytestmark = pytest.mark.gl


GLASS_RGB = (241, 240, 242)


def color_at(pane, image: QImage, point: Point) -> tuple[int, int, int]:
    place = pane.to_screen(point)
    color = image.pixelColor(int(place.x()), int(place.y()))
    return color.red(), color.green(), color.blue()


def assert_near(found: tuple[int, int, int], expected: tuple[int, int, int], tolerance: int = 3) -> None:
    assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= tolerance, (found, expected)


@pytest.mark.parametrize("magnification", [40.0, 20.0, 10.0, 5.0, 80.0])
def test_cells_appear_where_the_formula_puts_them(show_slide, magnification: float) -> None:
    pane, _ = show_slide(slide_info(6000, 4400))
    pane.go_to(Region(2000, 1500, 0, 0))
    pane.zoom_to_magnification(magnification)
    assert pane.wait_until_sharp(30_000)
    image = pane.screenshot()
    reach = min(1900, 300 * 40 / magnification)
    for dx in np.arange(-reach, reach, CELL_PX):
        center = (np.floor((2000 + dx) / CELL_PX) + 0.5) * CELL_PX
        row = (np.floor(1500 / CELL_PX) + 0.5) * CELL_PX
        assert_near(color_at(pane, image, Point(center, row)), cell_color(center, row))


@pytest.mark.parametrize("magnification", [40.0, 20.0, 10.0])
def test_edges_between_cells_are_within_one_screen_pixel(show_slide, magnification: float) -> None:
    pane, _ = show_slide(slide_info(6000, 4400))
    pane.go_to(Region(2048, 1504, 0, 0))
    pane.zoom_to_magnification(magnification)
    assert pane.wait_until_sharp(30_000)
    image = pane.screenshot()
    edge = pane.to_screen(Point(2048, 1504))
    for offset, x in ((-2, 2047), (1, 2049)):
        found = image.pixelColor(round(edge.x()) + offset, round(edge.y()))
        assert_near((found.red(), found.green(), found.blue()), cell_color(x, 1504))


@pytest.mark.parametrize(("degrees", "mirrored"), [(0, True), (90, False), (180, True), (37, False), (290, True)])
def test_a_turned_picture_shows_each_cell_where_it_says(show_slide, degrees: float, mirrored: bool) -> None:
    pane, _ = show_slide(slide_info(6000, 4400, Calibration(0.25, 0.3, CalibrationSource.FILE)))
    pane.move_to(Point(2000, 1500), 1.0)
    if mirrored:
        pane.mirror()
    pane.rotate_to(degrees)
    assert pane.wait_until_sharp(30_000)
    image, width, height = pane.screenshot(), pane.canvas_widget.width(), pane.canvas_widget.height()
    middle = pane.to_screen(Point(2000, 1500))
    assert (middle.x(), middle.y()) == pytest.approx((width / 2, height / 2), abs=0.1)
    for x in range(1600, 2400, CELL_PX):
        center = Point((x // CELL_PX + 0.5) * CELL_PX, 1504)
        place = pane.to_screen(center)
        if 5 < place.x() < width - 5 and 5 < place.y() < height - 60:  # the scale bar lies below
            assert_near(color_at(pane, image, center), cell_color(center.x, center.y))


def test_turning_is_clockwise_and_mirroring_swaps_left_and_right_on_the_screen(show_slide) -> None:
    pane, _ = show_slide()
    middle, right = Point(1500, 1100), Point(1600, 1100)
    pane.move_to(middle, 1.0)
    pane.rotate_to(90)
    step = pane.to_screen(right) - pane.to_screen(middle)
    assert (step.x(), step.y()) == pytest.approx((0, 100), abs=0.01)
    pane.rotate_to(0)
    pane.rotate_by(-45)
    before = pane.to_screen(right) - pane.to_screen(middle)
    pane.mirror()
    after = pane.to_screen(right) - pane.to_screen(middle)
    assert (after.x(), after.y()) == pytest.approx((-before.x(), before.y()), abs=0.01)
    assert pane.view.mirrored and pane.view.rotation_deg == pytest.approx(45)


def drag_right(pane, start: tuple[int, int], end: tuple[int, int]) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    button = Qt.MouseButton.RightButton
    QTest.mousePress(pane.canvas_widget, button, pos=QPoint(*start))
    QTest.mouseMove(pane.canvas_widget, QPoint(*end))
    QTest.mouseRelease(pane.canvas_widget, button, pos=QPoint(*end))


def test_the_right_button_turns_a_slide_around_the_middle(show_slide) -> None:
    pane, _ = show_slide()
    width, height = pane.canvas_widget.width(), pane.canvas_widget.height()
    drag_right(pane, (width // 2 + 200, height // 2), (width // 2, height // 2 + 200))
    assert pane.view.rotation_deg == pytest.approx(90, abs=0.5)


def test_the_right_button_changes_the_window_of_a_scan(show_slide) -> None:
    pane, _ = show_slide(series_info(planes=1, window=Window(80, 161)))
    before = color_at(pane, pane.screenshot(), Point(100, 40))[0]
    drag_right(pane, (300, 300), (300, 400))
    assert pane.wait_until_sharp(30_000)
    assert color_at(pane, pane.screenshot(), Point(100, 40))[0] > before + 40
    assert pane.view.rotation_deg == 0


def test_a_fitted_picture_stays_fitted_when_turned(show_slide) -> None:
    pane, _ = show_slide(slide_info(4000, 1000))
    pane.rotate_to(90)
    corners = [pane.to_screen(Point(x, y)) for x in (0, 4000) for y in (0, 1000)]
    height = max(c.y() for c in corners) - min(c.y() for c in corners)
    assert height == pytest.approx(pane.canvas_widget.height() / 1.04, rel=0.02)


def test_colours_are_adjusted_on_the_screen_only(show_slide) -> None:
    pane, reader = show_slide()
    before = color_at(pane, pane.screenshot(), Point(1504, 1120))
    reads = len(reader.reads)
    pane.set_look(Look(brightness=0.2))
    assert pane.wait_until_sharp(30_000)
    brighter = color_at(pane, pane.screenshot(), Point(1504, 1120))
    assert brighter == pytest.approx([min(255, value + 51) for value in before], abs=3)
    pane.set_look(Look(saturation=0.0))
    red, green, blue = color_at(pane, pane.screenshot(), Point(1504, 1120))
    assert red == pytest.approx(green, abs=2) and green == pytest.approx(blue, abs=2)
    pane.set_look(Look())
    assert_near(color_at(pane, pane.screenshot(), Point(1504, 1120)), before)
    assert len(reader.reads) == reads


def test_a_stain_view_shows_the_share_of_one_stain(show_slide) -> None:
    pane, _ = show_slide()
    before = np.array(color_at(pane, pane.screenshot(), Point(1504, 1120))) / 255
    pane.set_look(Look(stain=StainView.HAEMATOXYLIN))
    assert pane.wait_until_sharp(30_000)
    expected = np.exp(-(stain_matrix(StainView.HAEMATOXYLIN) @ -np.log(before)))
    found = color_at(pane, pane.screenshot(), Point(1504, 1120))
    assert found == pytest.approx(np.clip(expected, 0, 1) * 255, abs=3)


def test_the_overview_is_the_whole_picture(show_slide) -> None:
    pane, _ = show_slide(slide_info(3000, 2200))
    overview = pane.overview
    assert overview is not None and (overview.width(), overview.height()) == (750, 550)
    color = overview.pixelColor(int(1504 / 4), int(1120 / 4))
    assert (color.red(), color.green(), color.blue()) == cell_color(1504, 1120)


def test_beyond_the_image_lies_the_canvas_and_not_tissue(show_slide) -> None:
    pane, _ = show_slide()
    image = pane.screenshot()
    assert_near(color_at(pane, image, Point(-30, 1100)), (0x15, 0x17, 0x1A))
    assert_near(color_at(pane, image, Point(3030, 1100)), (0x15, 0x17, 0x1A))


def test_a_step_of_the_zoom_gives_the_card_no_vertices(show_slide, qtbot, monkeypatch) -> None:
    pane, _ = show_slide(slide_info(6000, 4400))
    triangle = Geometry(Shape.POLYGON, (Point(1900, 1400), Point(2100, 1400), Point(2000, 1600)))
    pane.show_annotations(AnnotationSet().add(new_annotation(triangle, "Tumor", author="a")))
    assert pane.wait_until_sharp(30_000)
    given: list[object] = []
    with monkeypatch.context() as watched:
        watched.setattr(Slots, "fill", lambda *of: given.append(of))
        watched.setattr(Slots, "put", lambda *of: given.append(of))
        pane.move_to(Point(2000, 1500), 4.1)
        qtbot.wait(100)
    assert given == []
    assert pane._scene.annotations.outlined == 1


def test_what_is_drawn_while_everything_is_hidden_appears_with_it(show_slide) -> None:
    pane, _ = show_slide(slide_info(6000, 4400))
    dots = AnnotationSet()
    for n in range(4):
        dots = dots.add(new_annotation(Geometry(Shape.DOT, (Point(1000 + 100 * n, 900),)), "Tumor", author="a"))
    pane.show_annotations(dots)
    pane.set_annotations_visible(False)
    pane.show_annotations(AnnotationSet().add(next(iter(dots))))
    assert pane.wait_until_sharp(30_000)
    pane.set_annotations_visible(True)
    assert pane.wait_until_sharp(30_000)
    assert pane._scene.annotations.outlined == 1


def test_anisotropic_pixels_keep_their_proportions(show_slide) -> None:
    pane, _ = show_slide(slide_info(2000, 2000, Calibration(0.25, 0.5, CalibrationSource.FILE)))
    a, b, c = (pane.to_screen(p) for p in (Point(0, 0), Point(2000, 0), Point(0, 2000)))
    assert (c.y() - a.y()) / (b.x() - a.x()) == pytest.approx(2.0, abs=0.01)
    image = pane.screenshot()
    assert_near(color_at(pane, image, Point(992, 1504)), cell_color(992, 1504))


def test_showing_does_not_wait_for_pixels_and_glass_is_seen_meanwhile(pane, qtbot) -> None:
    reader = FormulaReader(slide_info())
    reader.gate.clear()
    pane.show_image(reader, "slow", reader.info.calibration)
    qtbot.wait(200)
    assert_near(color_at(pane, pane.screenshot(), Point(1500, 1100)), GLASS_RGB)
    reader.gate.set()
    assert pane.wait_until_sharp(30_000)
    assert_near(color_at(pane, pane.screenshot(), Point(1504, 1120)), cell_color(1504, 1120))


def test_a_picture_far_away_is_the_coarsest_level(show_slide) -> None:
    pane, _ = show_slide()
    pane.zoom_by(0.3)
    assert pane.wait_until_sharp(30_000)
    assert_near(color_at(pane, pane.screenshot(), Point(1504, 1120)), cell_color(1504, 1120))


def test_a_reader_that_times_out_leaves_hatching_and_recovers(pane, qtbot) -> None:
    reader = FormulaReader(slide_info())
    reader.error = ImageTimeout("the pixel server was killed")
    counts: list[int] = []
    pane.bad_tiles_changed.connect(counts.append)
    pane.show_image(reader, "dying", reader.info.calibration)
    qtbot.waitUntil(lambda: bool(counts) and counts[-1] > 0, timeout=30_000)
    qtbot.wait(300)
    seen = {color_at(pane, pane.screenshot(), Point(x, 1100)) for x in range(1000, 2000, 7)}
    assert all(red == green == blue for red, green, blue in seen) and len(seen) >= 2
    reader.error = None
    qtbot.waitUntil(lambda: counts[-1] == 0, timeout=60_000)
    assert pane.wait_until_sharp(30_000)
    assert_near(color_at(pane, pane.screenshot(), Point(1504, 1120)), cell_color(1504, 1120))


def test_damaged_pixels_are_read_once(pane, qtbot) -> None:
    reader = FormulaReader(slide_info(900, 700))
    reader.error = ImageDamaged("this tile cannot be decoded")
    pane.show_image(reader, "damaged", reader.info.calibration)
    qtbot.waitUntil(lambda: len(reader.reads) >= 4, timeout=30_000)
    qtbot.wait(1500)
    assert len(reader.reads) == len({request.region for request in reader.reads})


def test_another_image_replaces_the_first_and_its_reader_is_left_alone(show_slide) -> None:
    pane, first = show_slide()
    _, second = show_slide(slide_info(700, 500))
    assert pane.image_info is second.info
    before = len(first.reads)
    pane.zoom_by(2)
    assert pane.wait_until_sharp(30_000)
    assert len(first.reads) == before and not first.closed


def test_close_does_not_wait_for_a_hanging_reader(pane) -> None:
    reader = FormulaReader(slide_info())
    reader.gate.clear()
    pane.show_image(reader, "hanging", reader.info.calibration)
    begin = time.monotonic()
    pane.close()
    assert time.monotonic() - begin < 10  # the reader hangs for 20 s
    reader.gate.set()


def test_planes_are_chosen_and_shown(show_slide) -> None:
    info = series_info(planes=12, window=Window(600, 1201))
    pane, _ = show_slide(info)
    chosen: list[int] = []
    pane.plane_changed.connect(chosen.append)
    pane.set_plane(7)
    assert pane.wait_until_sharp(30_000)
    assert (pane.planes, pane.plane, chosen) == (12, 7, [7])
    grey = color_at(pane, pane.screenshot(), Point(100, 80))[0]
    assert grey == pytest.approx((780 + 0.5) / 1200 * 255, abs=4)
    pane.set_window(Window(780, 101))
    assert pane.wait_until_sharp(30_000)
    assert color_at(pane, pane.screenshot(), Point(100, 80))[0] == pytest.approx(128, abs=6)


def test_inverted_planes_are_dark_where_values_are_high(show_slide) -> None:
    pane, _ = show_slide(series_info(planes=1, window=Window(80, 160), inverted=True))
    image = pane.screenshot()
    assert color_at(pane, image, Point(100, 10))[0] > 200
    assert color_at(pane, image, Point(100, 150))[0] < 60


def test_grey_values_under_the_cursor(show_slide, qtbot) -> None:
    pane, _ = show_slide(series_info(planes=2))
    values: list[CursorValues | None] = []
    places: list[Point | None] = []
    pane.values_under_cursor.connect(values.append)
    pane.cursor_moved.connect(places.append)
    qtbot.mouseMove(pane.canvas_widget, pane.to_screen(Point(50.5, 33.5)).toPoint())
    qtbot.waitUntil(lambda: bool(values), timeout=5000)
    assert (
        values[-1] == CursorValues((33.0,))
        and places[-1] is not None
        and places[-1].y == pytest.approx(33.5, abs=0.5)
    )
    qtbot.mouseMove(pane.canvas_widget, pane.to_screen(Point(-20, -5)).toPoint())
    qtbot.waitUntil(lambda: values[-1] is None, timeout=5000)
    assert places[-1] is None


def test_view_state_tells_magnification(show_slide, qtbot) -> None:
    pane, _ = show_slide()
    states: list = []
    pane.view_changed.connect(states.append)
    pane.zoom_to_magnification(20)
    qtbot.waitUntil(lambda: bool(states), timeout=5000)
    state = states[-1]
    assert (state.magnification, state.mpp, state.downsample) == pytest.approx((20, 0.5, 2))


def test_scale_bar_has_a_unit_only_with_a_pixel_size(show_slide, qtbot) -> None:
    pane, _ = show_slide()
    bar = pane._scale_bar
    pane.zoom_to_magnification(20)
    qtbot.waitUntil(lambda: bar.isVisible() and bar.bar.text == "50 µm", timeout=5000)
    assert bar.width() - 20 == pytest.approx(50 / 0.5, abs=1)
    show_slide(slide_info(900, 700, Calibration()))
    qtbot.waitUntil(lambda: bar.bar.text.endswith("px"), timeout=5000)
    pane.clear()
    assert not bar.isVisible()


def test_files_dropped_are_told_not_opened(pane, tmp_path) -> None:
    from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
    from PySide6.QtGui import QDropEvent

    told: list = []
    pane.files_dropped.connect(told.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.svs"))])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    event = QDropEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, left, none)
    pane.dropEvent(event)
    assert told == [(tmp_path / "a.svs",)]
    assert pane.image_info is None


def test_a_scan_has_no_magnification(show_slide, qtbot) -> None:
    calibration = Calibration(400.0, 400.0, CalibrationSource.FILE)
    pane, _ = show_slide(series_info(planes=1, calibration=calibration))
    states: list = []
    pane.view_changed.connect(states.append)
    pane.zoom_by(0.5)
    qtbot.waitUntil(lambda: bool(states), timeout=5000)
    assert states[-1].magnification is None
    assert states[-1].mpp == pytest.approx(400 * states[-1].downsample)


def test_nothing_of_a_closed_pane_is_left(qtbot) -> None:
    import gc
    import weakref

    from PySide6.QtCore import QCoreApplication, QEvent

    from lnm_desktop.ui.viewer.pane import ViewerPane

    pane = ViewerPane()
    reader = FormulaReader(slide_info(900, 700))
    pane.show()
    pane.show_image(reader, "formula slide", reader.info.calibration)
    assert pane.wait_until_sharp(30_000)
    left = [weakref.ref(pane), weakref.ref(pane._canvas), weakref.ref(pane._scene.image)]
    threads = pane._scene.image._store._fetcher._threads
    pane.close()
    pane.deleteLater()
    del pane
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qtbot.wait(20)
        gc.collect()
    assert [found() for found in left] == [None, None, None]
    assert not any(thread.is_alive() for thread in threads)
