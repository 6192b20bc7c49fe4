"""Colours of a model's map."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lnm_desktop.domain.colormaps import CIVIDIS, COLORMAPS, MAGMA, VIRIDIS, ColorTable
from lnm_desktop.formats.heatmap_png import colorize, dumps_png

# End points as published with the tables (matplotlib's _cm_listed.py), rounded to 8 bits.
PUBLISHED = [
    (MAGMA, (0, 0, 4), (252, 253, 191)),
    (VIRIDIS, (68, 1, 84), (253, 231, 37)),
    (CIVIDIS, (0, 34, 78), (254, 232, 56)),
]


@pytest.mark.parametrize(("table", "first", "last"), PUBLISHED)
def test_tables_begin_and_end_as_published(table: ColorTable, first: object, last: object) -> None:
    assert (len(table), table[0], table[-1]) == (256, first, last)


@pytest.mark.parametrize("name", COLORMAPS)
def test_tables_grow_lighter_step_by_step(name: str) -> None:
    red, green, blue = np.array(COLORMAPS[name], float).T
    assert (np.diff(0.2126 * red + 0.7152 * green + 0.0722 * blue) > -0.6).all()


def test_values_become_colours_and_the_rest_is_clear() -> None:
    values = np.array([[0.0, 1.0, 2.0], [np.nan, 0.29, 0.3]], np.float32)
    rgba = colorize(values, opacity=0.5, threshold=0.3)
    assert rgba[..., 3].tolist() == [[0, 128, 128], [0, 0, 128]]
    assert tuple(rgba[0, 1, :3]) == tuple(rgba[0, 2, :3]) == MAGMA[-1]
    assert tuple(colorize(values, table=VIRIDIS)[0, 0]) == (*VIRIDIS[0], 255)


def test_infinite_values_are_clear() -> None:
    assert (colorize(np.array([[np.inf, -np.inf]], np.float32))[..., 3] == 0).all()


def test_cells_are_squares_of_whole_pixels() -> None:
    rgba = colorize(np.array([[0.0, 1.0], [np.nan, 0.5], [0.2, 0.4]], np.float32))
    with Image.open(io.BytesIO(dumps_png(rgba))) as picture:
        factor = picture.width // 2
        assert picture.size == (2 * factor, 3 * factor)
        assert (np.asarray(picture)[factor // 2 :: factor, factor // 2 :: factor] == rgba).all()
