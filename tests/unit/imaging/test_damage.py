from __future__ import annotations

import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region, Size
from lnm_desktop.domain.image import ImageInfo, Level, RegionRequest
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.damage import MOST_PARTS, DamagedParts, has_gap, is_zeroed
from tests.fakes.formula_reader import FormulaReader, slide_info

BAD_PX = 256


class HoleyReader(FormulaReader):
    """Level 0 has bad tiles of 256 px in the columns and rows given."""

    def __init__(self, holes: set[tuple[int, int]]) -> None:
        plain = slide_info(8192, 8192)
        levels = (*plain.levels, Level(Size(2048, 2048), 4.0, 4.0, Size(256, 256)))
        super().__init__(ImageInfo(plain.kind, "holey", plain.size, levels, plain.calibration))
        self._holes = [Region(column * BAD_PX, row * BAD_PX, BAD_PX, BAD_PX) for column, row in holes]

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        seen = Region(request.region.x - 2, request.region.y - 2, request.region.width + 4, request.region.height + 4)
        if request.downsample < 4 and any(not hole.intersect(seen).is_empty for hole in self._holes):
            raise ImageDamaged("holey: a part cannot be decoded", hint="Copy it again.")
        return super().read_region(request)


class Counting:
    """A reader together with the count of its bad parts."""

    def __init__(self, holes: set[tuple[int, int]]) -> None:
        self.reader = HoleyReader(holes)
        self.parts = DamagedParts("a.svs")

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        self.parts.check()
        try:
            return self.reader.read_region(request)
        except ImageDamaged:
            self.parts.note(request, self.reader.info)
            raise


def read_all(reader: Counting, tile_px: int, step_px: int, downsample: float = 1) -> list[str]:
    """What is told for each region of a grid that fails."""
    told = []
    for y in range(0, 2048, step_px):
        for x in range(0, 4096, step_px):
            try:
                reader.read_region(RegionRequest(Region(x, y, tile_px, tile_px), downsample))
            except ImageDamaged as error:
                told.append(error.message)
    return told


@pytest.mark.parametrize(("tile_px", "step_px"), [(256, 256), (512, 512), (96, 96), (224, 64)])
def test_one_bad_tile_seen_in_many_regions_is_one_part(tile_px: int, step_px: int) -> None:
    reader = Counting({(5, 6)})
    told = read_all(reader, tile_px, step_px)
    assert told
    assert set(told) == {"holey: a part cannot be decoded"}


def test_sixteen_bad_tiles_are_borne_and_seventeen_not() -> None:
    holes = {(2 * n % 16, 2 * (2 * n // 16)) for n in range(MOST_PARTS + 1)}
    borne = Counting(set(sorted(holes)[:-1]))
    assert all("more than" not in words for words in read_all(borne, 200, 256))
    refused = Counting(holes)
    assert sum("more than 16 parts of a.svs" in words for words in read_all(refused, 200, 256)) > 1
    with pytest.raises(ImageDamaged, match="more than 16 parts of a"):
        refused.read_region(RegionRequest(Region(8000, 8000, 10, 10)))


def test_a_blank_tile_may_be_stored_as_zeros() -> None:
    assert not is_zeroed(b"\xff\xd8" + bytes(771) + b"\xff\xd9", 256, 256)
    assert is_zeroed(b"\xff\xd8" + bytes(4096) + b"\xff\xd9", 256, 256)
    assert not is_zeroed(bytes(range(256)) * 40, 256, 256)


def test_a_gap_is_found_wherever_it_begins() -> None:
    longest_blank = 256 * 256 * 6 // 8 // 64 + 16
    for start in range(2 * longest_blank):
        before, after = b"\xff" * start, b"\xff" * 1000
        assert is_zeroed(before + bytes(longest_blank) + after, 256, 256)
        assert not is_zeroed(before + bytes(longest_blank - 1) + after, 256, 256)
    assert not is_zeroed(b"\xff\xd8" + bytes(3072 + 3) + b"\xff\xd9", 512, 512)
    assert is_zeroed(b"\xff\xd8" + bytes(4096) + b"\xff\xd9", 512, 512)


def test_black_that_was_stored_as_it_is_is_no_gap() -> None:
    black = zlib.compress(bytes(256 * 256 * 3), 0)
    assert not has_gap(black, 8, 256, 256)
    assert has_gap(black[:-2] + bytes(2), 8, 256, 256), "the checksum at its end is wrong"
    assert not has_gap(bytes(256 * 256 * 3), 1, 256, 256), "without compression zeros are black"
