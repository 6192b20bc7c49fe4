from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from lnm_desktop.domain.geometry import Region, Size
from lnm_desktop.domain.image import ImageInfo, ImageKind, Kernel, Level, Photometric, RegionRequest
from lnm_desktop.imaging import placement
from lnm_desktop.imaging.area import area_mean, write_means
from lnm_desktop.imaging.placement import Block, choose_level, place, resample


def levels(*sizes: tuple[int, int]) -> tuple[Level, ...]:
    width, height = sizes[0]
    return tuple(Level(Size(w, h), width / w, height / h, Size(256, 256)) for w, h in sizes)


def an_info(*sizes: tuple[int, int], dtype: str = "float32") -> ImageInfo:
    pyramid = levels(*sizes)
    return ImageInfo(ImageKind.SLIDE, "test", pyramid[0].size, pyramid, photometric=Photometric.GREY, dtype=dtype)


class Formula:
    """A reader of one grey formula, a ramp in level-0 coordinates, that remembers what was asked of it."""

    def __init__(self, info: ImageInfo) -> None:
        self.info = info
        self.asked: list[tuple[int, int, int, int, int]] = []

    def __call__(self, level: int, x: int, y: int, width: int, height: int) -> Block:
        self.asked.append((level, x, y, width, height))
        factor_x, factor_y = self.info.levels[level].downsample_x, self.info.levels[level].downsample_y
        columns = (x + np.arange(width) + 0.5) * factor_x
        rows = (y + np.arange(height) + 0.5) * factor_y
        return Block((columns[None, :] + 3 * rows[:, None]).astype(np.float32), x, y)


@pytest.mark.parametrize(
    ("downsample", "level"), [(0.5, 0), (1, 0), (3.9, 0), (4, 1), (15, 1), (16, 2), (1e9, 2), (3.98, 1)]
)
def test_the_coarsest_level_that_is_fine_enough_is_chosen(downsample: float, level: int) -> None:
    assert choose_level(levels((1001, 803), (250, 200), (62, 50)), downsample) == level


def test_levels_need_not_be_sorted_nor_square() -> None:
    assert choose_level(levels((1000, 1000), (100, 100), (500, 250)), 4.5) == 2


def _native_px(info: ImageInfo, downsample: float) -> float:
    return info.levels[choose_level(info.levels, downsample)].downsample_x


@settings(deadline=None)
@given(
    x=st.floats(0, 500),
    y=st.floats(0, 400),
    width=st.floats(20, 400),
    height=st.floats(20, 300),
    factor=st.floats(0.3, 9),
)
def test_a_ramp_stays_a_ramp(x: float, y: float, width: float, height: float, factor: float) -> None:
    """Each output pixel holds the value at its own centre: no factor is rounded, no origin is moved.

    A sampled triangle filter is off by some hundredths of a native pixel; a rounded origin would be off by halves.
    """
    info = an_info((1000, 800), (331, 265))
    request = RegionRequest(Region(x, y, width, height), factor)
    found = place(request, info, Formula(info), 0)
    columns, rows = request.output
    centre_x = x + (np.arange(columns) + 0.5) * width / columns
    centre_y = y + (np.arange(rows) + 0.5) * height / rows
    wanted = centre_x[None, :] + 3 * centre_y[:, None]
    inside = ((centre_y > 25) & (centre_y < 775))[:, None] & ((centre_x > 25) & (centre_x < 975))[None, :]
    assert np.abs(found - wanted)[inside].max(initial=0) < 0.1 * (1 + 3) * _native_px(info, factor)


@pytest.mark.parametrize("downsample", [0.6, 1.0, 1.7, 3.3, 40.0])
def test_background_does_not_bleed_into_the_picture(downsample: float) -> None:
    info = an_info((300, 200), dtype="uint8")

    def flat(_level: int, x: int, y: int, width: int, height: int) -> Block:
        return Block(np.full((height, width), 100, np.uint8), x, y)

    found = place(RegionRequest(Region(-50.3, -40.7, 500, 400), downsample), info, flat, 255)
    assert set(np.unique(found)) == {100, 255}


def test_only_what_lies_inside_is_ever_asked_for() -> None:
    info = an_info((300, 200))
    reader = Formula(info)
    place(RegionRequest(Region(-1e5, -1e5, 2e5, 2e5), 100), info, reader, 0)
    place(RegionRequest(Region(290, 190, 50, 50)), info, reader, 0)
    for _, x, y, width, height in reader.asked:
        assert x >= 0
        assert y >= 0
        assert x + width <= 300
        assert y + height <= 200


def test_large_blocks_are_read_in_pieces_without_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    info = an_info((1000, 800))
    request = RegionRequest(Region(3.3, 4.4, 900, 700), 5.5)
    at_once = place(request, info, Formula(info), 0)
    monkeypatch.setattr(placement, "CHUNK_EDGE_PX", 64)
    reader = Formula(info)
    in_pieces = place(request, info, reader, 0)
    assert len(reader.asked) > 50
    assert np.abs(at_once - in_pieces).max() < 0.01


def test_whole_pixels_are_copied() -> None:
    pixels = np.arange(100, dtype=np.uint16).reshape(10, 10)
    assert np.array_equal(resample(pixels, (2.0, 3.0, 7.0, 9.0), (5, 6)), pixels[3:9, 2:7])


def test_integers_are_rounded_and_kept_in_range() -> None:
    pixels = np.array([[0, 65535]], np.uint16)
    found = resample(pixels, (0.0, 0.0, 2.0, 1.0), (4, 1))
    assert found.dtype == np.uint16
    assert found[0, 0] == 0
    assert found[0, -1] == 65535


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
@pytest.mark.parametrize(("factor", "channels"), [(1, 3), (2, 3), (3, 1), (4, 3), (6, 3), (12, 1), (32, 1)])
def test_the_area_kernel_is_the_mean_of_whole_squares(dtype: type, factor: int, channels: int) -> None:
    rng = np.random.default_rng(factor)
    pixels = rng.integers(0, 120, (factor * 5, factor * 7, channels)).astype(dtype)
    found = area_mean(pixels, factor)
    means = pixels.reshape(5, factor, 7, factor, channels).astype(np.float64).mean(axis=(1, 3))
    assert found.dtype == pixels.dtype
    assert np.abs(found - means).max() <= (1e-4 if dtype is np.float32 else 0.5)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.int32])
def test_sums_of_extreme_values_do_not_run_over(dtype: type) -> None:
    limits = np.iinfo(dtype)
    for factor in (2, 16, 17, 64):
        for value in (limits.min, limits.max):
            pixels = np.full((factor, 2 * factor), value, dtype)
            assert (area_mean(pixels, factor) == value).all()


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("channels", [1, 3, 6])
def test_means_of_a_part_are_written_into_a_part(factor: int, channels: int) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (6 * factor, 12 * factor, channels)).astype(np.uint8)
    part = pixels[factor : 5 * factor, 2 * factor : 11 * factor]
    room = np.zeros((10, 15, channels), np.uint8)
    write_means(part, factor, room[3:7, 2:11])
    sums = part.reshape(4, factor, 9, factor, channels).sum(axis=(1, 3), dtype=np.uint32)
    assert np.array_equal(room[3:7, 2:11], (sums + factor**2 // 2) // factor**2)
    assert room.sum() == room[3:7, 2:11].sum()


@pytest.mark.parametrize(
    ("region", "downsample", "kernel", "asked"),
    [
        (Region(100, 40, 60, 20), 1, Kernel.BILINEAR, (0, 100, 40, 60, 20, 1)),
        (Region(100, 40, 60, 20), 2, Kernel.AREA, (0, 100, 40, 60, 20, 2)),
        (Region(100, 40, 60, 20), 4, Kernel.BILINEAR, (1, 25, 10, 15, 5, 1)),
        (Region(100, 40, 64, 32), 8, Kernel.AREA, (1, 25, 10, 16, 8, 2)),
        (Region(100, 40, 60, 20), 2, Kernel.BILINEAR, None),
        (Region(100.5, 40, 60, 20), 1, Kernel.AREA, None),
        (Region(100, 40, 60, 21), 2, Kernel.AREA, None),
        (Region(-1, 40, 60, 20), 1, Kernel.AREA, None),
        (Region(990, 40, 60, 20), 1, Kernel.AREA, None),
    ],
)
def test_whole_pixels_inside_a_level_are_asked_for_as_they_are(
    region: Region, downsample: float, kernel: Kernel, asked: tuple[int, ...] | None
) -> None:
    info, answer, found = an_info((1000, 800), (250, 200)), np.zeros((2, 2), np.float32), []

    def read_means(*place: int) -> NDArray[np.generic]:
        found.append(place)
        return answer

    pixels = place(RegionRequest(region, downsample, kernel=kernel), info, Formula(info), 0, read_means)
    assert found == ([] if asked is None else [asked])
    assert (pixels is answer) == (asked is not None)


def test_what_read_means_leaves_is_read_as_a_block() -> None:
    info = an_info((1000, 800))
    request = RegionRequest(Region(8, 8, 32, 32), 2, kernel=Kernel.AREA)
    assert np.array_equal(
        place(request, info, Formula(info), 0, lambda *_: None), place(request, info, Formula(info), 0)
    )


def test_the_caller_owns_the_pixels_whoever_read_them() -> None:
    info, level = an_info((64, 64)), np.ones((64, 64), np.float32)
    for region in (info.region, Region(3, 4, 20, 20), Region(3, 4, 20.5, 20.5)):
        pixels = place(
            RegionRequest(region), info, lambda _l, x, y, w, h: Block(level[y : y + h, x : x + w], x, y), 0
        )
        pixels[...] = 7
    assert (level == 1).all()


def test_the_area_kernel_reads_no_margin_and_the_model_kernel_stays_bilinear() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    box = (16.0, 8.0, 48.0, 40.0)
    by_area = resample(pixels, box, (16, 16), Kernel.AREA)
    assert np.array_equal(by_area, area_mean(pixels[8:40, 16:48], 2))
    image = Image.fromarray(pixels).resize((16, 16), Image.Resampling.BILINEAR, box=box)
    assert np.array_equal(resample(pixels, box, (16, 16)), np.asarray(image))


def test_the_area_kernel_between_whole_pixels_is_the_box_filter() -> None:
    pixels = np.random.default_rng(2).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    box = (3.25, 4.5, 43.25, 44.5)
    image = Image.fromarray(pixels).resize((16, 16), Image.Resampling.BOX, box=box)
    assert np.array_equal(resample(pixels, box, (16, 16), Kernel.AREA), np.asarray(image))
