"""Where pixels appear on the screen, and what is seen while they are not there."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtGui import QImage

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import Calibration, Window
from lnm_desktop.errors import ImageDamaged, ImageTimeout
from lnm_desktop.imaging.pyramid import GLASS_RGB
from tests.fakes.formula_reader import CELL_PX, FormulaReader, cell_color, series_info, slide_info

pytestmark = pytest.mark.gl


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


def test_each_level_lies_exactly_on_level_0(show_slide) -> None:
    """What napari does with a coarse level's transform: a release may change it."""
    pane, _ = show_slide(slide_info(6001, 4403))
    layer = pane._scene.image.layer
    seen = set()
    for magnification in (40.0, 20.0, 10.0, 5.0):
        pane.zoom_to_magnification(magnification)
        pane.go_to(Region(3000, 2200, 0, 0))
        assert pane.wait_until_sharp(30_000)
        seen.add(layer.data_level)
        node = pane._canvas.canvas.layer_to_visual[layer].node
        factor = 2**layer.data_level
        row, col = layer.corner_pixels[0]
        x, y = node.transform.map([0, 0])[:2]
        found = pane._scene.placement.to_level0(y, x)
        assert (found.x, found.y) == pytest.approx((col * factor, row * factor), abs=1e-3)
        x, y = node.transform.map([10, 10])[:2]
        found = pane._scene.placement.to_level0(y, x)
        assert (found.x, found.y) == pytest.approx(((col + 10) * factor, (row + 10) * factor), abs=1e-3)
    assert seen >= {0, 1, 2}


def test_anisotropic_pixels_keep_their_proportions(show_slide) -> None:
    from lnm_desktop.domain.image import CalibrationSource

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


def test_the_coarsest_level_is_not_kept_as_it_was_before_its_tiles_came(show_slide) -> None:
    pane, _ = show_slide()
    pane.zoom_by(0.3)
    assert pane.wait_until_sharp(30_000)
    assert pane._scene.image.layer.data_level == pane._scene.image._pyramid.coarsest
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
    values: list[float | None] = []
    places: list[Point | None] = []
    pane.value_under_cursor.connect(values.append)
    pane.cursor_moved.connect(places.append)
    qtbot.mouseMove(pane.canvas_widget, pane.to_screen(Point(50.5, 33.5)).toPoint())
    qtbot.waitUntil(lambda: bool(values), timeout=5000)
    assert values[-1] == 33 and places[-1] is not None and places[-1].y == pytest.approx(33.5, abs=0.5)
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
    bar = pane._canvas.canvas._viewer_overlay_to_visual[pane._canvas.scale_bar][0]
    assert bar.node.text.text.endswith(("µm", "μm", "mm"))
    show_slide(slide_info(900, 700, Calibration()))
    assert bar.node.text.text.endswith(("px", "pixel"))


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
    from lnm_desktop.domain.image import CalibrationSource

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
    threads = pane._scene.image._fetcher._threads
    pane.close()
    pane.deleteLater()
    del pane
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qtbot.wait(20)
        gc.collect()
    assert [found() for found in left] == [None, None, None]
    assert not any(thread.is_alive() for thread in threads)
