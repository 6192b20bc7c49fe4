"""Every reader keeps the same promises, in this process and across the border of the pixel server."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import ImageInfo, Photometric, RegionRequest
from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.remote import PixelServer
from tests.unit.imaging.builders import (
    BLOB,
    HEIGHT,
    WIDTH,
    a_dicom,
    a_plain_tiff,
    a_png,
    a_slide,
    blob_grey,
    blob_rgb,
)

SOURCES: dict[str, Callable[[Path], Path]] = {
    "openslide": lambda folder: a_slide(folder / "slide.tif"),
    "openslide-odd-levels": lambda folder: a_slide(folder / "odd.tif", level_sizes=((265, 211), (66, 53))),
    "tiff-rgb": lambda folder: a_plain_tiff(folder / "plain.tif", blob_rgb()),
    "tiff-grey": lambda folder: a_plain_tiff(folder / "grey.tif", blob_grey()),
    "tiff-planar": lambda folder: a_plain_tiff(
        folder / "planar.tif", np.ascontiguousarray(blob_rgb().transpose(2, 0, 1)), photometric="rgb", planarconfig=2
    ),
    "raster": lambda folder: a_png(folder / "picture.png"),
    "dicom": lambda folder: a_dicom(folder / "image.dcm"),
    "dicom-rescaled": lambda folder: a_dicom(folder / "scaled.dcm", RescaleSlope=0.5, RescaleIntercept=-100),
}
FLOAT_REGION = Region(300.3, 180.6, 240.9, 260.2)


@pytest.fixture(scope="module")
def pixel_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PixelServer]:
    server = PixelServer(tmp_path_factory.mktemp("log") / "pixels.log")
    yield server
    server.close()


@pytest.fixture(params=[f"{name}/{side}" for name in SOURCES for side in ("here", "remote")])
def reader(request: pytest.FixtureRequest, tmp_path: Path, pixel_server: PixelServer) -> Iterator[ImageReader]:
    name, side = request.param.split("/")
    path = SOURCES[name](tmp_path)
    opened = open_image(path) if side == "here" else pixel_server.open(path)
    yield opened
    opened.close()


def test_info_is_sane(reader: ImageReader) -> None:
    info = reader.info
    assert (info.size.width, info.size.height) == (WIDTH, HEIGHT)
    assert info.levels[0].size == info.size
    assert (info.levels[0].downsample_x, info.levels[0].downsample_y) == (1.0, 1.0)
    for level in info.levels:
        assert math.isclose(level.downsample_x, WIDTH / level.size.width)
        assert math.isclose(level.downsample_y, HEIGHT / level.size.height)
        assert level.tile.width > 0
        assert level.tile.height > 0
    assert info.planes == 1
    assert all(isinstance(value, str) for value in info.properties.values())
    assert "anary" not in repr(info)


@pytest.mark.parametrize("downsample", [0.5, 1.0, 1.37, 2.9, 3.1, 4.0, 7.77])
def test_pixels_lie_where_they_were_asked_for(reader: ImageReader, downsample: float) -> None:
    request = RegionRequest(FLOAT_REGION, downsample)
    pixels = reader.read_region(request)
    _check_form(pixels, request, reader.info)
    x, y = _centroid(pixels, reader.info)
    width, height = request.output
    found_x = FLOAT_REGION.x + x * FLOAT_REGION.width / width
    found_y = FLOAT_REGION.y + y * FLOAT_REGION.height / height
    assert found_x == pytest.approx(BLOB[0], abs=0.15)
    assert found_y == pytest.approx(BLOB[1], abs=0.15)


def test_whole_pixels_are_exact(reader: ImageReader) -> None:
    request = RegionRequest(Region(390, 290, 60, 50))
    pixels = reader.read_region(request)
    if reader.info.photometric is Photometric.RGB:
        assert np.array_equal(pixels, blob_rgb()[290:340, 390:450])
    else:
        scale, offset = (0.5, -100) if reader.info.dtype == "float32" else (1, 0)
        assert np.array_equal(pixels, blob_grey()[290:340, 390:450] * scale + offset)


@pytest.mark.parametrize("downsample", [1.0, 2.6, 6.5])
def test_neighbouring_tiles_join_without_a_seam(reader: ImageReader, downsample: float) -> None:
    step = 32 * downsample
    whole = reader.read_region(RegionRequest(Region(260.4, 200.2, 2 * step, step), downsample))
    left = reader.read_region(RegionRequest(Region(260.4, 200.2, step, step), downsample))
    right = reader.read_region(RegionRequest(Region(260.4 + step, 200.2, step, step), downsample))
    joined = np.concatenate([left, right], axis=1)
    assert np.abs(joined.astype(float) - whole.astype(float)).max() <= 1


def test_outside_is_background(reader: ImageReader) -> None:
    background = _background(reader.info)
    beyond = reader.read_region(RegionRequest(Region(WIDTH + 50, -500, 100, 80), 1.7))
    assert (beyond == background).all()
    corner = reader.read_region(RegionRequest(Region(-20, -10, 40, 20)))
    assert (corner[:10] == background).all()
    assert (corner[:, :20] == background).all()
    _check_form(corner, RegionRequest(Region(-20, -10, 40, 20)), reader.info)


def test_huge_requests_come_in_the_asked_shape(reader: ImageReader) -> None:
    request = RegionRequest(Region(-1e6, -1e6, 2e6, 2e6), 20_000)
    _check_form(reader.read_region(request), request, reader.info)


def test_unknown_associated_image_is_refused(reader: ImageReader) -> None:
    with pytest.raises(ImageError, match="nonsense"):
        reader.read_associated("nonsense")


def test_closing_twice_is_allowed_and_reading_after_is_not(reader: ImageReader) -> None:
    reader.close()
    reader.close()
    with pytest.raises(ImageError, match="closed"):
        reader.read_region(RegionRequest(Region(0, 0, 8, 8)))


def test_associated_images(shared_data: Path, pixel_server: PixelServer) -> None:
    path = shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs"
    with open_image(path) as here, pixel_server.open(path) as there:
        assert here.info == there.info
        assert set(here.info.associated) == {"label", "macro", "thumbnail"}
        for name in here.info.associated:
            picture = here.read_associated(name)
            assert picture.dtype == np.uint8
            assert picture.ndim == 3
            assert np.array_equal(picture, there.read_associated(name))


def _check_form(pixels: NDArray[np.generic], request: RegionRequest, info: ImageInfo) -> None:
    width, height = request.output
    rgb = info.photometric is Photometric.RGB
    assert pixels.shape == ((height, width, 3) if rgb else (height, width))
    assert pixels.dtype == np.dtype(info.dtype)


def _background(info: ImageInfo) -> float:
    if info.photometric is Photometric.RGB:
        return 255
    return -100 if info.dtype == "float32" else 0


def _centroid(pixels: NDArray[np.generic], info: ImageInfo) -> tuple[float, float]:
    """Centre of gravity of the blob in output pixels, corners at whole numbers."""
    values = pixels[..., 0] if pixels.ndim == 3 else pixels
    weight = np.abs(values.astype(float) - _background(info))
    weight[weight < weight.max() * 0.02] = 0
    x, y = np.arange(weight.shape[1]) + 0.5, np.arange(weight.shape[0]) + 0.5
    return float((weight.sum(0) * x).sum() / weight.sum()), float((weight.sum(1) * y).sum() / weight.sum())
