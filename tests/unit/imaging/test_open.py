from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Photometric, RegionRequest
from lnm_desktop.imaging.fingerprint import fingerprint
from lnm_desktop.imaging.open import is_image, open_image
from tests.unit.imaging.builders import a_dicom, a_plain_tiff, a_png, a_slide, blob_rgb


@pytest.mark.parametrize("mpp", [0.0, 0.001, 25.0, 120.0])
def test_implausible_pixel_size_is_unknown(tmp_path: Path, mpp: float) -> None:
    path = tmp_path / "a.tif"
    resolution = (0, 0) if mpp == 0 else (10_000 / mpp, 10_000 / mpp)
    options = {"tile": (128, 128), "photometric": "rgb", "metadata": None}
    tifffile.imwrite(path, blob_rgb(), resolution=resolution, resolutionunit="CENTIMETER", **options)
    with open_image(path) as slide:
        assert not slide.info.calibration.is_known
        assert "lengths are not shown" in slide.info.warnings[0]


def test_unequal_pixel_sizes_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    options = {"tile": (128, 128), "photometric": "rgb", "metadata": None}
    tifffile.imwrite(path, blob_rgb(), resolution=(20_000, 40_000), resolutionunit="CENTIMETER", **options)
    with open_image(path) as slide:
        assert not slide.info.calibration.is_known
        assert "far from square" in slide.info.warnings[0]


def test_a_slide_tells_its_pixel_size(tmp_path: Path) -> None:
    with open_image(a_slide(tmp_path / "a.tif", mpp=0.25)) as slide:
        assert slide.info.calibration.mpp == pytest.approx(0.25)
        assert slide.info.warnings == ()


def test_a_real_slide_shows_openslides_pixels(shared_data: Path) -> None:
    path = shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs"
    with open_image(path) as slide, openslide.OpenSlide(path) as peer:
        wanted = np.asarray(peer.read_region((511, 640), 0, (300, 200)).convert("RGB"))
        assert np.array_equal(slide.read_region(RegionRequest(Region(511, 640, 300, 200))), wanted)
        assert slide.info.objective_power == 20
        assert not any("filename" in name.lower() or "barcode" in name for name in slide.info.properties)


@pytest.mark.parametrize("name", ["tiff/cytomine-test-image.tiff", "ometiff/libvips-multi-channel-z-series.ome.tif"])
def test_plain_tiffs_show_tifffiles_pixels(shared_data: Path, name: str) -> None:
    path = shared_data / "slides" / name
    with open_image(path) as image:
        wanted = tifffile.imread(path, key=0)
        assert np.array_equal(image.read_region(RegionRequest(image.info.region)), wanted)


@pytest.mark.parametrize("compression", ["lzw", "deflate", "packbits", None])
def test_striped_tiffs_of_many_compressions(tmp_path: Path, compression: str | None) -> None:
    path = a_plain_tiff(tmp_path / "a.tif", blob_rgb(), compression=compression)
    with open_image(path) as image:
        assert np.array_equal(image.read_region(RegionRequest(image.info.region)), blob_rgb())


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64", "uint32"])
def test_grey_tiffs_keep_or_widen_their_type(tmp_path: Path, dtype: str) -> None:
    pixels = (np.arange(70 * 50).reshape(70, 50) % 120).astype(dtype)
    with open_image(a_plain_tiff(tmp_path / "a.tif", pixels)) as image:
        found = image.read_region(RegionRequest(image.info.region))
        assert image.info.photometric is Photometric.GREY
        assert np.array_equal(found, pixels.astype(image.info.dtype))
        assert (image.info.window is None) == (dtype == "uint8")


def test_miniswhite_is_inverted(tmp_path: Path) -> None:
    path = a_plain_tiff(tmp_path / "a.tif", np.zeros((70, 50), np.uint8), photometric="miniswhite")
    with open_image(path) as image:
        assert image.info.inverted


def test_an_ome_pixel_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    metadata = {"axes": "YX", "PhysicalSizeX": 0.65, "PhysicalSizeY": 0.65}
    tifffile.imwrite(path, np.zeros((70, 50), np.uint8), metadata=metadata, ome=True)
    with open_image(path) as image:
        assert image.info.calibration.mpp == pytest.approx(0.65)


def test_transparent_parts_of_a_picture_are_white(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "a.png"
    Image.new("RGBA", (20, 10), (10, 20, 30, 0)).save(path)
    with open_image(path) as image:
        assert (image.read_region(RegionRequest(image.info.region)) == 255).all()


def test_names_that_are_hard_on_programs(tmp_path: Path) -> None:
    source = a_slide(tmp_path / "a.tif")
    for name in ("schräg ☃ 🧫.tif", "new\nline.tif", "x" * 200 + ".tif", "no suffix", " .tif"):
        path = tmp_path / name
        shutil.copy(source, path)
        with open_image(path) as slide:
            assert slide.info.levels[1].downsample_x == 4.0


def test_is_image_is_a_cheap_filter(tmp_path: Path) -> None:
    assert is_image(a_png(tmp_path / "A.PNG"))
    bare = tmp_path / "IM0001"
    shutil.copy(a_dicom(tmp_path / "a.dcm"), bare)
    assert is_image(bare)
    assert is_image(tmp_path)  # it holds a .dcm
    notes = tmp_path / "notes.txt"
    notes.write_text("x")
    assert not is_image(notes)
    assert not is_image(tmp_path / "gone.svs")
    (tmp_path / "empty").mkdir()
    assert not is_image(tmp_path / "empty")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a POSIX thing")
def test_is_image_does_not_open_pipes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not is_image(tmp_path / "pipe")


def test_fingerprint_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert fingerprint(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_fingerprint_of_a_folder_sees_names_and_contents(tmp_path: Path) -> None:
    for folder, name, text in (("one", "x", "1"), ("two", "x", "1"), ("three", "y", "1"), ("four", "x", "2")):
        (tmp_path / folder / "sub").mkdir(parents=True)
        (tmp_path / folder / "sub" / name).write_text(text)
    found = [fingerprint(tmp_path / folder) for folder in ("one", "two", "three", "four")]
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_fingerprint_of_a_mirax_slide_covers_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.mrxs").write_bytes(b"x")
    (tmp_path / "a").mkdir()
    data = tmp_path / "a" / "Data0000.dat"
    data.write_bytes(b"1")
    before = fingerprint(tmp_path / "a.mrxs")
    data.write_bytes(b"2")
    assert fingerprint(tmp_path / "a.mrxs") != before
