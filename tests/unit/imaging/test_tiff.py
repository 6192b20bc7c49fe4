"""What of a TIFF is shown: levels, slices, channels, deep colours, transparency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import ImageInfo, Photometric, RegionRequest
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.readers.tiff_pixels import brightest
from tests.unit.imaging.builders import a_slide, a_stack, blob_rgb

HEIGHT, WIDTH = 90, 120


def numbered(*counts: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """Pictures of 16 bits, each filled with its own number and a brighter corner."""
    pictures = np.zeros((*counts, HEIGHT, WIDTH), np.uint16)
    flat = pictures.reshape(-1, HEIGHT, WIDTH)
    for index in range(len(flat)):
        flat[index] = 100 + index
        flat[index, :20, :20] = 3000 + index
    return pictures


def corner(path: Path, plane: int = 0, channel: int = 0) -> float:
    with open_image(path) as image:
        return float(image.read_region(RegionRequest(Region(50, 50, 8, 8), 1, plane, channel))[0, 0])


def test_a_real_series_has_channels_and_slices(shared_data: Path) -> None:
    path = shared_data / "slides" / "ometiff" / "libvips-multi-channel-z-series.ome.tif"
    with open_image(path) as image:
        info = image.info
        assert (info.planes, len(info.channels), info.dtype) == (5, 3, "int8")
        assert len({channel.color for channel in info.channels}) == 3
        stored = tifffile.imread(path)
        for plane in range(5):
            for channel in range(3):
                found = image.read_region(RegionRequest(info.region, 1, plane, channel))
                assert np.array_equal(found, stored[channel, plane])


@pytest.mark.parametrize("axes", ["ZCYX", "CZYX", "TCYX"])
def test_the_order_of_axes_does_not_matter(tmp_path: Path, axes: str) -> None:
    path, pictures = tmp_path / "a.ome.tif", numbered(2, 3)
    tifffile.imwrite(path, pictures, metadata={"axes": axes}, photometric="minisblack")
    slices_first = axes[0] != "C"
    with open_image(path) as image:
        planes, channels = (2, 3) if slices_first else (3, 2)
        assert (image.info.planes, len(image.info.channels)) == (planes, channels)
    assert corner(path, plane=1, channel=1) == 104
    assert corner(path, plane=1, channel=0) == 100 + (3 if slices_first else 1)


def test_slices_of_one_time_lie_together(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, numbered(2, 3, 4), metadata={"axes": "ZTCYX"}, photometric="minisblack")
    with open_image(path) as image:
        assert (image.info.planes, len(image.info.channels)) == (6, 4)
    assert [corner(path, plane) - 100 for plane in range(6)] == [0, 12, 4, 16, 8, 20]


def test_imagejs_pictures_without_pages_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbered(4, 3), imagej=True, metadata={"axes": "ZCYX"})
    with open_image(path) as image:
        assert (image.info.planes, len(image.info.channels)) == (4, 3)
    assert corner(path, plane=3, channel=2) == 111


@pytest.mark.parametrize(("count", "shown"), [(4, "channels"), (9, "slices")])
def test_pages_that_say_nothing_of_themselves(tmp_path: Path, count: int, shown: str) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for picture in numbered(count):
            file.write(picture, photometric="minisblack", metadata=None, tile=(32, 32))
    with open_image(path) as image:
        assert (len(image.info.channels), image.info.planes) == ((4, 1) if shown == "channels" else (0, 9))
        assert any(f"they are shown as {shown}" in words for words in image.info.warnings)
        assert (image.info.window is None) == (shown == "channels")


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_many_samples_are_channels(tmp_path: Path, planar: Any) -> None:
    path, pictures = tmp_path / "a.tif", numbered(6)
    pixels = pictures if planar == "separate" else np.ascontiguousarray(pictures.transpose(1, 2, 0))
    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig=planar, metadata=None, tile=(32, 32))
    with open_image(path) as image:
        assert (len(image.info.channels), image.info.planes) == (6, 1)
        window = image.info.channels[0].window
        assert window is not None and window.center - window.width / 2 == pytest.approx(100)
    assert [corner(path, channel=channel) for channel in range(6)] == [100, 101, 102, 103, 104, 105]


def test_levels_that_stand_aside_are_levels(tmp_path: Path) -> None:
    with open_image(a_stack(tmp_path / "a.ome.tif", (1, 2, 4))) as image:
        assert [level.downsample_x for level in image.info.levels] == [1, 2, 4]
        assert image.info.format == "ome-tiff"


def test_colour_in_slices_stays_colour(tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.ome.tif", np.stack([blob_rgb(), 255 - blob_rgb()])
    tifffile.imwrite(path, pixels, photometric="rgb", metadata={"axes": "ZYXS"})
    with open_image(path) as image:
        assert (image.info.photometric, image.info.planes, image.info.channels) == (Photometric.RGB, 2, ())
        assert np.array_equal(image.read_region(RegionRequest(image.info.region, plane=1)), pixels[1])


@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize("alpha", ["unassalpha", "assocalpha"])
def test_transparency_lies_on_white(tmp_path: Path, alpha: Any, tiled: bool) -> None:
    path, pixels = tmp_path / "a.tif", np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[..., 3] = 128
    pixels[..., 0] = 200 if alpha == "unassalpha" else 100
    pixels[:, :40, 3] = 255
    pixels[:, 80:] = 0
    options: dict[str, Any] = {"tile": (32, 32)} if tiled else {}
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=[alpha], metadata=None, **options)
    with open_image(path) as image:
        found = image.read_region(RegionRequest(image.info.region))
    assert found[5, 5].tolist() == [200 if alpha == "unassalpha" else 100, 0, 0]
    assert np.abs(found[5, 60].astype(int) - [227, 127, 127]).max() <= 1
    assert found[5, 100].tolist() == [255, 255, 255]


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_deep_colours_fill_the_screens_range(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "a.tif"
    pixels = np.round(blob_rgb() / 255 * (2**bits - 1)).astype(np.uint16)
    tifffile.imwrite(path, pixels, photometric="rgb", metadata=None, tile=(128, 128))
    with open_image(path) as image:
        assert image.info.dtype == "uint8"
        assert np.array_equal(image.read_region(RegionRequest(image.info.region)), blob_rgb())
        assert any("shown with 8 bits" in words for words in image.info.warnings)


def test_the_brightest_value_is_stated_or_found() -> None:
    kind = np.dtype("uint16")
    assert brightest(kind, 12, 900) == 4095
    assert brightest(kind, 16, 4000) == 4095
    assert brightest(kind, 16, 200) == 65535, "a dark picture is not one of few bits"
    assert brightest(np.dtype("uint8"), 8, 9) == 255
    assert brightest(np.dtype("float32"), 32, 0.5) == 1


def zero_tile(path: Path, gap: int) -> None:
    with tifffile.TiffFile(path) as file:
        page: Any = file.pages.first
        offset, count = page.dataoffsets[0], page.databytecounts[0]
    with path.open("r+b") as file:
        file.seek(offset + (count - gap) // 2)
        file.write(bytes(gap))


@pytest.mark.parametrize("compression", ["jpeg", "deflate", "lzw"])
def test_a_gap_of_zeros_is_damage(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.ome.tif"
    noise = np.random.default_rng(2).integers(0, 256, (2, 512, 512)).astype(np.uint8)
    tifffile.imwrite(path, noise, tile=(128, 128), compression=compression, photometric="minisblack")
    zero_tile(path, 2048)
    with open_image(path) as image:
        assert len(image.info.channels) == 2
        with pytest.raises(ImageDamaged):
            image.read_region(RegionRequest(Region(10, 10, 50, 50)))
        image.read_region(RegionRequest(Region(10, 10, 50, 50), channel=1))


def test_a_text_with_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    words = '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "aaaa">]><OME>&a;</OME>'
    tifffile.imwrite(path, numbered(2), description=words, metadata=None, photometric="minisblack")
    with pytest.raises(ImageDamaged, match="declares entities"):
        open_image(path)


def test_files_that_ome_names_beside_are_not_opened(tmp_path: Path) -> None:
    """Each file of a set holds some of the pictures and names the others, maybe by a way out of its folder."""
    path, secret = tmp_path / "slides" / "a.ome.tif", tmp_path / "b.ome.tif"
    path.parent.mkdir()
    tifffile.imwrite(secret, numbered(2), metadata={"axes": "CYX"}, photometric="minisblack")
    parts = "".join(
        f'<TiffData FirstC="{n}" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{n}</UUID></TiffData>'
        for n, name in enumerate(("a.ome.tif", "../b.ome.tif"))
    )
    words = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:0"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="120" SizeY="90" SizeC="2" SizeZ="1" '
        f'SizeT="1">{parts}</Pixels></Image></OME>'
    )
    tifffile.imwrite(path, numbered(1)[0], description=words, metadata=None, photometric="minisblack")
    assert (facts(path).planes, facts(path).channels) == (1, ())


def facts(path: Path) -> ImageInfo:
    with open_image(path) as image:
        return image.info


def test_vendors_and_plain_slides_stay_with_openslide(tmp_path: Path, shared_data: Path) -> None:
    assert facts(a_slide(tmp_path / "a.tif")).format == "openslide/generic-tiff"
    assert facts(shared_data / "slides/aperio_svs/CMU-1-Small-Region.svs").format == "openslide/aperio"
    tifffile.imwrite(tmp_path / "b.tif", numbered(1)[0], tile=(32, 32), metadata=None)
    assert facts(tmp_path / "b.tif").format == "tiff", "16 bits of grey keep their values"
