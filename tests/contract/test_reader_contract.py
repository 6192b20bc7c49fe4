"""Every reader keeps the same promises, in this process and across the border of the pixel server."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
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
    CHANNELS,
    HEIGHT,
    PLANES,
    WIDTH,
    a_dicom,
    a_plain_tiff,
    a_png,
    a_slide,
    a_stack,
    a_zarr_picture,
    a_zarr_stack,
    blob_grey,
    blob_rgb,
    stack_pixels,
)

SOURCES: dict[str, Callable[[Path], Path]] = {
    "openslide": lambda folder: a_slide(folder / "slide.tif"),
    "openslide-odd-levels": lambda folder: a_slide(folder / "odd.tif", level_sizes=((265, 211), (66, 53))),
    "tiff-rgb": lambda folder: a_plain_tiff(folder / "plain.tif", blob_rgb()),
    "tiff-grey": lambda folder: a_plain_tiff(folder / "grey.tif", blob_grey()),
    "tiff-planar": lambda folder: a_plain_tiff(
        folder / "planar.tif", np.ascontiguousarray(blob_rgb().transpose(2, 0, 1)), photometric="rgb", planarconfig=2
    ),
    "tiff-rgb-12": lambda folder: a_plain_tiff(
        folder / "deep.tif", np.round(blob_rgb() * (4095 / 255)).astype(np.uint16), photometric="rgb"
    ),
    "tiff-samples": lambda folder: a_plain_tiff(
        folder / "samples.tif",
        np.stack([blob_grey() // np.uint16(n + 1) for n in range(5)], axis=-1),
        photometric="minisblack",
        planarconfig="contig",
    ),
    "ome-tiff": lambda folder: a_stack(folder / "stack.ome.tif"),
    "ome-zarr-2": lambda folder: a_zarr_stack(folder / "stack.zarr"),
    "ome-zarr-3": lambda folder: a_zarr_stack(folder / "stack.zarr", 3),
    "ome-zarr-rgb": lambda folder: a_zarr_picture(folder / "picture.zarr"),
    "raster": lambda folder: a_png(folder / "picture.png"),
    "dicom": lambda folder: a_dicom(folder / "image.dcm"),
    "dicom-rescaled": lambda folder: a_dicom(folder / "scaled.dcm", RescaleSlope=0.5, RescaleIntercept=-100),
}
DICOM_UID = "1.2.826.0.1.3680043.8.498.46702941076792458794464453066648511350"
REAL: dict[str, str] = {
    "aperio": "aperio_svs/CMU-1-Small-Region.svs",
    "dicom-slide": f"dicom_wsi/CMU-1-Small-Region/{DICOM_UID}.dcm",
    "tiff-file": "tiff/cytomine-test-image.tiff",
    "slide-in-four-levels": "tiff/boxes.tiff",
    "ome-file": "ometiff/libvips-multi-channel-z-series.ome.tif",
}
FLOAT_REGION = Region(300.3, 180.6, 240.9, 260.2)


@pytest.fixture(scope="module")
def pixel_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PixelServer]:
    server = PixelServer(tmp_path_factory.mktemp("log") / "pixels.log")
    yield server
    server.close()


def sides(names: Iterable[str]) -> list[str]:
    return [f"{name}/{side}" for name in names for side in ("here", "remote")]


@contextmanager
def opened(path: Path, side: str, pixel_server: PixelServer) -> Iterator[ImageReader]:
    with open_image(path) if side == "here" else pixel_server.open(path) as reader:
        yield reader


@pytest.fixture(params=sides(SOURCES))
def reader(request: pytest.FixtureRequest, tmp_path: Path, pixel_server: PixelServer) -> Iterator[ImageReader]:
    """A made-up image with the hill."""
    name, side = request.param.split("/")
    with opened(SOURCES[name](tmp_path), side, pixel_server) as found:
        yield found


@pytest.fixture(params=sides((*SOURCES, *REAL)))
def any_reader(request: pytest.FixtureRequest, tmp_path: Path, pixel_server: PixelServer) -> Iterator[ImageReader]:
    """A made-up image or a real one."""
    name, side = request.param.split("/")
    if name in SOURCES:
        path = SOURCES[name](tmp_path)
    else:
        path = request.getfixturevalue("shared_data") / "slides" / REAL[name]
    with opened(path, side, pixel_server) as found:
        yield found


def test_info_is_sane(any_reader: ImageReader) -> None:
    info = any_reader.info
    assert info.levels[0].size == info.size
    assert (info.levels[0].downsample_x, info.levels[0].downsample_y) == (1.0, 1.0)
    for level in info.levels:
        assert math.isclose(level.downsample_x, info.size.width / level.size.width)
        assert math.isclose(level.downsample_y, info.size.height / level.size.height)
        assert level.tile.width > 0
        assert level.tile.height > 0
    assert info.planes >= 1
    assert not info.channels or (len(info.channels) > 1 and info.photometric is Photometric.GREY)
    assert all(re.fullmatch("#[0-9a-f]{6}", channel.color) for channel in info.channels)
    assert all(isinstance(value, str) for value in info.properties.values())
    assert "anary" not in repr(info)


def test_the_size_is_what_was_written(reader: ImageReader) -> None:
    assert (reader.info.size.width, reader.info.size.height) == (WIDTH, HEIGHT)


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
def test_neighbouring_tiles_join_without_a_seam(any_reader: ImageReader, downsample: float) -> None:
    step = 32 * downsample
    whole = any_reader.read_region(RegionRequest(Region(60.4, 40.2, 2 * step, step), downsample))
    left = any_reader.read_region(RegionRequest(Region(60.4, 40.2, step, step), downsample))
    right = any_reader.read_region(RegionRequest(Region(60.4 + step, 40.2, step, step), downsample))
    joined = np.concatenate([left, right], axis=1)
    assert np.abs(joined.astype(float) - whole.astype(float)).max() <= 1


def test_outside_is_background(any_reader: ImageReader) -> None:
    background, size = _background(any_reader.info), any_reader.info.size
    beyond = any_reader.read_region(RegionRequest(Region(size.width + 50, -500, 100, 80), 1.7))
    assert (beyond == background).all()
    corner = any_reader.read_region(RegionRequest(Region(-20, -10, 40, 20)))
    assert (corner[:10] == background).all()
    assert (corner[:, :20] == background).all()
    _check_form(corner, RegionRequest(Region(-20, -10, 40, 20)), any_reader.info)


def test_huge_requests_come_in_the_asked_shape(any_reader: ImageReader) -> None:
    request = RegionRequest(Region(-1e6, -1e6, 2e6, 2e6), 20_000)
    _check_form(any_reader.read_region(request), request, any_reader.info)


def test_every_plane_and_channel_is_read_in_form_and_no_other(any_reader: ImageReader) -> None:
    info = any_reader.info
    for plane in range(info.planes):
        for channel in range(max(1, len(info.channels))):
            request = RegionRequest(Region(20, 30, 40, 50), 1.5, plane, channel)
            _check_form(any_reader.read_region(request), request, info)
    for beyond in (RegionRequest(Region(0, 0, 8, 8), plane=info.planes), RegionRequest(Region(0, 0, 8, 8), plane=-1)):
        if info.planes > 1:
            with pytest.raises(ImageError, match=f"no plane {beyond.plane}"):
                any_reader.read_region(beyond)
    if info.channels:
        with pytest.raises(ImageError, match="no channel"):
            any_reader.read_region(RegionRequest(Region(0, 0, 8, 8), channel=len(info.channels)))


def test_asking_for_srgb_gives_pixels_of_the_same_form(any_reader: ImageReader) -> None:
    request = RegionRequest(Region(20, 30, 40, 50), 1.5, srgb=True)
    pixels = any_reader.read_region(request)
    _check_form(pixels, request, any_reader.info)
    if not any_reader.info.icc:
        assert np.array_equal(pixels, any_reader.read_region(replace(request, srgb=False)))


def test_unknown_associated_image_is_refused(any_reader: ImageReader) -> None:
    with pytest.raises(ImageError, match="nonsense"):
        any_reader.read_associated("nonsense")


def test_closing_twice_is_allowed_and_reading_after_is_not(any_reader: ImageReader) -> None:
    any_reader.close()
    any_reader.close()
    with pytest.raises(ImageError, match="closed"):
        any_reader.read_region(RegionRequest(Region(0, 0, 8, 8)))


@pytest.mark.parametrize("side", ["here", "remote"])
@pytest.mark.parametrize("name", ["ome-tiff", "ome-zarr-2", "ome-zarr-3"])
def test_slices_and_channels_are_told_apart(tmp_path: Path, pixel_server: PixelServer, name: str, side: str) -> None:
    with opened(SOURCES[name](tmp_path), side, pixel_server) as stack:
        info = stack.info
        assert (info.planes, info.dtype, info.calibration.mpp) == (PLANES, "uint16", 0.5)
        assert [(channel.name, channel.color) for channel in info.channels] == [
            ("DAPI", "#0000ff"),
            ("CK", "#00ff00"),
            ("Ki-67", "#ff0000"),
        ]
        assert [round(level.downsample_x) for level in info.levels] == [1, 4]
        for plane, channel in itertools.product(range(PLANES), range(CHANNELS)):
            near = stack.read_region(RegionRequest(Region(380, 280, 64, 64), 1.0, plane, channel))
            assert np.array_equal(near, stack_pixels(plane, channel)[280:344, 380:444])
            far = stack.read_region(RegionRequest(Region(320, 240, 256, 256), 4.0, plane, channel))
            assert np.array_equal(far, stack_pixels(plane, channel, 4)[60:124, 80:144])


@pytest.mark.parametrize("name", REAL)
def test_a_real_image_is_the_same_across_the_border(shared_data: Path, pixel_server: PixelServer, name: str) -> None:
    path = shared_data / "slides" / REAL[name]
    with open_image(path) as here, pixel_server.open(path) as there:
        assert here.info == there.info
        for region, downsample in ((Region(11, 13, 120, 90), 1.0), (Region(7.5, 3.25, 140, 130), 1.9)):
            request = RegionRequest(region, downsample, plane=here.info.planes - 1)
            assert np.array_equal(here.read_region(request), there.read_region(request))


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
