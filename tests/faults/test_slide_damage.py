"""Rows S06, S07, S08, S13, S16, S17 and S19: what is damaged inside is told for its place, and the rest is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.cache import BadTiles, TileKey
from lnm_desktop.imaging.damage import MOST_PARTS
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.pyramid import VirtualPyramid
from lnm_desktop.imaging.reader import ImageReader
from tests.faults.slides import (
    TILE_PX,
    a_claim,
    a_pyramid,
    a_small_slide,
    an_aperio_slide,
    move_tile_to_end,
    rgb_tags,
    tiles_of,
    zero,
    zero_page,
)
from tests.faults.trial import Trial, check_words

INSIDE_PX = 8
PAGE_BYTES = 4096


def inside(column: int, row: int) -> RegionRequest:
    """The middle of a stored tile of level 0, out of reach of its neighbours."""
    edge = TILE_PX - 2 * INSIDE_PX
    return RegionRequest(Region(column * TILE_PX + INSIDE_PX, row * TILE_PX + INSIDE_PX, edge, edge))


def read_all(
    slide: ImageReader,
) -> tuple[dict[tuple[int, int], NDArray[np.generic]], dict[tuple[int, int], ImageError]]:
    """Every stored tile of level 0 by column and row: pixels, or why there are none."""
    pixels, errors = {}, {}
    columns, rows = (int(edge) // TILE_PX for edge in (slide.info.size.width, slide.info.size.height))
    for place in ((column, row) for row in range(rows) for column in range(columns)):
        try:
            pixels[place] = slide.read_region(inside(*place))
        except ImageError as error:
            errors[place] = error
    return pixels, errors


def check_one_bad_tile(trial: Trial, path: Path, whole: Path, bad: tuple[int, int]) -> None:
    """Only the bad tile fails, says where it lies, and is counted once in the view; all others are right."""
    with trial.opened(path) as slide, open_image(whole) as intact:
        pixels, errors = read_all(slide)
        assert list(errors) == [bad]
        assert isinstance(errors[bad], ImageDamaged)
        check_words(errors[bad], path)
        assert f"the part at x {bad[0] * TILE_PX}" in errors[bad].message or "x_px" in errors[bad].facts
        for place, found in pixels.items():
            assert np.array_equal(found, intact.read_region(inside(*place))), place
        assert bad_tiles_in_view(slide) == 1
    trial.check_logs()


def bad_tiles_in_view(slide: ImageReader) -> int:
    """How many tiles of the view would be hatched at full magnification."""
    bad, pyramid = BadTiles(), VirtualPyramid(slide.info)
    rows, columns = pyramid.grid(0)
    for key in (TileKey(0, 0, row, column) for row in range(rows) for column in range(columns)):
        try:
            slide.read_region(pyramid.request(key))
        except ImageDamaged:
            bad.add(key, lasting=True)
    return len(bad)


@pytest.mark.parametrize("cut_bytes", [200, 4000], ids=["last 200 bytes", "most of the tile"])
@pytest.mark.parametrize("compression", ["jpeg", "deflate", "lzw"])
def test_s06_one_tile_cut(trial: Trial, compression: str, cut_bytes: int) -> None:
    whole = a_pyramid(trial.path("-whole.tif"), compression)
    path = trial.path(".tif")
    shutil.copy(whole, path)
    move_tile_to_end(path, 5)
    path.write_bytes(path.read_bytes()[:-cut_bytes])
    check_one_bad_tile(trial, path, whole, (1, 1))


@pytest.mark.parametrize("place", ["start", "middle", "end"])
@pytest.mark.parametrize("compression", ["jpeg", "deflate", "lzw"])
def test_s07_a_page_of_zeros_in_a_tile(trial: Trial, compression: str, place: str) -> None:
    whole = a_pyramid(trial.path("-whole.tif"), compression)
    path = trial.path(".tif")
    shutil.copy(whole, path)
    offset, count = tiles_of(path)[5]
    zero(
        path, offset + {"start": 0, "middle": (count - PAGE_BYTES) // 2, "end": count - PAGE_BYTES}[place], PAGE_BYTES
    )
    check_one_bad_tile(trial, path, whole, (1, 1))


@pytest.mark.parametrize("bad", [MOST_PARTS, MOST_PARTS + 1])
def test_s07_more_than_16_bad_tiles_refuse_the_file(trial: Trial, bad: int) -> None:
    path = a_pyramid(trial.path(".tif"), "lzw", edge_px=5 * TILE_PX)
    for offset, count in tiles_of(path)[:bad]:
        zero(path, offset, count)
    with trial.opened(path) as slide:
        pixels, errors = read_all(slide)
        assert len(errors) == (bad if bad <= MOST_PARTS else 25 - (len(pixels)))
        final = errors[(4, 4)] if bad > MOST_PARTS else None
        assert (final is None) == (len(pixels) == 25 - bad)
        if final is not None:
            assert final.message.startswith(f"more than 16 parts of {path.name} cannot be decoded")
            check_words(final, path)
            with pytest.raises(ImageDamaged, match="more than 16 parts"):
                slide.read_region(RegionRequest(slide.info.region, 4))


def test_s13_unknown_compression_is_named(trial: Trial) -> None:
    path = a_claim(trial.path(".tif"), rgb_tags(16, 16, rows_per_strip=16, compression=52479))
    trial.refused(path, ImageUnsupported, "uses the unknown TIFF compression 52479")


def test_s13_unknown_compression_of_a_real_file(trial: Trial, shared_data: Path) -> None:
    path = trial.path(".tiff")
    shutil.copyfile(shared_data / "slides" / "bad" / "unopenable.tiff", path)
    trial.refused(path, ImageUnsupported, "uses the unknown TIFF compression 52479")


def test_s16_bad_colour_profile(trial: Trial) -> None:
    path = a_small_slide(trial.path(".tif"), iccprofile=b"no profile at all" * 40)
    plain = a_small_slide(trial.path("-plain.tif"))
    with trial.opened(path) as slide, trial.opened(plain) as same:
        assert slide.info.icc == ""
        assert any("profile" in warning for warning in slide.info.warnings)
        region = slide.info.region
        shown = slide.read_region(RegionRequest(region, srgb=True))
        assert np.array_equal(shown, same.read_region(RegionRequest(region)))


@pytest.mark.parametrize(("name", "page"), [("label", 2), ("macro", 3), ("thumbnail", 1)])
def test_s17_bad_label_or_macro(trial: Trial, name: str, page: int) -> None:
    whole = an_aperio_slide(trial.path("-whole.svs"))
    path = trial.path()
    shutil.copy(whole, path)
    zero_page(path, page)
    with trial.opened(path) as slide, trial.opened(whole) as intact:
        assert set(slide.info.associated) == {"label", "macro", "thumbnail"}
        with pytest.raises(ImageDamaged, match=f"the {name} image cannot be decoded") as caught:
            slide.read_associated(name)
        check_words(caught.value, path)
        request = RegionRequest(slide.info.region)
        assert np.array_equal(slide.read_region(request), intact.read_region(request))
        others = set(slide.info.associated) - {name}
        assert all(slide.read_associated(other).shape == (256, 256, 3) for other in others)


OTHER = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "emptied": lambda path: path.write_bytes(b""),
    "another slide": lambda path: a_pyramid(path, "lzw", seed=8),
    "another slide of the same size": lambda path: path.write_bytes(bytes(255 - byte for byte in path.read_bytes())),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("fault", OTHER)
def test_s19_file_changes_while_open_and_comes_back(trial: Trial, fault: str) -> None:
    path = a_pyramid(trial.path(".tif"), "lzw")
    before, told = (
        path.read_bytes(),
        "cannot be found any more" if fault == "gone" else "has changed since it was opened",
    )
    with trial.opened(path) as slide:
        right = [slide.read_region(inside(column, 0)) for column in range(4)]
        OTHER[fault](path)
        for column in (0, 3):
            with pytest.raises(ImageError, match=told) as caught:
                slide.read_region(inside(column, 0))
            check_words(caught.value, path)
            assert not isinstance(caught.value, ImageDamaged), "what may come back must be asked for again"
        path.write_bytes(before)
        for column in range(4):
            assert np.array_equal(slide.read_region(inside(column, 0)), right[column])
