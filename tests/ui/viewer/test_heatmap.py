"""Colours of a map, and where they lie."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QOpenGLContext
from vispy.gloo.glir import GlirParser

from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.colormaps import COLORMAPS
from lnm_desktop.domain.geometry import Geometry, Point, Shape, Size
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.ui.viewer.coloring import colored
from lnm_desktop.ui.viewer.view_state import HeatmapStyle
from tests.fakes.formula_reader import cell_color, slide_info

GRID = HeatmapGrid("tumour", "tumour", columns=4, rows=3, origin=Point(512, 256), cell=Size(256, 256))


def values() -> np.ndarray:
    found = np.full((3, 4), np.nan, np.float32)
    found[1, 2] = 1.0
    found[1, 1] = 0.2
    return found


def test_clear_below_the_threshold_and_where_nothing_was_examined() -> None:
    rgba = colored(np.array([[np.nan, 0.0, 0.49, 0.6, 1.0]], np.float32), HeatmapStyle(threshold=0.5))
    assert rgba[0, :, 3].tolist() == [0, 0, 0, 255, 255]


@pytest.mark.parametrize("threshold", [0.05, 0.31, 0.5, 0.97])
def test_colour_comes_in_without_a_jump_above_the_threshold(threshold: float) -> None:
    ramp = np.linspace(0, 1, 1001, dtype=np.float32)[np.newaxis]
    alpha = colored(ramp, HeatmapStyle(threshold=threshold))[0, :, 3].astype(int)
    assert (alpha[ramp[0] < threshold] == 0).all()
    assert alpha[-1] == 255
    assert (np.diff(alpha) >= 0).all()
    assert np.diff(alpha).max() <= 10


def test_nan_stays_clear_with_threshold_zero() -> None:
    rgba = colored(np.array([[np.nan, 0.0]], np.float32), HeatmapStyle(threshold=0.0))
    assert rgba[0, :, 3].tolist() == [0, 255]


@pytest.mark.parametrize("name", COLORMAPS)
def test_higher_values_are_lighter(name: str) -> None:
    ramp = np.linspace(0, 1, 11, dtype=np.float32)[np.newaxis]
    rgb = colored(ramp, HeatmapStyle(threshold=0.0, colormap=name))[0, :, :3].astype(float)
    lightness = rgb @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) > 0).all()


@pytest.mark.gl
def test_cells_lie_on_their_tissue(show_slide) -> None:
    pane, _ = show_slide()
    pane.set_heatmap_style(HeatmapStyle(opacity=1.0, threshold=0.5, colormap="viridis"))
    pane.show_heatmap(GRID, values())
    assert pane.wait_until_sharp(30_000)
    image = pane.screenshot()
    inside, beside, below = Point(512 + 2.5 * 256, 256 + 1.5 * 256), Point(1440, 672), Point(928, 672)
    yellow = tuple(colored(np.ones((1, 1), np.float32), HeatmapStyle(colormap="viridis"))[0, 0, :3])
    assert_color(pane, image, inside, yellow)
    assert_color(pane, image, beside, cell_color(beside.x, beside.y))
    assert_color(pane, image, below, cell_color(below.x, below.y))
    for x in (1024 + 6, 1280 - 6):
        assert_color(pane, image, Point(x, 672), yellow)
    for x in (1024 - 6, 1280 + 6):
        assert_color(pane, image, Point(x, 672), cell_color(x, 672))


@pytest.mark.gl
def test_the_colours_are_explained_in_the_corner_as_long_as_they_show(show_slide) -> None:
    pane, _ = show_slide()
    assert not pane._legend.isVisible()
    pane.set_heatmap_style(HeatmapStyle(threshold=0.31))
    pane.show_heatmap(GRID, values())
    assert pane._legend.isVisible()
    assert pane._legend.title.text() == "tumour, clear below 0.31"
    pane.set_heatmap_style(HeatmapStyle(visible=False))
    assert not pane._legend.isVisible()
    pane.set_heatmap_style(HeatmapStyle())
    pane.clear_heatmap()
    assert not pane._legend.isVisible()


@pytest.mark.gl
def test_cells_arrive_while_a_run_goes_on(show_slide, qtbot) -> None:
    pane, _ = show_slide()
    pane.set_heatmap_style(HeatmapStyle(opacity=1.0, threshold=0.5))
    pane.begin_heatmap(GRID)
    redraws: list = []
    pane._scene.heatmap.layer.events.data.connect(redraws.append)
    for column in range(4):
        pane.update_heatmap("tumour", column, 0, np.ones((3, 1), np.float32))
    pane.update_heatmap("another map", 0, 0, np.zeros((3, 4), np.float32))
    qtbot.waitUntil(lambda: bool(redraws), timeout=10_000)
    assert len(redraws) == 1
    assert (pane._scene.heatmap.layer.data[..., 3] == 255).all()
    with pytest.raises(ValueError, match="outside"):
        pane.update_heatmap("tumour", 3, 2, np.ones((2, 2), np.float32))


@pytest.mark.gl
def test_the_value_under_the_cursor_is_the_map_s(show_slide, qtbot) -> None:
    pane, _ = show_slide()
    pane.show_heatmap(GRID, values())
    told: list = []
    pane.value_under_cursor.connect(told.append)
    qtbot.mouseMove(pane.canvas_widget, pane.to_screen(Point(1100, 600)).toPoint())
    qtbot.waitUntil(lambda: told and told[-1] == 1.0, timeout=5000)
    qtbot.mouseMove(pane.canvas_widget, pane.to_screen(Point(600, 300)).toPoint())
    qtbot.waitUntil(lambda: told[-1] is None, timeout=5000)
    pane.clear_heatmap()
    assert len(pane._canvas.viewer.layers) == 0


def assert_color(pane, image, point: Point, expected: tuple[int, int, int]) -> None:
    place = pane.to_screen(point)
    found = image.pixelColor(int(place.x()), int(place.y()))
    distance = max(abs(a - int(b)) for a, b in zip((found.red(), found.green(), found.blue()), expected, strict=True))
    assert distance <= 4, (point, found.getRgb(), expected)


@pytest.mark.gl
def test_a_map_that_goes_draws_in_the_panes_own_context(show_slide, monkeypatch: pytest.MonkeyPatch) -> None:
    """napari sends what is to be drawn when a layer goes; in Qt's own context that crashes the driver."""
    pane, _ = show_slide(slide_info(4000, 3000))
    pane.show_heatmap(HeatmapGrid("m", "m", 20, 15, Point(0, 0), Size(200, 200)), np.ones((15, 20), np.float32))
    assert pane.wait_until_sharp(30_000)
    triangle = Geometry(Shape.POLYGON, (Point(1900, 1400), Point(2100, 1400), Point(2000, 1600)))
    pane.show_annotations(AnnotationSet().add(new_annotation(triangle, "Tumor", author="a")))
    contexts: list[bool] = []
    parse = GlirParser.parse

    def noted(self: GlirParser, commands: list[object]) -> None:
        contexts.append(QOpenGLContext.currentContext() == pane.canvas_widget.context())
        parse(self, commands)

    monkeypatch.setattr(GlirParser, "parse", noted)
    pane.clear_heatmap()
    assert contexts
    assert all(contexts)
