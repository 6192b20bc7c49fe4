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
from lnm_desktop.ui.viewer.heatmap_levels import ColoredLevel, HeatmapLevels
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
def test_the_values_under_the_cursor_are_the_map_s_and_the_pixel_s(show_slide, qtbot) -> None:
    pane, _ = show_slide()
    pane.show_heatmap(GRID, values())
    told: list = []
    pane.values_under_cursor.connect(told.append)
    qtbot.mouseMove(pane.canvas_widget, pane.to_screen(Point(1100, 600)).toPoint())
    qtbot.waitUntil(lambda: told and told[-1].map == 1.0, timeout=5000)
    assert told[-1].pixel == cell_color(1100, 600)
    pane.show_heatmap(GRID, values() - 1.5, signed=True)
    assert (told[-1].map, told[-1].signed) == (-0.5, True), "another map under a cursor that rests"
    pane.show_heatmap(GRID, values())
    qtbot.mouseMove(pane.canvas_widget, pane.to_screen(Point(600, 300)).toPoint())
    qtbot.waitUntil(lambda: told[-1].map is None, timeout=5000)
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


@pytest.mark.parametrize(("value", "color"), [(-1.0, (5, 48, 97)), (1.0, (103, 0, 31))])
def test_differences_have_two_colours_and_none_around_zero(value: float, color: tuple[int, int, int]) -> None:
    style = HeatmapStyle(threshold=0.9, colormap="viridis")
    rgba = colored(np.array([[np.nan, 0.0, 0.04, -0.04, value]], np.float32), style, signed=True)
    assert rgba[0, :, 3].tolist() == [0, 0, 0, 0, 255]
    assert tuple(rgba[0, 4, :3]) == color


@pytest.mark.parametrize("signed", [False, True])
def test_coarse_levels_keep_the_extremes_and_follow_changes(signed: bool) -> None:
    values = np.full((1501, 2999), np.nan, np.float32)
    values[:, :1000] = 0.25
    values[1500, 7] = -0.75 if signed else 0.75
    made = HeatmapLevels(values, signed=signed)
    assert [level.shape for level in made.levels] == [(1504, 3000), (752, 1500), (376, 750)]
    assert made.levels[2][375, 1] == (-0.75 if signed else 0.75)
    assert made.levels[2][0, 0] == 0.25
    assert np.isnan(made.levels[2][0, 300])
    block = np.full((3, 5), 0.875, np.float32)
    values[701:704, 1203:1208] = block
    made.put(1203, 701, block)
    for changed, fresh in zip(made.levels, HeatmapLevels(values, signed=signed).levels, strict=True):
        assert np.array_equal(changed, fresh, equal_nan=True)


def test_a_small_map_has_one_level() -> None:
    assert len(HeatmapLevels(np.zeros((2000, 2000), np.float32)).levels) == 1


@pytest.mark.gl
def test_of_a_large_map_only_what_is_in_sight_is_coloured(show_slide, qtbot) -> None:
    pane, reader = show_slide()
    pane.set_heatmap_style(HeatmapStyle(opacity=1.0, threshold=0.5, colormap="viridis"))
    size = reader.info.size
    edge = 6000
    grid = HeatmapGrid("large", "large", edge, edge, Point(0, 0), Size(size.width / edge, size.height / edge))
    found = np.full((edge, edge), np.nan, np.float32)
    found[: edge // 2, edge // 2 :] = 1.0
    sizes: list[int] = []
    real = ColoredLevel.__getitem__

    def noted(level: ColoredLevel, key: object) -> np.ndarray:
        sizes.append(real(level, key).size // 4)
        return real(level, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ColoredLevel, "__getitem__", noted)
        pane.show_heatmap(grid, found)
        assert pane.wait_until_sharp(30_000)
        yellow = tuple(colored(np.ones((1, 1), np.float32), HeatmapStyle(colormap="viridis"))[0, 0, :3])
        for zoom in (1.0, 4.0):
            pane.zoom_by(zoom)
            assert pane.wait_until_sharp(30_000)
            qtbot.wait(200)
            image = pane.screenshot()
            middle = Point(size.width / 2, size.height / 2)
            reach = 40 * pane.downsample
            assert_color(pane, image, Point(middle.x + reach, middle.y - reach), yellow)
            beside = Point(middle.x - reach, middle.y + reach)
            assert_color(pane, image, beside, cell_color(beside.x, beside.y))
        pane.update_heatmap("large", edge // 2 - 500, edge // 2, np.ones((500, 500), np.float32))
        qtbot.wait(700)
        qtbot.waitUntil(lambda: pane._scene.heatmap._levels.levels[0][edge // 2, edge // 2 - 1] == 1.0)
        assert_color(pane, pane.screenshot(), Point(middle.x - 2 * pane.downsample, middle.y + 6), yellow)
    assert sizes and max(sizes) < 4_000_000, "36 million cells are never coloured at once"
