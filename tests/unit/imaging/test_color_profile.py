"""Colour profiles: converted for a screen, never for a model; what cannot be used is told."""

from __future__ import annotations

import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.color_profile import MAXIMUM_BYTES, profile_of
from lnm_desktop.imaging.open import open_image
from tests.unit.imaging.builders import a_plain_tiff, a_png, a_slide, blob_rgb

GAMMA = 1.4


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def a_profile(gamma: float = GAMMA) -> bytes:
    """sRGB's colours with another curve: a profile of ICC 4 whose curves are one gamma."""
    data = bytearray(srgb_profile())
    count = struct.unpack(">I", data[128:132])[0]
    places = {
        bytes(data[132 + 12 * n :][:4]): struct.unpack(">II", data[136 + 12 * n : 144 + 12 * n]) for n in range(count)
    }
    curve = b"para" + bytes(4) + struct.pack(">HHi", 0, 0, round(gamma * 65536))
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        offset, size = places[name]
        data[offset : offset + len(curve)] = curve
        assert size >= len(curve)
    return bytes(data)


def in_srgb(value: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What the colours of `a_profile` are in sRGB by IEC 61966-2-1."""
    linear = (value / 255) ** GAMMA
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def a_picture(path: Path, **options: bytes) -> Path:
    Image.fromarray(blob_rgb()).save(path, icc_profile=options["iccprofile"])
    return path


def a_slide_with(path: Path, **options: bytes) -> Path:
    tifffile.imwrite(path, blob_rgb(), tile=(128, 128), compression="deflate", photometric="rgb", **options)
    return path


SOURCES: dict[str, Callable[..., Path]] = {
    "openslide": lambda folder, data: a_slide_with(folder / "a.tif", iccprofile=data),
    "tiff": lambda folder, data: a_plain_tiff(folder / "a.tif", blob_rgb(), iccprofile=data),
    "png": lambda folder, data: a_picture(folder / "a.png", iccprofile=data),
    "webp": lambda folder, data: a_picture(folder / "a.webp", iccprofile=data),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_screen_gets_srgb_and_a_model_what_is_stored(tmp_path: Path, kind: str) -> None:
    with open_image(SOURCES[kind](tmp_path, a_profile())) as image:
        assert image.info.icc == "sRGB built-in"
        region = Region(300, 200, 200, 200)
        stored = image.read_region(RegionRequest(region))
        shown = image.read_region(RegionRequest(region, srgb=True))
        if kind != "webp":
            assert np.array_equal(stored, blob_rgb()[200:400, 300:500])
        assert np.abs(shown - in_srgb(stored)).max() <= 1.5
        assert np.abs(shown.astype(float) - stored).max() > 20


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no profile at all" * 40, "it is damaged"),
        (a_profile()[:200], "it is damaged"),
        (ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), "it is for Lab colours"),
    ],
    ids=["nonsense", "cut", "lab"],
)
def test_a_profile_that_cannot_be_used_is_told(tmp_path: Path, kind: str, data: bytes, reason: str) -> None:
    with open_image(SOURCES[kind](tmp_path, data)) as image:
        assert image.info.icc == ""
        assert any("colour profile" in words and reason in words for words in image.info.warnings)
        region = RegionRequest(Region(300, 200, 50, 50), srgb=True)
        assert np.array_equal(image.read_region(region), image.read_region(RegionRequest(region.region)))


def test_files_without_a_profile_say_nothing_of_it(tmp_path: Path) -> None:
    for path in (
        a_slide(tmp_path / "a.tif"),
        a_plain_tiff(tmp_path / "b.tif", blob_rgb()),
        a_png(tmp_path / "c.png"),
    ):
        with open_image(path) as image:
            assert image.info.icc == "" and not any("profile" in words for words in image.info.warnings)


def test_srgb_itself_changes_nothing() -> None:
    profile, doubts = profile_of(srgb_profile())
    assert profile is not None and doubts == ()
    pixels = blob_rgb()
    assert profile.to_srgb(pixels) is pixels


def test_an_overlong_profile_is_refused_unread() -> None:
    profile, doubts = profile_of(bytes(MAXIMUM_BYTES + 1))
    assert profile is None and "MiB long" in doubts[0]


def test_threads_share_a_transform() -> None:
    profile, _ = profile_of(a_profile())
    assert profile is not None
    rng = np.random.default_rng(3)
    tiles = [rng.integers(0, 256, (256, 256, 3)).astype(np.uint8) for _ in range(24)]
    expected = [profile.to_srgb(tile) for tile in tiles]
    with ThreadPoolExecutor(8) as threads:
        for found, wanted in zip(threads.map(profile.to_srgb, tiles), expected, strict=True):
            assert np.array_equal(found, wanted)


@pytest.mark.parametrize(
    "name",
    [
        "tiff/boxes.tiff",
        "dicom_wsi/CMU-1-Small-Region/1.2.826.0.1.3680043.8.498.46702941076792458794464453066648511350.dcm",
    ],
)
def test_real_profiles_are_found(shared_data: Path, name: str) -> None:
    """Both files hold sRGB, so that what is shown is what is stored."""
    with open_image(shared_data / "slides" / name) as slide:
        assert slide.info.icc == "sRGB built-in"
        region = Region(10, 20, 200, 150)
        stored = slide.read_region(RegionRequest(region))
        assert np.array_equal(slide.read_region(RegionRequest(region, srgb=True)), stored)
