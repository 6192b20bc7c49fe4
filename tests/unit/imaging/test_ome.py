"""OME-XML, read without trust."""

from __future__ import annotations

import pytest

from lnm_desktop.imaging.readers.ome import OmeImage, has_dtd, read_ome

SPACE = 'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'


def xml(pixels: str, channels: str = "") -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}<OME {SPACE}><Image><Pixels {pixels}>{channels}</Pixels></Image></OME>"


@pytest.mark.parametrize(
    ("pixels", "size"),
    [
        ('PhysicalSizeX="0.5" PhysicalSizeY="0.25"', (0.5, 0.25)),
        ('PhysicalSizeX="0.5" PhysicalSizeXUnit="µm"', (0.5, 0.5)),
        ('PhysicalSizeX="500" PhysicalSizeXUnit="nm" PhysicalSizeY="0.5" PhysicalSizeYUnit="μm"', (0.5, 0.5)),
        ('PhysicalSizeY="0.002" PhysicalSizeYUnit="mm"', (2.0, 2.0)),
        ('PhysicalSizeX="3" PhysicalSizeXUnit="pixel"', (None, None)),
        ('PhysicalSizeX="wide"', ("wide", "wide")),
        ("", (None, None)),
    ],
)
def test_pixel_sizes_in_every_unit(pixels: str, size: tuple[float | str | None, float | str | None]) -> None:
    found = read_ome(xml(pixels))
    assert (found.mpp_x, found.mpp_y) == pytest.approx(size)


def test_channels_have_names_and_colors() -> None:
    channels = (
        '<Channel Name="DAPI" Color="65535"/><Channel Fluor="CK" Color="-16776961"/><Channel Color="0"/>'
        '<Channel Color="red"/><Channel Color="-1"/>'
    )
    found = read_ome(xml('SignificantBits="12"', channels))
    assert found.names == ("DAPI", "CK", "", "", "")
    assert found.colors == ("#0000ff", "#ff0000", "", "", "#ffffff")
    assert found.significant_bits == 12


def test_only_the_first_image_counts() -> None:
    two = xml('PhysicalSizeX="1"').replace("</OME>", '<Image><Pixels PhysicalSizeX="9"/></Image></OME>')
    assert read_ome(two).mpp_x == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "<OME",
        "<OME/>",
        "no xml",
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + xml('PhysicalSizeX="1"')[38:],
        '<?xml version="1.0"?>' + xml(""),
    ],
)
def test_what_cannot_be_read_tells_nothing(text: str | None) -> None:
    assert read_ome(text) == OmeImage()


def test_entities_are_noticed() -> None:
    assert has_dtd('<!DOCTYPE x [<!ENTITY a "aaaa">]>') and not has_dtd(xml(""))
