"""From the View panel to the pixels on the screen, with a real mouse on the sliders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Channel, ImageInfo, Photometric, RegionRequest, Window
from lnm_desktop.ui.showing_look import fitted_channels
from lnm_desktop.ui.viewer.view_state import ChannelView, Look, StainView
from tests.fakes.formula_reader import FormulaReader, series_info, slide_info
from tests.ui.conftest import Bench

pytestmark = pytest.mark.gl
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
PLACE = Point(480, 416)


class ChannelReader(FormulaReader):
    """Two channels of one value each."""

    def read_region(self, request: RegionRequest) -> np.ndarray:
        width, height = request.output
        return np.full((height, width), (1000, 3000)[request.channel], self.info.dtype)


class Seen:
    """The workbench with a real pane in it."""

    def __init__(self, bench: Bench) -> None:
        from lnm_desktop.ui.viewer.pane import ViewerPane

        self.bench = bench
        self.panel = bench.panels.look
        self.pane = ViewerPane()
        bench.bench.set_pane(self.pane)
        bench.window.resize(1500, 950)
        bench.window.show()
        bench.qtbot.waitExposed(bench.window)
        bench.actions["look"].trigger()

    def open(self, info: ImageInfo | None = None, name: str = "slide.svs") -> None:
        if info is not None:
            kind = ChannelReader if info.channels else FormulaReader
            self.bench.bench.opening._pixels.open = lambda _path: kind(info)
        self.bench.bench.open_paths([self.bench.folder / name])
        self.bench.wait(lambda: self.title == Path(name).stem and self.bench.background.idle)
        assert self.pane.wait_until_sharp(30_000)

    @property
    def title(self) -> str:
        image = self.bench.bench.current.image
        return image.label.split(" (")[0] if image is not None else ""

    def color(self, point: Point = PLACE) -> tuple[int, int, int]:
        assert self.pane.wait_until_sharp(30_000)
        place = self.pane.to_screen(point).toPoint()
        color = self.pane.screenshot().pixelColor(place)
        return color.red(), color.green(), color.blue()


@pytest.fixture
def seen(bench: Bench) -> Seen:
    return Seen(bench)


def drag_slider(slider: QSlider, share: float) -> None:
    """Take the handle with the mouse to a share of the way."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle: QRect = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    there = QPoint(round(share * (slider.width() - handle.width()) + handle.width() / 2), handle.center().y())
    QTest.mousePress(slider, LEFT, NONE, handle.center())
    QTest.mouseMove(slider, there)
    QTest.mouseRelease(slider, LEFT, NONE, there)


def test_shift_c_opens_the_panel(bench: Bench) -> None:
    bench.window.show()
    bench.window.activateWindow()
    bench.wait(bench.window.isActiveWindow)
    QTest.keyClick(bench.window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert bench.window.tabs.tabText(bench.window.tabs.currentIndex()) == "View"
    assert bench.panels.look.colors.isHidden()
    assert "Open an image" in bench.panels.look.words.text()


def test_sliders_change_what_is_on_the_screen_and_reset_takes_it_back(seen: Seen) -> None:
    seen.open()
    before = seen.color()
    drag_slider(seen.panel.colors.brightness.slider, 0.6)
    added = seen.panel.colors.brightness.value
    assert 0.1 < added < 0.3
    assert seen.color() == pytest.approx([min(255, c + added * 255) for c in before], abs=4)
    drag_slider(seen.panel.colors.saturation.slider, 0.0)
    red, green, blue = seen.color()
    assert max(red, green, blue) - min(red, green, blue) <= 2
    QTest.mouseClick(seen.panel.colors.reset, LEFT)
    assert seen.color() == pytest.approx(before, abs=3)
    assert not seen.panel.colors.reset.isEnabled()


def test_a_typed_number_and_a_double_click_on_the_slider(seen: Seen) -> None:
    seen.open()
    contrast = seen.panel.colors.contrast
    contrast.number.setFocus()
    contrast.number.selectAll()
    QTest.keyClicks(contrast.number, "2.00")
    QTest.keyClick(contrast.number, Qt.Key.Key_Return)
    assert seen.pane.look.contrast == 2.0
    QTest.mouseDClick(contrast.slider, LEFT, NONE, contrast.slider.rect().center())
    assert seen.pane.look == Look()


def test_a_stain_view_is_chosen_by_key_and_the_reader_is_not_asked_again(seen: Seen) -> None:
    seen.open()
    before = seen.color()
    reads = len(seen.bench.bench.current.reader.reads)  # type: ignore[union-attr]
    seen.panel.colors.stain.setFocus()
    QTest.keyClick(seen.panel.colors.stain, Qt.Key.Key_Down)
    assert seen.pane.look.stain is StainView.HAEMATOXYLIN
    assert seen.color() != before
    assert len(seen.bench.bench.current.reader.reads) == reads  # type: ignore[union-attr]


def test_the_profile_can_be_switched_only_where_there_is_one(seen: Seen) -> None:
    seen.open()
    assert not seen.panel.colors.profile.isEnabled()
    seen.open(replace(slide_info(900, 700), icc="Scanner RGB"), "profiled.svs")
    assert seen.panel.colors.profile.isEnabled()
    assert "Scanner RGB" in seen.panel.colors.profile_words.text()
    seen.panel.colors.profile.click()
    assert seen.pane.look.srgb is False


def test_each_image_is_shown_as_it_was_last(seen: Seen) -> None:
    seen.open()
    first = seen.bench.bench.current.image
    assert first is not None
    seen.panel.colors.stain.setCurrentIndex(3)
    seen.open(name="second.svs")
    assert seen.pane.look == Look() == seen.panel.colors.look_wanted()
    seen.bench.bench.open_image(first.id)
    seen.bench.wait(lambda: seen.title == "slide")
    assert seen.pane.look.stain is StainView.DAB
    assert seen.panel.colors.stain.currentText() == "DAB"


def test_a_scan_has_a_window_and_no_stains(seen: Seen) -> None:
    seen.open(series_info(planes=1, window=Window(80, 161)), "scan.dcm")
    controls = seen.panel.window_controls
    assert controls.isVisible() and seen.panel.colors.isHidden()
    assert (controls.center.value(), controls.width_.value()) == (80, 161)
    middle = Point(100, 80)
    assert seen.color(middle)[0] == pytest.approx(128, abs=3)
    controls.inverted.click()
    assert seen.color(Point(100, 10))[0] > 200
    controls.inverted.click()
    QTest.mouseClick(controls.full, LEFT)
    assert (controls.center.value(), controls.width_.value()) == (80, 160)
    QTest.mouseClick(controls.automatic, LEFT)
    assert controls.width_.value() == pytest.approx(157, abs=1)
    QTest.mouseClick(controls.from_file, LEFT)
    assert (controls.center.value(), controls.width_.value()) == (80, 161)


def test_the_right_button_and_the_panel_tell_the_same_window(seen: Seen) -> None:
    seen.open(series_info(planes=1, window=Window(80, 161)), "scan.dcm")
    canvas = seen.pane.canvas_widget
    QTest.mousePress(canvas, Qt.MouseButton.RightButton, pos=QPoint(300, 300))
    QTest.mouseMove(canvas, QPoint(400, 300))
    QTest.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=QPoint(400, 300))
    assert seen.panel.window_controls.width_.value() > 200


def test_channels_are_shown_in_their_colour_and_range(seen: Seen) -> None:
    channels = (Channel("DAPI", "#0000ff"), Channel("HER2", "#00ff00"))
    info = replace(slide_info(900, 700), photometric=Photometric.GREY, dtype="uint16", channels=channels)
    seen.open(info, "fluorescence.tif")
    first, second = seen.panel.channels.rows
    assert [row.visible.text() for row in (first, second)] == ["DAPI", "HER2"]
    first.high.setValue(1000)
    second.high.setValue(6000)
    assert seen.color() == pytest.approx((0, 127, 255), abs=3)
    second.visible.click()
    assert seen.color() == pytest.approx((0, 0, 255), abs=3)
    first.set_color(QColor("#ff0000"))
    assert seen.color() == pytest.approx((255, 0, 0), abs=3)


def test_automatic_ranges_leave_hidden_channels_alone() -> None:
    views = (ChannelView(0, False, "#ffffff", 1, 2), ChannelView(1, True, "#ffffff", 0, 65_535))
    values = np.arange(1001, dtype=np.uint16)[:, np.newaxis]
    hidden, shown = fitted_channels(views, values)
    assert hidden == views[0]
    assert (shown.low, shown.high) == pytest.approx((10, 998))


def test_a_typed_magnification_is_what_the_view_has_then(seen: Seen) -> None:
    seen.open()
    scale = seen.bench.bench.panes.active.frame.scale
    seen.bench.wait(scale.entry.isVisible)
    seen.bench.window.activateWindow()
    seen.bench.wait(seen.bench.window.isActiveWindow)
    center = seen.pane.view.center
    QTest.mouseClick(scale.entry, LEFT)
    QTest.keyClicks(scale.entry, "0.8 um")
    QTest.keyClick(scale.entry, Qt.Key.Key_Return)
    assert seen.pane.view.mpp == pytest.approx(0.8)
    assert seen.pane.view.center == center
    seen.bench.wait(lambda: "0.8 µm/px" in scale.text())
