"""Every kind of bad image is refused with words of its own, quickly, and the file stays as it was."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, generate_uid

from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.preflight import preflight
from tests.unit.imaging.builders import a_dicom, a_plain_tiff, a_png, a_slide, blob_rgb

pytestmark = pytest.mark.timeout(30)


def cut(path: Path, share: float) -> Path:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def text_file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


Make = Callable[[Path], Path]
BAD: dict[str, tuple[Make, type[ImageError], str]] = {
    "S05 header": (lambda d: text_file(d / "a.tif", "II*\0\0\0"), ImageDamaged, "needs 8 bytes, has 6"),
    "S05 png": (lambda d: cut(a_png(d / "a.png"), 0.5), ImageDamaged, r"a\.png cannot be decoded"),
    "D01 empty": (lambda d: text_file(d / "a.dcm", ""), ImageDamaged, "empty file"),
    "D01 text": (lambda d: text_file(d / "a.dcm", "hello"), ImageUnsupported, "is not DICOM"),
    "D01 preamble": (
        lambda d: text_file(d / "a.dcm", "\0" * 128 + "DICM"),
        ImageDamaged,
        "names no transfer syntax",
    ),
    "D02 half": (lambda d: cut(a_dicom(d / "a.dcm"), 0.5), ImageDamaged, r"pixel data \d+ of 1024000 bytes"),
    "D02 2 bytes": (
        lambda d: cut(a_dicom(d / "a.dcm"), 1 - 1e-6),
        ImageDamaged,
        r"pixel data 102399\d of 1024000 bytes",
    ),
    "D03 no pixels": (
        lambda d: a_dicom(d / "a.dcm", PixelData=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11"),
        ImageUnsupported,
        "DICOM Basic Text SR Storage without pixel data",
    ),
    "D05 rows": (lambda d: a_dicom(d / "a.dcm", Rows=65535, Columns=65535), ImageDamaged, "65535 × 65535 pixels"),
    "D05 zero": (lambda d: a_dicom(d / "a.dcm", Rows=0), ImageDamaged, "800 × 0 pixels"),
    "D05 frames": (lambda d: a_dicom(d / "a.dcm", NumberOfFrames=10_000_000), ImageDamaged, "10000000 images"),
    "D05 bits": (lambda d: a_dicom(d / "a.dcm", BitsAllocated=12), ImageDamaged, "12 bits per value"),
    "D06 bomb": (lambda d: a_deflate_bomb(d / "a.dcm"), ImageUnsupported, "inflates to more than 512 MiB"),
    "D08 box loop": (lambda d: a_jp2_loop(d / "a.dcm"), ImageDamaged, r"JPEG 2000 .* box of length 0"),
}


@pytest.mark.parametrize("row", BAD)
def test_bad_image_is_refused_in_words(row: str, tmp_path: Path) -> None:
    make, kind, words = BAD[row]
    path = make(tmp_path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(kind, match=words) as caught:
        open_image(path)
    assert type(caught.value) is kind
    assert path.name in caught.value.message
    assert caught.value.hint.endswith(".")
    assert str(tmp_path) not in caught.value.message
    assert (path.read_bytes() if path.is_file() else b"") == before


def a_jp2_loop(path: Path) -> Path:
    """A JPEG 2000 fragment whose boxes never advance: pydicom's own header search loops over it for ever."""
    a_dicom(path, BitsStored=16)
    stub = b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(64)
    items = b"\xfe\xff\x00\xe0" + struct.pack("<I", 0) + b"\xfe\xff\x00\xe0" + struct.pack("<I", len(stub)) + stub
    return _encapsulated(path, items + b"\xfe\xff\xdd\xe0" + bytes(4), str(JPEG2000Lossless))


def _encapsulated(path: Path, value: bytes, syntax: str) -> Path:
    """Replace native pixel data and the transfer syntax (both UIDs padded to one length)."""
    data = path.read_bytes()
    old, new = b"1.2.840.10008.1.2.1\0", syntax.encode().ljust(22, b"\0")
    place = data.index(old, 132)
    length = struct.pack("<H", len(new))
    data = data[: place - 2] + length + new + data[place + len(old) :]
    group = struct.unpack("<I", data[140:144])[0] + len(new) - len(old)
    data = data[:140] + struct.pack("<I", group) + data[144:]
    start = data.rindex(b"\xe0\x7f\x10\x00OW")
    path.write_bytes(data[:start] + b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + value)
    return path


def a_deflate_bomb(path: Path) -> Path:
    """Deflated DICOM that would become 600 MiB."""
    a_dicom(path, np.zeros((2, 2), np.uint16))
    data = path.read_bytes()
    start = 144 + struct.unpack("<I", data[140:144])[0]
    head = data[:start].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
    head = head[:140] + struct.pack("<I", struct.unpack("<I", head[140:144])[0] + 2) + head[144:]
    place = head.index(b"1.2.840.10008.1.2.1.99")
    head = head[: place - 2] + struct.pack("<H", 22) + head[place:]
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    body = b"".join(stream.compress(bytes(2**20)) for _ in range(600)) + stream.flush()
    path.write_bytes(head + body)
    return path


def test_plain_tiff_spares_no_tile(tmp_path: Path) -> None:
    """Its decoder would fill the gap in silence."""
    path = a_plain_tiff(tmp_path / "a.tif", blob_rgb())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ImageDamaged, match="truncated: needs"):
        open_image(path)


def test_d17_two_series_in_a_folder_are_listed(tmp_path: Path) -> None:
    for number, uid in ((1, "1.2.1"), (2, "1.2.2")):
        a_dicom(tmp_path / f"{number}.dcm", SeriesInstanceUID=uid, SeriesNumber=number)
    with pytest.raises(ImageUnsupported, match=r"2 series: MR series 1 \(1 files\), MR series 2 \(1 files\)"):
        open_image(tmp_path)


def test_d10_unknown_transfer_syntax_is_named(tmp_path: Path) -> None:
    path = a_dicom(tmp_path / "a.dcm")
    items = b"\xfe\xff\x00\xe0" + bytes(4) + b"\xfe\xff\x00\xe0" + struct.pack("<I", 32) + bytes(32)
    _encapsulated(path, items + b"\xfe\xff\xdd\xe0" + bytes(4), "1.2.840.10008.1.2.4.100")
    with pytest.raises(ImageUnsupported, match=r"1\.2\.840\.10008\.1\.2\.4\.100"):
        open_image(path)


def test_d07_garbage_in_a_compressed_frame_is_damage(tmp_path: Path) -> None:
    path = a_dicom(tmp_path / "a.dcm", SOPInstanceUID=generate_uid())
    garbage = b"\xff\x4f\xff\x51" + bytes(range(200))
    items = b"\xfe\xff\x00\xe0" + bytes(4) + b"\xfe\xff\x00\xe0" + struct.pack("<I", len(garbage)) + garbage
    _encapsulated(path, items + b"\xfe\xff\xdd\xe0" + bytes(4), str(JPEG2000Lossless))
    with pytest.raises(ImageDamaged, match=r"a\.dcm: image 1 cannot be decoded"):
        open_image(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("slides/bad/broken.svs", "looks like"),
        ("slides/bad/unopenable.tiff", "unknown TIFF compression 52479"),
        ("dicom/MR_truncated.dcm", "pixel data 8130 of 8192 bytes"),
        ("slides/dicom_wsi/highdicom/sm_annotations.dcm", "without pixel data"),
        ("slides/dicom_wsi/highdicom/seg_image_sm_control.dcm", "is a DICOM segmentation"),
        ("slides/dicom_wsi/highdicom/sm_image_grayscale.dcm", "only 8-bit colour is supported"),
        ("slides/dicom_wsi/highdicom/sm_image_jpegls.dcm", "Unsupported transfer syntax"),
    ],
)
def test_real_bad_files(shared_data: Path, name: str, words: str) -> None:
    with pytest.raises(ImageError, match=words) as caught:
        open_image(shared_data / name)
    assert Path(name).name in caught.value.message
    assert str(shared_data) not in caught.value.message


def test_real_unreadable_slide_opens_and_fails_on_reading(shared_data: Path) -> None:
    words = r"unreadable\.svs: the part at x 0, y 0"
    path = shared_data / "slides" / "bad" / "unreadable.svs"
    with open_image(path) as slide, pytest.raises(ImageDamaged, match=words):
        slide.read_region(RegionRequest(slide.info.region))


@pytest.mark.parametrize("make", [a_dicom, a_slide])
def test_s08_damaged_headers_never_surprise(make: Callable[[Path], Path], tmp_path: Path) -> None:
    """Preflight is Python only, so any exception but ours would be a hole in it."""
    path = make(tmp_path / ("a.dcm" if make is a_dicom else "a.tif"))
    data = path.read_bytes()
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        mutant = bytearray(data[:4096] if chance.random() < 0.1 else data)
        for _ in range(chance.choice((1, 3, 9))):
            mutant[chance.randrange(min(len(mutant), 1200))] = chance.choice((0, 1, 127, 255, chance.randrange(256)))
        path.write_bytes(mutant)
        try:
            preflight(path)
        except ImageError as error:
            refused += path.name in error.message
    assert refused > 20
