from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_windowing

from lnm_desktop.domain.image import Window
from lnm_desktop.imaging.windowing import apply_window, robust_window


@pytest.mark.parametrize("window", [Window(2048, 4096), Window(40, 400), Window(127, 254), Window(10.5, 2)])
def test_window_is_that_of_the_standard(window: Window) -> None:
    values = np.arange(0, 4096, dtype=np.uint16).reshape(64, 64)
    header = Dataset()
    header.WindowCenter, header.WindowWidth = window.center, window.width
    header.BitsStored, header.PixelRepresentation, header.PhotometricInterpretation = 12, 0, "MONOCHROME2"
    wanted = apply_windowing(values, header) / 4095 * 255
    assert np.abs(apply_window(values, window) - wanted).max() <= 0.5 + 1e-9


def test_width_one_is_a_threshold() -> None:
    assert apply_window(np.array([9, 10, 11]), Window(10, 1)).tolist() == [0, 255, 255]


def test_inversion_comes_after_the_window() -> None:
    values = np.array([[-5, 0, 50, 100, 5000]], np.int16)
    window = Window(50.5, 101)
    assert apply_window(values, window, inverted=True).tolist() == [[255, 255, 127, 0, 0]]


def test_robust_window_ignores_outliers_and_nan() -> None:
    values = np.concatenate([np.linspace(100, 200, 9800), np.full(50, 1e9), np.full(50, -1e9), [np.nan]])
    window = robust_window(values)
    assert apply_window(np.array([95.0, 205.0]), window).tolist() == [0, 255]
    assert 100 < apply_window(np.array([150.0]), window)[0] < 155


def test_flat_pictures_have_a_window() -> None:
    assert robust_window(np.zeros((4, 4), np.int16)).width >= 1
    assert robust_window(np.array([np.nan])).width >= 1
