from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import pixel_array

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import ImageInfo, ImageKind, Photometric, RegionRequest, Window
from lnm_desktop.errors import ImageError, ImageUnsupported
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.pyramid import VirtualPyramid
from lnm_desktop.imaging.readers import dicom_series
from lnm_desktop.imaging.readers.dicom_series import open_series
from lnm_desktop.imaging.tile_stream import stream_tiles
from tests.unit.imaging.builders import a_dicom, a_slice

REAL = (
    *("JPGLosslessP14SV1_1s_1f_8b", "MR-SIEMENS-DICOM-WithOverlays", "MR2_UNCI", "MR_small", "MR_small_RLE"),
    *("MR_small_jp2klossless", "OBXXXX1A_rle", "RG3_J2KR", "US1_J2KR", "US1_UNCI", "emri_small"),
    *("examples_palette", "examples_rgb_color"),
)


def info_of(path: Path) -> ImageInfo:
    with open_image(path) as reader:
        return reader.info


def plane_values(path: Path) -> list[int]:
    """The value of each plane of a series of flat slices."""
    with open_image(path) as reader:
        region = RegionRequest(Region(0, 0, 1, 1))
        return [
            int(reader.read_region(RegionRequest(region.region, 1.0, n))[0, 0]) for n in range(reader.info.planes)
        ]


@pytest.mark.parametrize("name", REAL)
def test_real_files_show_the_pixels_that_pydicom_decodes(shared_data: Path, name: str) -> None:
    path = shared_data / "dicom" / f"{name}.dcm"
    header = dcmread(path)
    decoded = pixel_array(path, index=0)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        wanted = apply_color_lut(decoded, header)
        wanted = wanted if wanted.dtype == np.uint8 else (wanted >> 8).astype(np.uint8)
    else:
        wanted = apply_modality_lut(decoded, header)
    with open_image(path) as reader:
        info = reader.info
        assert info.kind is ImageKind.SERIES
        assert info.planes == int(header.get("NumberOfFrames") or 1)
        assert info.inverted == (header.PhotometricInterpretation == "MONOCHROME1")
        found = reader.read_region(RegionRequest(info.region))
        assert found.dtype == np.dtype(info.dtype)
        assert np.allclose(found, wanted, rtol=1e-6)


def test_planes_are_sorted_through_the_body(tmp_path: Path) -> None:
    for number, depth in enumerate([30.0, -5.0, 12.5]):
        a_slice(tmp_path / f"{number}.dcm", depth, value=int(depth + 100), InstanceNumber=number)
    assert plane_values(tmp_path) == [95, 112, 130]


def test_even_spacing_is_told_and_uneven_warned_of(tmp_path: Path) -> None:
    for number in range(4):
        a_slice(tmp_path / f"{number}.dcm", number * 2.5)
    assert info_of(tmp_path).spacing_mm == (0.5, 0.5, 2.5)
    assert not info_of(tmp_path).warnings[1:]
    (tmp_path / "1.dcm").unlink()
    assert any("2.50 to 5.00 mm: some may be missing" in text for text in info_of(tmp_path).warnings)


def test_phases_at_one_position_are_counted_and_the_spacing_is_that_of_the_positions(tmp_path: Path) -> None:
    for number in range(6):
        a_slice(tmp_path / f"{number}.dcm", (number % 2) * 2.5, InstanceNumber=number)
    info = info_of(tmp_path)
    assert (info.planes, info.phases, info.spacing_mm[2]) == (6, 3, 2.5)
    (tmp_path / "5.dcm").unlink()
    assert info_of(tmp_path).phases == 1


def test_without_positions_the_instance_number_orders(tmp_path: Path) -> None:
    for name, number in (("a", 3), ("b", 1), ("c", 2)):
        a_slice(tmp_path / f"{name}.dcm", 0, value=number, InstanceNumber=number, ImagePositionPatient=None)
    assert plane_values(tmp_path) == [1, 2, 3]
    assert any("instance number" in text for text in info_of(tmp_path).warnings)


def test_copies_of_an_instance_are_shown_once(tmp_path: Path) -> None:
    a_slice(tmp_path / "1.dcm", 0.0, value=1)
    (tmp_path / "2.dcm").write_bytes((tmp_path / "1.dcm").read_bytes())
    assert info_of(tmp_path).planes == 1
    assert any("copies" in text for text in info_of(tmp_path).warnings)


def test_files_without_pixels_are_skipped_and_counted(tmp_path: Path) -> None:
    a_slice(tmp_path / "1.dcm", 0.0)
    a_dicom(tmp_path / "report.dcm", PixelData=None)
    assert any("1 of 2 files hold no image" in text for text in info_of(tmp_path).warnings)


def test_mixed_sizes_are_refused(tmp_path: Path) -> None:
    a_slice(tmp_path / "1.dcm", 0.0)
    a_dicom(tmp_path / "2.dcm", np.zeros((4, 4), np.uint16))
    with pytest.raises(ImageUnsupported, match="mixes images of different kinds"):
        open_image(tmp_path)


def test_values_pass_the_modality_transform(tmp_path: Path) -> None:
    stored = np.array([[0, 1000], [2000, 65535]], np.uint16)
    path = a_dicom(tmp_path / "a.dcm", stored, RescaleSlope=2, RescaleIntercept=-1024)
    with open_image(path) as reader:
        found = reader.read_region(RegionRequest(reader.info.region))
        assert found.dtype == np.float32
        assert found.tolist() == [[-1024, 976], [2976, 130046]]


def test_an_impossible_slope_is_ignored_and_told(tmp_path: Path) -> None:
    path = a_dicom(tmp_path / "a.dcm", np.full((2, 2), 7, np.uint16), RescaleSlope=0, RescaleIntercept=5)
    with open_image(path) as reader:
        assert reader.read_region(RegionRequest(reader.info.region)).tolist() == [[7, 7], [7, 7]]
        assert any("slope is impossible" in text for text in reader.info.warnings)


def test_signed_values_stay_signed(tmp_path: Path) -> None:
    stored = np.array([[-300, 5], [0, 300]], np.int16)
    with open_image(a_dicom(tmp_path / "a.dcm", stored)) as reader:
        assert reader.info.dtype == "int16"
        assert np.array_equal(reader.read_region(RegionRequest(reader.info.region)), stored)
        assert (reader.read_region(RegionRequest(Region(-9, -9, 4, 4))) == -300).all()


def test_the_first_window_counts(tmp_path: Path) -> None:
    path = a_dicom(tmp_path / "a.dcm", WindowCenter=[40, 400], WindowWidth=[80, 800])
    assert info_of(path).window == Window(40, 80)


@pytest.mark.parametrize("window", [{}, {"WindowCenter": 5, "WindowWidth": 0}])
def test_a_window_is_made_where_none_is_usable(tmp_path: Path, window: dict[str, float]) -> None:
    info = info_of(a_dicom(tmp_path / "a.dcm", **window))
    assert info.window is not None
    assert info.window.width > 1
    assert any("percentile" in text for text in info.warnings)


def test_other_window_functions_are_told(tmp_path: Path) -> None:
    path = a_dicom(tmp_path / "a.dcm", WindowCenter=40, WindowWidth=80, VOILUTFunction="SIGMOID")
    assert any("SIGMOID is shown as LINEAR" in text for text in info_of(path).warnings)


def test_pixel_size_is_row_spacing_first(tmp_path: Path) -> None:
    calibration = info_of(a_dicom(tmp_path / "a.dcm", PixelSpacing=[0.2, 0.1])).calibration
    assert (calibration.mpp_x, calibration.mpp_y) == (100.0, 200.0)


@pytest.mark.parametrize("spacing", [None, [0, 0], [-1, 1]])
def test_impossible_pixel_size_is_unknown(tmp_path: Path, spacing: list[float] | None) -> None:
    info = info_of(a_dicom(tmp_path / "a.dcm", PixelSpacing=spacing))
    assert not info.calibration.is_known
    assert math.isnan(info.spacing_mm[0])
    assert any("pixel size" in text for text in info.warnings)


def test_detector_spacing_is_used_and_warned_of(tmp_path: Path) -> None:
    info = info_of(a_dicom(tmp_path / "a.dcm", PixelSpacing=None, ImagerPixelSpacing=[0.07, 0.07], Modality="MG"))
    assert info.calibration.mpp_x == pytest.approx(70)
    assert any("at the detector" in text for text in info.warnings)


def test_monochrome1_is_inverted_by_the_display_only(tmp_path: Path) -> None:
    stored = np.array([[0, 1], [2, 3]], np.uint16)
    with open_image(a_dicom(tmp_path / "a.dcm", stored, PhotometricInterpretation="MONOCHROME1")) as reader:
        assert reader.info.inverted
        assert np.array_equal(reader.read_region(RegionRequest(reader.info.region)), stored)


def test_color_is_rgb(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    path = a_dicom(
        tmp_path / "a.dcm", pixels, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0
    )
    with open_image(path) as reader:
        assert reader.info.photometric is Photometric.RGB
        assert reader.info.window is None
        assert np.array_equal(reader.read_region(RegionRequest(reader.info.region)), pixels)


def test_frames_are_planes(tmp_path: Path) -> None:
    pixels = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5)
    path = a_dicom(tmp_path / "a.dcm", pixels, Rows=4, Columns=5, NumberOfFrames=3)
    with open_image(path) as reader:
        assert reader.info.planes == 3
        for number in range(3):
            found = reader.read_region(RegionRequest(reader.info.region, 1.0, number))
            assert np.array_equal(found, pixels[number])
        with pytest.raises(ImageError, match="no plane 3"):
            reader.read_region(RegionRequest(reader.info.region, 1.0, 3))


def test_nothing_told_names_the_patient(tmp_path: Path) -> None:
    path = a_dicom(tmp_path / "a.dcm", Manufacturer="Maker", StudyDescription="canary study", StationName="canary")
    info = info_of(path)
    assert "canary" not in repr(info).lower()
    assert info.properties["Manufacturer"] == "Maker"


def test_whole_slide_dicom_goes_to_openslide(shared_data: Path) -> None:
    folder = shared_data / "slides" / "dicom_wsi" / "CMU-1-Small-Region"
    info = info_of(folder)
    assert info.kind is ImageKind.SLIDE
    assert (info.size.width, info.size.height) == (2220, 2967)
    assert info.calibration.mpp == pytest.approx(0.499)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_a_plane_is_decoded_once_for_all_tiles_of_all_levels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: type
) -> None:
    frame = np.random.default_rng(4).integers(0 if dtype is np.uint16 else -1000, 4096, (1700, 1300)).astype(dtype)
    a_dicom(tmp_path / "a.dcm", frame, Modality="MG")
    decoded = []
    decode = dicom_series._decode
    monkeypatch.setattr(dicom_series, "_decode", lambda *place: decoded.append(place) or decode(*place))
    with open_image(tmp_path / "a.dcm") as reader:
        pyramid = VirtualPyramid(reader.info, tile_px=128, coarsest_px=200)
        for level in range(pyramid.count):
            keys = pyramid.all_tiles(level)
            tiles = stream_tiles(reader, (pyramid.request(key) for key in keys))
            for key, tile in zip(keys, tiles, strict=True):
                x, y, factor = key.col * pyramid.span(level), key.row * pyramid.span(level), 2**level
                part = frame[y : y + pyramid.span(level), x : x + pyramid.span(level)]
                inside = part[: part.shape[0] // factor * factor, : part.shape[1] // factor * factor]
                whole = inside.reshape(inside.shape[0] // factor, factor, -1, factor).mean(axis=(1, 3))
                found = tile.pixels[: whole.shape[0], : whole.shape[1]]
                assert np.abs(found - whole).max() <= 0.5
    assert len(decoded) == 1


def test_the_planes_kept_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        a_slice(tmp_path / f"{number}.dcm", float(number), value=number)
    monkeypatch.setattr(dicom_series, "CACHED_BYTES", 2 * 8 * 10 * 2)
    with open_series(sorted(tmp_path.iterdir())) as reader:
        for plane in range(6):
            reader.read_region(RegionRequest(Region(0, 0, 10, 8), 1.0, plane))
        assert list(reader._decoded) == [4, 5]
