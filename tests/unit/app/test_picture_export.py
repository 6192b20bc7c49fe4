"""A region becomes a file: the same pixels, the right pixel size, nothing of the source but these."""

from __future__ import annotations

import threading
import tracemalloc
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from lnm_desktop.app.picture_export import export_picture, run_picture_job
from lnm_desktop.app.picture_process import export_in_process, job_from_dict, job_to_dict
from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.image import Calibration, CalibrationSource, Channel, ImageInfo, Kernel, RegionRequest, Window
from lnm_desktop.domain.picture import Picture, PictureJob, Resolution, whole_pixels
from lnm_desktop.errors import CalibrationMissing, Cancelled, FormatError, ImageDamaged, ImageError
from lnm_desktop.formats.png_stream import check_png
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.picture_drawing import bar_of
from lnm_desktop.imaging.picture_tiles import Box, PictureTiles, kernel_for
from lnm_desktop.imaging.reader import ImageReader
from tests.fakes.formula_reader import FormulaReader, series_info, slide_info

NO_SIZE = Calibration()
SVS = Path("slides/aperio_svs/CMU-1-Small-Region.svs")
DRAWN = AnnotationSet(
    (
        new_annotation(rectangle(Region(300, 300, 500, 400)), "Tumor"),
        new_annotation(Geometry(Shape.DOT, (Point(200, 900),)), "Tumor"),
        new_annotation(Geometry(Shape.MEASUREMENT, (Point(100, 100), Point(900, 1000))), color="#0000FF"),
    ),
    (AnnotationGroup("Tumor", "#D55E00"),),
)


def a_picture(reader: ImageReader, downsample: float = 1.0, **details: Any) -> Picture:
    details = {"region": reader.info.region, "calibration": reader.info.calibration, **details}
    return Picture(downsample=downsample, **details)


def export(reader: ImageReader, file: Path, picture: Picture, **details: Any) -> Any:
    return export_picture(reader, PictureJob(Path("slide.svs"), picture, file, **details))


def read(file: Path) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        return np.asarray(image)


def expected(reader: ImageReader, picture: Picture) -> NDArray[Any]:
    width, height = picture.size
    region = picture.part(0, 0, width, height)
    return reader.read_region(RegionRequest(region, picture.downsample, kernel=kernel_for(picture.downsample)))


@pytest.mark.parametrize(("downsample", "kernel"), [(1, "area"), (2, "area"), (8, "area"), (1.7, "bilinear")])
def test_whole_factors_are_means_and_others_smooth(downsample: float, kernel: str) -> None:
    assert kernel_for(downsample) is Kernel(kernel)


@pytest.mark.parametrize(
    ("region", "downsample", "most"),
    [
        (Region(0, 0, 2220, 2967), 1.0, 0),
        (Region(101, 307, 1501, 903), 1.0, 0),
        (Region(101, 307, 1500, 900), 2.0, 0),
        (Region(0, 0, 2220, 2967), 4.0, 0),
        (Region(50, 60, 2100, 2800), 1.7, 1),
        (Region(50, 60, 2100, 2800), 1 / 0.499, 1),
    ],
)
@pytest.mark.parametrize("name", ["out.png", "out.ome.tif"])
def test_pixels_are_those_that_the_reader_gives(
    tmp_path: Path, shared_data: Path, name: str, region: Region, downsample: float, most: int
) -> None:
    with open_image(shared_data / SVS) as reader:
        picture = a_picture(reader, downsample, region=region)
        report = export(reader, tmp_path / name, picture, lossless=True)
        wanted = expected(reader, picture)
    found = read(tmp_path / name) if name.endswith("png") else tifffile.imread(tmp_path / name)
    assert (report.width_px, report.height_px) == picture.size
    assert found.shape == wanted.shape
    assert np.abs(found.astype(int) - wanted.astype(int)).max() <= most


def test_an_ome_tiff_is_a_pyramid_of_tiles_with_its_pixel_size(tmp_path: Path, shared_data: Path) -> None:
    file = tmp_path / "out.ome.tif"
    with open_image(shared_data / SVS) as reader:
        export(reader, file, a_picture(reader, 1 / 0.499, label="node <1>"), lossless=True)
        export(reader, tmp_path / "native.ome.tif", a_picture(reader), lossless=True)
    with tifffile.TiffFile(file) as written:
        pixels = tifffile.xml2dict(written.ome_metadata)["OME"]["Image"]["Pixels"]
        assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeY"]) == (1.0, 1.0)
        assert pixels["PhysicalSizeXUnit"] == "µm"
        assert tifffile.xml2dict(written.ome_metadata)["OME"]["Image"]["Name"] == "node <1>"
        assert written.pages[0].is_tiled
    with open_image(file) as again:
        assert again.info.calibration == Calibration(1.0, 1.0, CalibrationSource.FILE)
    with open_image(tmp_path / "native.ome.tif") as again:
        assert [level.size.width for level in again.info.levels] == [2220, 1110, 555]
    with tifffile.TiffFile(tmp_path / "native.ome.tif") as written:
        first, second, third = (level.asarray() for level in written.series[0].levels)
    assert (first.shape, second.shape, third.shape) == ((2967, 2220, 3), (1483, 1110, 3), (741, 555, 3))
    halves = first[:2966].reshape(1483, 2, 1110, 2, 3).mean(axis=(1, 3))
    assert np.abs(second - halves).max() <= 0.5
    quarters = second[:1482].reshape(741, 2, 555, 2, 3).mean(axis=(1, 3))
    assert np.abs(third - quarters).max() <= 0.5


def test_jpeg_loses_little(tmp_path: Path, shared_data: Path) -> None:
    with open_image(shared_data / SVS) as reader:
        picture = a_picture(reader)
        export(reader, tmp_path / "a.ome.tif", picture)
        export(reader, tmp_path / "b.ome.tif", picture, lossless=True)
    lossy, exact = (tifffile.imread(tmp_path / f"{name}.ome.tif").astype(int) for name in "ab")
    assert 0 < np.abs(lossy - exact).mean() < 4
    assert (tmp_path / "a.ome.tif").stat().st_size < 0.5 * (tmp_path / "b.ome.tif").stat().st_size


def test_a_png_tells_its_pixel_size_and_what_it_is_for(tmp_path: Path) -> None:
    reader = FormulaReader(slide_info())
    export(reader, tmp_path / "out.png", a_picture(reader, 4.0, label="ĝ 1"))
    with Image.open(tmp_path / "out.png") as image:
        texts = dict(image.text)  # type: ignore[attr-defined]
        assert image.info["dpi"] == pytest.approx((25_400, 25_400))
    assert texts == {
        "Comment": "Research use only. Not for diagnostic use.",
        "Software": "LNM Desktop",
        "Source": "ĝ 1",
        "Pixel size": "1 × 1 µm",
    }


def test_nothing_of_the_source_but_pixels_gets_into_the_file(tmp_path: Path, shared_data: Path) -> None:
    with open_image(shared_data / SVS) as reader:
        secrets = [value.encode() for value in reader.info.properties.values() if len(value) > 6]
        assert len(secrets) >= 10
        for name in ("out.png", "out.ome.tif"):
            export(reader, tmp_path / name, a_picture(reader, 8.0))
            data = (tmp_path / name).read_bytes()
            assert [secret for secret in (*secrets, b"CMU-1", b"Aperio") if secret in data] == []
            assert str(tmp_path).encode() not in data
            assert f"{uuid.getnode():012x}".encode() not in data, "the machine's network address"


def test_memory_does_not_grow_with_the_picture(tmp_path: Path) -> None:
    def peak(width: int, height: int, name: str) -> float:
        reader = FormulaReader(slide_info(width, height))
        tracemalloc.start()
        export(reader, tmp_path / name, a_picture(reader))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found / 1e6

    for name in ("out.png", "out.ome.tif"):
        small, tall, wide = peak(4000, 1500, name), peak(4000, 6000, name), peak(14_000, 1500, name)
        told = f"{name}: {small:.0f} MB, tall {tall:.0f} MB, wide {wide:.0f} MB"
        assert tall < 1.2 * small + 4, told
        assert wide < 100, told
        print(told)


def test_pieces_join_without_a_seam_drawings_included() -> None:
    reader = FormulaReader(slide_info())
    tiles = PictureTiles(reader, a_picture(reader, 2.0, annotations=DRAWN, scale_bar=True))
    height, width = tiles.shape[:2]
    whole = tiles.read(Box(0, 0, width, height))
    side = 77
    for top in range(0, height, side):
        for left in range(0, width, side):
            box = Box(left, top, min(side, width - left), min(side, height - top))
            piece = whole[top : top + box.height, left : left + box.width]
            assert np.array_equal(tiles.read(box), piece), box


def test_annotations_are_drawn_in_their_groups_colours_where_they_lie() -> None:
    reader = FormulaReader(slide_info())
    plain = PictureTiles(reader, a_picture(reader, 2.0))
    drawn = PictureTiles(reader, a_picture(reader, 2.0, annotations=DRAWN))
    height, width = plain.shape[:2]
    before, after = (tiles.read(Box(0, 0, width, height)) for tiles in (plain, drawn))
    assert tuple(after[200, 150]) == (0xD5, 0x5E, 0x00), "left edge of the rectangle at x = 300"
    assert tuple(after[450, 100]) == (0xD5, 0x5E, 0x00), "the dot"
    rows, columns = np.nonzero((before != after).any(axis=2))
    box = Region(45, 45, 410, 460)
    assert box.x <= columns.min() and columns.max() < box.right
    assert box.y <= rows.min() and rows.max() < box.bottom
    assert np.array_equal(before[200:240, 160:170], after[200:240, 160:170]), "the inside is not filled"


@pytest.mark.parametrize(("mpp", "downsample"), [(0.25, 2.0), (0.499, 1.3), (0.0, 2.0)])
def test_the_scale_bar_is_as_long_as_it_says(mpp: float, downsample: float) -> None:
    calibration = Calibration(mpp, mpp, CalibrationSource.FILE) if mpp else NO_SIZE
    reader = FormulaReader(slide_info(calibration=calibration))
    picture = a_picture(reader, downsample, scale_bar=True)
    tiles = PictureTiles(reader, picture)
    height, width = tiles.shape[:2]
    pixels = tiles.read(Box(0, 0, width, height))
    white = (pixels == 255).all(axis=2)[-60:, -width // 2 :]
    longest = max(_longest_run(line) for line in white)
    bar, bar_px = bar_of(picture) or pytest.fail("no bar")
    number, unit = bar.text.split()
    length = float(number) * {"µm": 1, "mm": 1000, "px": 1}[unit]
    assert longest == bar_px
    assert longest * downsample * (mpp or 1) == pytest.approx(length, abs=downsample * (mpp or 1) / 2)


def _longest_run(line: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0]))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def test_a_tiny_picture_has_no_scale_bar_and_says_so(tmp_path: Path) -> None:
    reader = FormulaReader(slide_info(90, 90, NO_SIZE))
    report = export(reader, tmp_path / "out.png", a_picture(reader, scale_bar=True))
    assert len(report.notes) == 2
    assert "no pixel size" in report.notes[0] and "too small" in report.notes[1]
    assert np.array_equal(read(tmp_path / "out.png"), expected(reader, a_picture(reader)))


def test_grey_values_are_exported_through_their_window(tmp_path: Path) -> None:
    reader = FormulaReader(series_info(window=Window(350.5, 101.0)))
    for name in ("out.png", "out.ome.tif"):
        report = export(reader, tmp_path / name, a_picture(reader, plane=3), lossless=True)
        found = read(tmp_path / name) if name.endswith("png") else tifffile.imread(tmp_path / name)
        assert found.shape == (160, 200)
        assert (found[0, 0], found[50, 0], found[100, 0], found[159, 0]) == (0, 128, 255, 255)
        assert any("window" in note for note in report.notes)
    export(reader, tmp_path / "bar.png", a_picture(reader, scale_bar=True))
    assert read(tmp_path / "bar.png").shape == (160, 200, 3)


def test_channels_are_blended_in_their_colours(tmp_path: Path) -> None:
    channels = (Channel("DAPI", "#0000FF", Window(100, 200)), Channel("CK", "#00FF00", Window(50, 100)))
    reader = FormulaReader(series_info(planes=1, channels=channels))
    export(reader, tmp_path / "out.png", a_picture(reader))
    assert tuple(read(tmp_path / "out.png")[50, 10]) == (0, 128, 64)


@pytest.mark.parametrize("name", ["out.png", "out.ome.tif"])
def test_a_failure_or_a_cancel_leaves_the_older_file(tmp_path: Path, name: str) -> None:
    reader = FormulaReader(slide_info())
    file = tmp_path / name
    file.write_bytes(b"older")
    stop = threading.Event()
    job = PictureJob(Path("slide.svs"), a_picture(reader), file)
    with pytest.raises(Cancelled):
        export_picture(reader, job, lambda done, _total: stop.set() if done == 3 else None, stop)
    reader.error = ImageDamaged("slide.svs is damaged")
    with pytest.raises(ImageDamaged):
        export_picture(reader, job)
    assert file.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["out.png", "out.ome.tif"])
def test_progress_comes_to_its_end(tmp_path: Path, name: str) -> None:
    reader = FormulaReader(slide_info())
    told: list[tuple[int, int]] = []
    job = PictureJob(Path("slide.svs"), a_picture(reader), tmp_path / name)
    export_picture(reader, job, lambda done, total: told.append((done, total)))
    assert told == [(n, len(told)) for n in range(1, len(told) + 1)]
    assert len(told) > 5


def test_what_cannot_be_written_is_refused_with_the_remedy(tmp_path: Path) -> None:
    large = FormulaReader(slide_info(20_000, 20_000))
    with pytest.raises(FormatError, match="too many for a PNG") as refused:
        export(large, tmp_path / "out.png", a_picture(large))
    assert "OME-TIFF" in refused.value.hint
    with pytest.raises(FormatError, match="no known ending"):
        export(large, tmp_path / "out.jpg", a_picture(large, 10.0))
    with pytest.raises(FormatError, match="could not be written"):
        export(large, tmp_path / "no-folder" / "out.png", a_picture(large, 100.0))
    assert large.reads == []
    assert list(tmp_path.iterdir()) == []


def test_the_slide_is_never_overwritten(tmp_path: Path, shared_data: Path) -> None:
    slide = tmp_path / "slide.tif"
    slide.write_bytes((shared_data / SVS).read_bytes())
    with open_image(slide) as reader:
        picture = a_picture(reader, 4.0)
    with pytest.raises(FormatError, match="is the image itself"):
        run_picture_job(PictureJob(slide, picture, slide))
    assert slide.read_bytes() == (shared_data / SVS).read_bytes()


def test_a_damaged_png_is_noticed(tmp_path: Path) -> None:
    reader = FormulaReader(slide_info(600, 500))
    file = tmp_path / "out.png"
    export(reader, file, a_picture(reader))
    data = bytearray(file.read_bytes())
    data[data.index(b"IDAT") + 20] ^= 1
    for broken in (bytes(data), bytes(file.read_bytes()[:-20]), b"x" + bytes(data[1:])):
        file.write_bytes(broken)
        with file.open("rb") as opened, pytest.raises(FormatError):
            check_png(opened, "out.png", (500, 600, 3))


@pytest.mark.parametrize(
    ("resolution", "downsample"),
    [
        (Resolution(mpp=1.0), 4.0),
        (Resolution(mpp=0.25), 1.0),
        (Resolution(downsample=3.0), 3.0),
        (Resolution(magnification=10), 4.0),
        (Resolution(mpp=0.2499), 1.0),
    ],
)
def test_resolutions(resolution: Resolution, downsample: float) -> None:
    info = slide_info()
    assert resolution.downsample_of(info, info.calibration) == downsample


def test_resolutions_that_cannot_be() -> None:
    info = slide_info()
    with pytest.raises(ImageError, match=r"enlarged 2\.5 times"):
        Resolution(mpp=0.1).downsample_of(info, info.calibration)
    unknown = replace(info, objective_power=None)
    for resolution in (Resolution(mpp=1), Resolution(magnification=10)):
        with pytest.raises(CalibrationMissing):
            resolution.downsample_of(unknown, NO_SIZE)
    assert Resolution(magnification=5).downsample_of(unknown, info.calibration) == 8
    for numbers in ((0, 0, 0), (1, 1, 0), (float("inf"), 0, 0), (float("nan"), 0, 0)):
        with pytest.raises(ValueError, match="one positive number"):
            Resolution(*numbers)


def test_a_region_is_cut_to_whole_pixels_of_the_image() -> None:
    info: ImageInfo = slide_info(100, 80)
    assert whole_pixels(Region(10.2, -5, 20.1, 10.5), info) == Region(10, 0, 21, 6)
    with pytest.raises(ImageError, match="outside"):
        whole_pixels(Region(100, 0, 10, 10), info)


def test_a_job_crosses_the_border_of_a_process() -> None:
    picture = Picture(
        Region(1, 2, 3, 4), 1.5, slide_info().calibration, 2, scale_bar=True, annotations=DRAWN, label="µ"
    )
    job = PictureJob(Path("a.svs"), picture, Path("b.png"), lossless=True)
    again = job_from_dict(job_to_dict(job))
    assert replace(again.picture, annotations=AnnotationSet()) == replace(picture, annotations=AnnotationSet())
    assert [a.geometry for a in again.picture.annotations] == [a.geometry for a in DRAWN]
    assert [again.picture.annotations.color_of(a) for a in again.picture.annotations] == [
        DRAWN.color_of(a) for a in DRAWN
    ]
    assert (again.source, again.target, again.lossless) == (job.source, job.target, True)
    bare = PictureJob(Path("a"), Picture(Region(0, 0, 1, 1), 1.0), Path("b.png"))
    assert job_from_dict(job_to_dict(bare)) == bare


def _in_process(tmp_path: Path, job: PictureJob, stop: threading.Event, tell: Callable[[int, int], None]) -> Any:
    return export_in_process(job, tmp_path / "log" / "export.log", tell, stop)


def test_the_export_process_writes_the_same_file_and_can_be_cancelled(tmp_path: Path, shared_data: Path) -> None:
    with open_image(shared_data / SVS) as reader:
        picture = a_picture(reader)
        job = PictureJob(shared_data / SVS, picture, tmp_path / "out.png")
        export_picture(reader, replace(job, target=tmp_path / "here.png"))
    told: list[int] = []
    report = _in_process(tmp_path, job, threading.Event(), lambda done, _total: told.append(done))
    assert (report.width_px, report.height_px, report.pixel_um) == (2220, 2967, (0.499, 0.499))
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "here.png").read_bytes()
    assert told[-1] > 1
    stop = threading.Event()
    with pytest.raises(Cancelled):
        _in_process(tmp_path, replace(job, target=tmp_path / "never.png"), stop, lambda *_: stop.set())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here.png", "log", "out.png"]


def test_the_export_process_tells_what_is_wrong_with_the_file(tmp_path: Path, shared_data: Path) -> None:
    job = PictureJob(shared_data / "slides/bad/broken.svs", Picture(Region(0, 0, 9, 9), 1.0), tmp_path / "out.png")
    with pytest.raises(ImageError, match=r"broken\.svs"):
        _in_process(tmp_path, job, threading.Event(), lambda *_: None)
