"""Tiles read as they are stored are OpenSlide's pixels, or are left to OpenSlide."""

from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
import tifffile
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import READ_BY, RegionRequest
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.area import area_mean
from lnm_desktop.imaging.readers import stored_tiles
from lnm_desktop.imaging.readers.openslide import OpenSlideReader
from lnm_desktop.imaging.readers.stored_tiles import NumberTable, StoredTiles

WIDTH, HEIGHT = 1000, 780
FORMS: dict[str, dict[str, Any]] = {
    "jpeg": {"compression": "jpeg", "compressionargs": {"level": 85}},
    "jpeg-444": {"compression": "jpeg", "compressionargs": {"level": 85}, "subsampling": (1, 1)},
    "lzw": {"compression": "lzw"},
    "lzw-predictor": {"compression": "lzw", "predictor": True},
    "deflate": {"compression": "zlib"},
    "deflate-predictor": {"compression": "zlib", "predictor": True},
    "none": {},
}


def a_picture() -> NDArray[np.uint8]:
    rng = np.random.default_rng(5)
    rough = rng.integers(0, 256, (HEIGHT // 20, WIDTH // 20, 3)).astype(np.uint8)
    return np.kron(rough, np.ones((20, 20, 1), np.uint8))


def a_slide(path: Path, **form: Any) -> Path:
    """Two levels, the second of odd size; edge tiles are cut by the image's border."""
    picture = a_picture()
    common: dict[str, Any] = {"tile": (256, 256), "photometric": "rgb", "resolution": (40_000, 40_000)}
    with tifffile.TiffWriter(path) as file:
        file.write(picture, resolutionunit="CENTIMETER", **common, **form)
        file.write(picture[: 97 * 4 : 4, : 124 * 4 : 4].copy(), subfiletype=1, **common, **form)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_compression_gives_openslides_pixels(tmp_path: Path, form: str) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS[form])
    with openslide.OpenSlide(str(path)) as slide, OpenSlideReader(path) as reader:
        assert reader.info.properties[READ_BY].startswith("stored tiles in 2 of 2")
        stored = StoredTiles(path, slide.level_dimensions)
        places = [
            (0, 0, 256, 256),
            (256, 256, 512, 512),
            (130, 77, 300, 400),
            (768, 512, 232, 268),
            (900, 700, 100, 80),
        ]
        for level, x, y, width, height in [*((0, *place) for place in places), (1, 0, 0, *slide.level_dimensions[1])]:
            factor = slide.level_downsamples[level]
            expected = slide.read_region((round(x * factor), round(y * factor)), level, (width, height))
            found = stored.read(level, x, y, width, height)
            assert found is not None
            assert np.array_equal(found, np.asarray(expected)[..., :3])
        stored.close()


def test_the_reader_answers_as_openslide_does_at_any_downsample(tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS["jpeg"])
    with OpenSlideReader(path) as direct, OpenSlideReader(path) as judge:
        judge._stored.levels = [None, None]
        for downsample in (0.6, 1.0, 1.7, 2.0):
            request = RegionRequest(Region(70.5, 33.25, 700, 500), downsample)
            assert np.array_equal(direct.read_region(request), judge.read_region(request))


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_stored_tiles_are_averaged_one_by_one_to_the_same_means(tmp_path: Path, factor: int) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS["jpeg"])
    stored = StoredTiles(path, [(WIDTH, HEIGHT)])
    for x, y, width, height in ((0, 0, 512, 512), (128, 80, 400, 640), (752, 512, 248, 264), (24, 24, 8, 8)):
        whole, means = stored.read(0, x, y, width, height), stored.read(0, x, y, width, height, factor)
        assert whole is not None
        assert means is not None
        assert np.array_equal(means, area_mean(whole, factor))
    assert stored.read(0, 1, 0, 512, 512, factor) is None, "squares lie in two tiles"
    stored.close()


def test_the_caller_owns_the_pixels(tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS["jpeg"])
    with OpenSlideReader(path) as reader:
        for region in (Region(0, 0, 256, 256), Region(10, 10, 300, 300), Region(256, 256, 512, 512)):
            expected = reader.read_region(RegionRequest(region)).copy()
            reader.read_region(RegionRequest(region))[...] = 0
            assert np.array_equal(reader.read_region(RegionRequest(region)), expected)


def test_tables_of_numbers_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_tiles, "PIECE_NUMBERS", 4)
    (tmp_path / "table").write_bytes(b"head" + np.arange(10, 0, -1, ">u4").tobytes())
    with (tmp_path / "table").open("rb") as file:
        table = NumberTable(file, 4, 10, ">u4")
        assert [table[index] for index in (9, 0, 4, 3, 8)] == [1, 10, 6, 7, 2]
        with pytest.raises(ValueError, match="10"):
            table[10]


def test_threads_get_the_same_pixels(tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS["jpeg"])
    requests = [RegionRequest(Region(13.0 * n, 7.0 * n, 300, 280)) for n in range(40)]
    with OpenSlideReader(path) as reader, ThreadPoolExecutor(8) as threads:
        expected = [reader.read_region(request) for request in requests]
        for found, one in zip(threads.map(reader.read_region, requests), expected, strict=True):
            assert np.array_equal(found, one)


def test_a_level_with_other_pixels_is_left_to_openslide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS["none"])
    read = StoredTiles.read

    def wrong(self: StoredTiles, level: int, *place: int) -> NDArray[np.uint8] | None:
        found = read(self, level, *place)
        return found if found is None or level == 1 else found ^ 1

    monkeypatch.setattr(StoredTiles, "read", wrong)
    with OpenSlideReader(path) as reader:
        assert reader.info.properties[READ_BY].startswith("stored tiles in 1 of 2")
        assert np.array_equal(reader.read_region(RegionRequest(Region(0, 0, 100, 100))), a_picture()[:100, :100])


def test_a_tile_that_was_never_written_is_openslides_business(tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS["none"])
    with tifffile.TiffFile(path) as file:
        place, count = file.pages.first.tags[325].valueoffset, len(file.pages.first.databytecounts)
    with path.open("r+b") as file:
        file.seek(place + 4 * 5)
        file.write(struct.pack("<I", 0))
    assert count > 5
    stored = StoredTiles(path, [(WIDTH, HEIGHT)])
    assert stored.read(0, 256, 256, 256, 256) is None
    assert stored.read(0, 0, 0, 256, 256) is not None
    stored.close()


def test_a_damaged_tile_is_damage_and_its_neighbours_are_read(tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif", **FORMS["deflate"])
    with tifffile.TiffFile(path) as file:
        offset, count = file.pages.first.dataoffsets[5], file.pages.first.databytecounts[5]
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes(count))
    with OpenSlideReader(path) as reader:
        with pytest.raises(ImageDamaged, match="x 256, y 256 cannot be decoded"):
            reader.read_region(RegionRequest(Region(300, 300, 50, 50)))
        assert np.array_equal(reader.read_region(RegionRequest(Region(0, 0, 200, 200))), a_picture()[:200, :200])


@pytest.mark.parametrize("level", [0, 1])
def test_a_gap_that_openslide_does_not_see_is_damage_at_its_place(tmp_path: Path, level: int) -> None:
    rng = np.random.default_rng(1)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for edge in (1024, 512):
            picture = rng.integers(0, 256, (edge, edge, 3)).astype(np.uint8)
            file.write(picture, tile=(256, 256), photometric="rgb", subfiletype=int(edge < 1024), **FORMS["jpeg"])
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        offset = file.pages[level].dataoffsets[3]
    with (tmp_path / "a.tif").open("r+b") as file:
        file.seek(offset + 9000)
        file.write(bytes(4096))
    x, y = ((768, 0), (512, 512))[level]
    with openslide.OpenSlide(str(tmp_path / "a.tif")) as slide:
        slide.read_region((x, y), level, (256, 256))
    with OpenSlideReader(tmp_path / "a.tif") as reader:
        with pytest.raises(ImageDamaged, match=f"x {x}, y {y} cannot be decoded") as caught:
            reader.read_region(RegionRequest(Region(x + 20, y + 20, 100, 100), 2.0**level))
        assert (caught.value.facts["x_px"], caught.value.facts["y_px"]) == (x, y)
        reader.read_region(RegionRequest(Region(0, 0, 200, 200), 2.0**level))


def test_files_of_other_kinds_have_no_stored_tiles(tmp_path: Path) -> None:
    path = tmp_path / "a.mrxs"
    path.write_bytes(b"not a TIFF at all")
    stored = StoredTiles(path, [(10, 10)])
    assert stored.levels == [None] and stored.read(0, 0, 0, 5, 5) is None
    stored.close()


def test_the_real_aperio_slide_is_read_directly(shared_data: Path) -> None:
    """Its JPEG tables stand apart and its colours are plain RGB: a decoder that guesses gets them wrong."""
    path = shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs"
    with OpenSlideReader(path) as reader, openslide.OpenSlide(str(path)) as slide:
        assert reader.info.properties[READ_BY].startswith("stored tiles in 1 of 1")
        for x, y in ((0, 0), (731, 1203), (1900, 2700)):
            expected = np.asarray(slide.read_region((x, y), 0, (320, 267)).convert("RGB"))
            found = reader.read_region(RegionRequest(Region(x, y, 320, 267)))
            inside = expected[: min(267, 2967 - y), : min(320, 2220 - x)]
            assert np.array_equal(found[: inside.shape[0], : inside.shape[1]], inside)
