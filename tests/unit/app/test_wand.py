"""The wand takes the tissue that was touched, all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lnm_desktop.app.shapes import to_shapely
from lnm_desktop.app.wand import wand_outline
from lnm_desktop.domain.geometry import Point
from lnm_desktop.errors import LnmError
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.reader import ImageReader

ReaderOf = Callable[[NDArray[np.generic]], ImageReader]

PURPLE, PINK, GLASS = (110, 60, 150), (230, 150, 190), (245, 245, 245)


@pytest.fixture
def reader_of(tmp_path: Path) -> ReaderOf:
    """Opens a picture as the program would."""

    def opened(picture: NDArray[np.generic]) -> ImageReader:
        Image.fromarray(picture).save(tmp_path / "picture.png")
        return open_image(tmp_path / "picture.png")

    return opened


def tissue() -> NDArray[np.uint8]:
    """A purple disc of radius 60 at (200, 150) with a hole of glass, on pink, in noise of its own."""
    rows, columns = np.mgrid[:300, :400]
    away = np.hypot(columns - 200, rows - 150)
    picture = np.empty((300, 400, 3), np.float64)
    picture[:] = PINK
    picture[away <= 60] = PURPLE
    picture[away <= 20] = GLASS
    noise = np.random.default_rng(1).normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_it_takes_the_ring_and_its_hole(reader_of: ReaderOf) -> None:
    outline = wand_outline(reader_of(tissue()), Point(240, 150), 1.0)
    assert outline.area_px2 == pytest.approx(np.pi * (60**2 - 20**2), rel=0.06)
    assert len(outline.holes) == 1
    assert to_shapely(outline).is_valid


def test_places_are_those_of_level_0_at_any_zoom(reader_of: ReaderOf) -> None:
    outline = wand_outline(reader_of(tissue()), Point(240, 150), 2.0)
    bounds = outline.bounds
    assert (bounds.x, bounds.y, bounds.right, bounds.bottom) == pytest.approx((140, 90, 260, 210), abs=5)


def test_pulling_takes_more(reader_of: ReaderOf) -> None:
    reader = reader_of(tissue())
    areas = [wand_outline(reader, Point(240, 150), 1.0, pull).area_px2 for pull in (0.0, 300.0)]
    assert areas[1] > 3 * areas[0]


def test_a_corner_of_the_image_is_no_trouble(reader_of: ReaderOf) -> None:
    assert wand_outline(reader_of(tissue()), Point(400, 300), 1.0).bounds.right <= 401


def test_grey_pictures_have_shades_too(reader_of: ReaderOf) -> None:
    grey = tissue().mean(axis=2).astype(np.uint16) * 200
    outline = wand_outline(reader_of(grey), Point(240, 150), 1.0)
    assert outline.bounds.width == pytest.approx(120, abs=8)


def test_nothing_to_outline_is_said(reader_of: ReaderOf) -> None:
    reader = reader_of(np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(LnmError, match="found nothing"):
        wand_outline(reader, Point(0, 0), 1.0)
