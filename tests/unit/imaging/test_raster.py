"""Plain pictures: decoded once, within a limit, to the pixels that Pillow gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageUnsupported
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.readers import raster
from lnm_desktop.imaging.remote import PixelServer
from tests.unit.imaging.builders import a_png, blob_rgb

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpeg": ("jpg", {"quality": 90}),
    "jpeg-444": ("jpg", {"quality": 80, "subsampling": 0}),
    "jpeg-progressive": ("jpg", {"quality": 80, "progressive": True}),
    "png": ("png", {}),
    "png-interlaced": ("png", {"interlace": 1}),
}


@pytest.mark.parametrize("form", FORMS)
def test_pixels_are_pillows(tmp_path: Path, form: str) -> None:
    suffix, options = FORMS[form]
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(blob_rgb()).save(path, **options)
    with open_image(path) as image, Image.open(path) as peer:
        assert np.array_equal(image.read_region(RegionRequest(image.info.region)), np.asarray(peer))
        assert image.info.levels[0].tile == image.info.size, "it is stored in one piece"


def test_sixteen_bits_of_colour_are_shown_with_eight(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(blob_rgb().astype(np.uint16) * 257))
    with open_image(path) as image:
        assert image.info.dtype == "uint8"
        assert np.array_equal(image.read_region(RegionRequest(image.info.region)), blob_rgb())


def test_a_transparent_colour_of_rgb_is_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.full((20, 30, 3), (1, 2, 3), np.uint8)).save(path, transparency=(1, 2, 3))
    with open_image(path) as image:
        assert (image.read_region(RegionRequest(image.info.region)) == 255).all()


def test_pillows_limit_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with open_image(a_png(tmp_path / "a.png")) as image:
        assert image.info.size.width == 800
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_too_large_a_picture_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(raster, "MAXIMUM_BYTES", 1024**2)
    monkeypatch.setattr(raster, "_pixels", lambda *_: pytest.fail("it was decoded"))
    path = tmp_path / "a.png"
    Image.new(mode, (800, 640)).save(path)
    with pytest.raises(ImageUnsupported, match=r"a.png has 800 × 640 pixels") as caught:
        open_image(path)
    assert "pyramidal TIFF" in caught.value.hint


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_cut_picture_is_damaged(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (300, 400, 3)).astype(np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageDamaged, match="cannot be decoded"):
        open_image(path)


def test_a_large_picture_is_decoded_by_one_process_only(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(np.zeros((5000, 5000, 3), np.uint8), level=1))
    server = PixelServer(tmp_path / "log")
    try:
        with server.open(path) as image:
            asked = [image.submit(RegionRequest(image.info.region, 20.0)) for _ in range(12)]
            assert all(not found.result().any() for found in asked)
            assert len(server.pids) == 1
            with server.open(a_png(tmp_path / "b.png")) as other:
                asked = [image.submit(RegionRequest(image.info.region, 20.0)) for _ in range(12)]
                assert other.read_region(RegionRequest(other.info.region)).shape == (640, 800, 3)
                assert all(not found.result().any() for found in asked)
    finally:
        server.close()
