"""JPEG tiles with the file's colours, whole or decoded at a fraction of their size."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from skimage.filters import gaussian

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Kernel, RegionRequest
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.area import area_mean
from lnm_desktop.imaging.readers.jpeg_tiles import JpegTiles
from lnm_desktop.imaging.readers.openslide import OpenSlideReader
from tests.unit.imaging.test_stored_tiles import FORMS

RGB = 2
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
SIDE = 1024


def tissue(side: int = SIDE) -> NDArray[np.uint8]:
    """Smooth colours with grain, as tissue has."""
    rng = np.random.default_rng(7)
    smooth = gaussian(rng.random((side, side, 3)), 3, channel_axis=2)
    grain = rng.normal(0, 3, (side, side, 1))
    return np.clip(150 + (smooth - 0.5) * 900 + grain, 0, 255).astype(np.uint8)


def a_jpeg_slide(path: Path, form: str = "jpeg") -> Path:
    picture = tissue()
    with tifffile.TiffWriter(path) as file:
        file.write(picture, tile=(256, 256), photometric="rgb", **FORMS[form])
        file.write(area_mean(picture, 4), tile=(256, 256), photometric="rgb", subfiletype=1, **FORMS[form])
    return path


def without_segment(data: bytes, marker: bytes) -> bytes:
    place = data.index(marker)
    return data[:place] + data[place + 2 + int.from_bytes(data[place + 2 : place + 4], "big") :]


@pytest.mark.parametrize("mark", ["adobe", "none", "jfif"])
def test_plain_rgb_is_shown_as_it_is_whatever_the_tile_says(mark: str) -> None:
    picture = tissue(64)
    data = imagecodecs.jpeg8_encode(picture, level=90, colorspace="RGB", outcolorspace="RGB")
    if mark != "adobe":
        data = without_segment(data, b"\xff\xee")
    if mark == "jfif":
        data = data[:2] + JFIF + data[2:]
    found = JpegTiles(b"", is_rgb=True)(data, np.empty((64, 64, 3), np.uint8))
    assert np.array_equal(found, imagecodecs.jpeg8_decode(data, colorspace=RGB, outcolorspace=RGB))
    assert np.abs(found.astype(int) - picture).mean() < 4


def test_a_cut_tile_is_refused() -> None:
    data = imagecodecs.jpeg8_encode(tissue(64), level=90)
    with pytest.raises(ValueError, match=r".+"):
        JpegTiles(b"", is_rgb=False)(data[: len(data) // 2], np.empty((64, 64, 3), np.uint8))


@pytest.mark.parametrize("downsample", [2, 8])
def test_decoding_at_a_fraction_is_near_the_mean_and_only_when_it_is_asked_for(
    tmp_path: Path, downsample: int
) -> None:
    with OpenSlideReader(a_jpeg_slide(tmp_path / "a.tif")) as reader:
        region = Region(0, 0, SIDE, SIDE)
        mean = reader.read_region(RegionRequest(region, downsample, kernel=Kernel.AREA))
        reduced = reader.read_region(RegionRequest(region, downsample, kernel=Kernel.DCT))
        assert reduced.shape == mean.shape == (SIDE // downsample, SIDE // downsample, 3)
        apart = np.abs(reduced.astype(int) - mean.astype(int))
        assert 0 < apart.mean() < 8 < np.ptp(mean) / 10
        assert len(reader.info.levels) == 2, "nobody else sees the levels that are not stored"


def test_places_between_pixels_lie_where_they_belong(tmp_path: Path) -> None:
    with OpenSlideReader(a_jpeg_slide(tmp_path / "a.tif")) as reader:
        region = Region(100.3, 77.9, 400, 300)
        mean = reader.read_region(RegionRequest(region, 3.1, kernel=Kernel.AREA)).astype(int)
        reduced = reader.read_region(RegionRequest(region, 3.1, kernel=Kernel.DCT)).astype(int)
        assert np.abs(reduced - mean).mean() < 0.5 * np.abs(np.roll(mean, 1, axis=1) - mean).mean()


def test_what_is_not_reduced_is_as_by_the_area_kernel(tmp_path: Path) -> None:
    for form, downsample in (("jpeg", 1.0), ("jpeg", 4.0), ("deflate", 2.0), ("deflate", 8.0)):
        with OpenSlideReader(a_jpeg_slide(tmp_path / f"{form}-{downsample}.tif", form)) as reader:
            both = [
                reader.read_region(RegionRequest(Region(0, 0, 512, 512), downsample, kernel=kernel))
                for kernel in (Kernel.AREA, Kernel.DCT)
            ]
            assert np.array_equal(*both)


def test_a_gap_is_damage_at_a_fraction_too(tmp_path: Path) -> None:
    path = a_jpeg_slide(tmp_path / "a.tif")
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        offset, count = page.dataoffsets[5], page.databytecounts[5]
    with path.open("r+b") as file:
        file.seek(offset + count // 2)
        file.write(bytes(count - count // 2 - 2))
    with (
        OpenSlideReader(path) as reader,
        pytest.raises(ImageDamaged, match="x 256, y 256 cannot be decoded"),
    ):
        reader.read_region(RegionRequest(Region(256, 256, 256, 256), 2.0, kernel=Kernel.DCT))
