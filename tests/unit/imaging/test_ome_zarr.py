"""OME-Zarr folders: what is shown of them, and why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import zarr

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Photometric, RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageUnsupported
from lnm_desktop.imaging.fingerprint import quick_fingerprint
from lnm_desktop.imaging.open import is_image, open_image
from tests.unit.imaging.builders import a_zarr_picture, a_zarr_stack, an_ome_zarr, blob_rgb

VERSIONS: list[Literal[2, 3]] = [2, 3]


@pytest.mark.parametrize("version", VERSIONS)
def test_colour_is_shown_as_colour(tmp_path: Path, version: Literal[2, 3]) -> None:
    with open_image(a_zarr_picture(tmp_path / "a.zarr", version)) as image:
        assert image.info.photometric is Photometric.RGB and image.info.channels == ()
        assert image.info.format == f"ome-zarr/{version}"
        assert np.array_equal(image.read_region(RegionRequest(image.info.region)), blob_rgb())


@pytest.mark.parametrize(("colors", "is_rgb"), [(("FF0000", "00FF00", "0000FF"), True), (("00FF00",) * 3, False)])
def test_omero_says_whether_three_channels_are_a_colour(
    tmp_path: Path, colors: tuple[str, ...], is_rgb: bool
) -> None:
    omero = {"channels": [{"color": color} for color in colors]}
    path = an_ome_zarr(tmp_path / "a.zarr", [blob_rgb().transpose(2, 0, 1)], "cyx", omero=omero)
    with open_image(path) as image:
        assert (image.info.photometric is Photometric.RGB) == is_rgb
        assert len(image.info.channels) == (0 if is_rgb else 3)


def test_times_and_slices_are_planes(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4, 1, 1) + np.zeros((70, 50), np.uint16)
    with open_image(an_ome_zarr(tmp_path / "a.zarr", [pixels], "tczyx")) as image:
        assert (image.info.planes, len(image.info.channels)) == (8, 3)
        found = image.read_region(RegionRequest(Region(0, 0, 5, 5), plane=4 + 2, channel=1))
        assert (found == pixels[1, 1, 2, 0, 0]).all()


def test_levels_of_odd_sizes_keep_their_stated_factor(tmp_path: Path) -> None:
    path = an_ome_zarr(tmp_path / "a.zarr", [np.zeros((81, 101), np.uint8), np.zeros((40, 50), np.uint8)], "yx")
    attributes = json.loads((path / ".zattrs").read_text())
    attributes["multiscales"][0]["datasets"][1]["coordinateTransformations"][0]["scale"] = [1.0, 1.0]
    (path / ".zattrs").write_text(json.dumps(attributes))
    with open_image(path) as image:
        assert (image.info.levels[1].downsample_x, image.info.levels[1].downsample_y) == (2.0, 2.0)
        assert image.info.calibration.mpp == 0.5


def test_a_scale_that_contradicts_the_sizes_is_not_believed(tmp_path: Path) -> None:
    path = an_ome_zarr(tmp_path / "a.zarr", [np.zeros((80, 100), np.uint8), np.zeros((40, 50), np.uint8)], "yx")
    attributes = json.loads((path / ".zattrs").read_text())
    attributes["multiscales"][0]["datasets"][1]["coordinateTransformations"][0]["scale"] = [4.0, 4.0]
    (path / ".zattrs").write_text(json.dumps(attributes))
    with open_image(path) as image:
        assert image.info.levels[1].downsample_x == 2.0


def test_without_a_unit_there_is_no_length(tmp_path: Path) -> None:
    with open_image(an_ome_zarr(tmp_path / "a.zarr", [np.zeros((80, 100), np.uint8)], "yx", mpp=None)) as image:
        assert not image.info.calibration.is_known
        assert "no pixel size" in image.info.warnings[0]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64", ">u2"])
def test_grey_keeps_or_widens_its_type(tmp_path: Path, dtype: str) -> None:
    pixels = (np.arange(70 * 50).reshape(70, 50) % 120).astype(dtype)
    with open_image(an_ome_zarr(tmp_path / "a.zarr", [pixels], "yx")) as image:
        found = image.read_region(RegionRequest(image.info.region))
        assert found.dtype.name == image.info.dtype
        assert np.array_equal(found, pixels.astype(image.info.dtype))
        assert (image.info.window is None) == (dtype == "uint8")


def test_shards_are_read(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 9999, (300, 400)).astype(np.uint16)
    path = an_ome_zarr(tmp_path / "a.zarr", [pixels], "yx", zarr_format=3, shards=(384, 512))
    with open_image(path) as image:
        assert image.info.levels[0].tile.width == 128
        assert np.array_equal(image.read_region(RegionRequest(Region(10, 20, 300, 200))), pixels[20:220, 10:310])


def test_bioformats_layout_opens_its_first_image(tmp_path: Path) -> None:
    root = zarr.create_group(tmp_path / "a.zarr", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    a_zarr_stack(tmp_path / "a.zarr" / "0")
    with open_image(tmp_path / "a.zarr") as image:
        assert len(image.info.channels) == 3


def test_folders_are_known_by_their_metadata(tmp_path: Path) -> None:
    for name, version in (("a.zarr", 2), ("no suffix", 3)):
        assert is_image(a_zarr_stack(tmp_path / name, version))  # type: ignore[arg-type]


def test_another_picture_of_the_same_size_has_another_fingerprint(tmp_path: Path) -> None:
    pixels = [np.full((80, 100), value, np.uint8) for value in (3, 3, 4)]
    marks = [
        quick_fingerprint(an_ome_zarr(tmp_path / f"{n}.zarr", [one, one[::2, ::2]], "yx"))
        for n, one in enumerate(pixels)
    ]
    assert marks[0] == marks[1] != marks[2]


FAULTS: dict[str, tuple[Any, type[Exception], str]] = {
    "no JSON": (lambda path: (path / ".zattrs").write_text("{"), ImageDamaged, "metadata cannot be read"),
    "not text": (lambda path: (path / ".zattrs").write_bytes(b"\xff\xfe"), ImageDamaged, "metadata cannot be read"),
    "no multiscales": (lambda path: (path / ".zattrs").write_text("{}"), ImageUnsupported, "it has no multiscales"),
    "attributes are a list": (lambda path: (path / ".zattrs").write_text("[]"), ImageDamaged, "metadata|multiscales"),
    "level missing": (lambda path: shutil.rmtree(path / "1"), ImageDamaged, "lacks a level"),
    "array nonsense": (lambda path: (path / "0" / ".zarray").write_text("{}"), ImageDamaged, "fit together"),
    "codec unknown": (
        lambda path: edit(path / "0" / ".zarray", compressor={"id": "nonsense"}),
        ImageDamaged,
        "metadata cannot be read",
    ),
    "huge chunks": (
        lambda path: edit(path / "0" / ".zarray", chunks=[1, 1, 60_000, 60_000]),
        ImageUnsupported,
        "chunks of 6866 MiB",
    ),
    "no values": (
        lambda path: edit(path / "0" / ".zarray", dtype="|b1", fill_value=False),
        ImageUnsupported,
        "values of type bool",
    ),
    "other sizes": (lambda path: edit(path / "1" / ".zarray", shape=[9, 9, 160, 200]), ImageDamaged, "fit together"),
}


def edit(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_metadata_give_a_reason(tmp_path: Path, fault: str) -> None:
    path = a_zarr_stack(tmp_path / "a.zarr")
    change, kind, words = FAULTS[fault]
    change(path)
    with pytest.raises(kind, match=words) as caught:
        open_image(path)
    assert "a.zarr" in str(caught.value) and str(tmp_path) not in str(caught.value)


def test_a_broken_chunk_is_damage_at_its_place_and_the_rest_is_read(tmp_path: Path) -> None:
    path = a_zarr_stack(tmp_path / "a.zarr")
    level = path / "0"
    chunks = {file.relative_to(level).as_posix().replace("/", "."): file for file in level.rglob("*")}
    chunks["0.0.2.3"].write_bytes(b"nonsense")
    with open_image(path) as image:
        with pytest.raises(ImageDamaged, match="row 2, column 3 of level 0"):
            image.read_region(RegionRequest(Region(400, 300, 50, 50)))
        image.read_region(RegionRequest(Region(400, 300, 50, 50), channel=1))
        image.read_region(RegionRequest(Region(0, 0, 100, 100)))
