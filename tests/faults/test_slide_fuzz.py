"""Row S08: mutants of every format go through the pixel server; each one opens or is refused in good words.

`LNM_MUTANTS` sets how many of each format (200). Seeds are fixed: a mutant is made again by its number.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.remote import Deadlines, PixelServer
from tests.faults.slides import a_pyramid, a_small_slide, an_aperio_slide
from tests.faults.trial import CANARY, NAME, check_words
from tests.unit.imaging.builders import a_dicom, a_png

MUTANTS = int(os.environ.get("LNM_MUTANTS", "200"))
LONGEST_S = 10.0
# Beside the server's own deadline a mutant costs the start of a process at most.
SLACK_S = 20.0
PAGE_BYTES = 4096

FORMATS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "jpeg": (".tif", lambda path: a_pyramid(path, "jpeg", edge_px=512)),
    "deflate": (".tif", a_small_slide),
    "lzw": (".tif", lambda path: a_pyramid(path, "lzw", edge_px=512)),
    "aperio": (".svs", an_aperio_slide),
    "strips": (".tif", lambda path: a_pyramid(path, "deflate", edge_px=512, tile=None, rowsperstrip=64)),
    "dicom": (".dcm", lambda path: a_dicom(path, np.arange(64 * 64, dtype=np.uint16).reshape(64, 64))),
    "png": (".png", a_png),
}
REAL = {
    "real aperio": "aperio_svs/openslide-python-small.svs",
    "real dicom slide": "dicom_wsi/highdicom/sm_image.dcm",
}


def mutant(data: bytes, number: int) -> bytes:
    """Some bytes changed, mostly where a file keeps its structure; cut, with a gap, or with bytes too many."""
    chance = random.Random(number)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 9, 40))):
        changed[_place(chance, len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    kind, place = chance.random(), _place(chance, len(data))
    if kind < 0.1:
        return bytes(changed[:place])
    if kind < 0.2:
        changed[place : place + PAGE_BYTES] = bytes(len(changed[place : place + PAGE_BYTES]))
    elif kind < 0.25:
        changed[place:place] = chance.randbytes(chance.choice((1, 2, 100)))
    return bytes(changed)


def _place(chance: random.Random, length: int) -> int:
    """Headers lie at the start, the directories of many TIFFs at the end."""
    where = chance.random()
    if where < 0.4:
        return chance.randrange(min(length, 1200))
    return chance.randrange(max(0, length - 2000), length) if where < 0.7 else chance.randrange(length)


@pytest.fixture
def bounded(tmp_path: Path) -> Iterator[PixelServer]:
    """A pixel server that waits no longer than the row allows."""
    deadlines = Deadlines(open_s=LONGEST_S, read_s=LONGEST_S)
    server = PixelServer(tmp_path / "log" / "pixels.log", deadlines=deadlines)
    yield server
    server.close()


def look(server: PixelServer, path: Path) -> str:
    """Open a mutant as a person would; gives what came of it."""
    try:
        with server.open(path) as slide:
            try:
                whole = slide.info.region
                slide.read_region(RegionRequest(whole, max(1.0, whole.width / 512, whole.height / 512)))
                slide.read_region(RegionRequest(type(whole)(0, 0, 256, 256)))
                for name in slide.info.associated:
                    slide.read_associated(name)
            except ImageError as error:
                check_words(error, path)
                return f"opens, then {type(error).__name__}"
        return "opens"
    except ImageError as error:
        check_words(error, path)
        return type(error).__name__


def fuzz(server: PixelServer, whole: Path) -> Counter[str]:
    """All mutants of one file."""
    data, path, seen = whole.read_bytes(), whole.with_name(f"{NAME}-mutant{whole.suffix}"), Counter[str]()
    for number in range(MUTANTS):
        path.write_bytes(mutant(data, number))
        began = time.monotonic()
        seen[look(server, path)] += 1
        assert time.monotonic() - began < LONGEST_S + SLACK_S, number
    with server.open(whole) as slide, open_image(whole) as here:
        request = RegionRequest(slide.info.region)
        assert np.array_equal(slide.read_region(request), here.read_region(request)), "no good picture after them"
    return seen


def check(server: PixelServer, whole: Path, log: Path) -> None:
    seen = fuzz(server, whole)
    print(dict(seen))
    assert sum(seen.values()) == MUTANTS
    assert len(seen) > 1, "the mutants were all alike: nothing was tried"
    assert CANARY not in log.read_text(errors="replace")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.timeout(60 + MUTANTS)
def test_s08_mutants(bounded: PixelServer, tmp_path: Path, kind: str) -> None:
    suffix, make = FORMATS[kind]
    check(bounded, make(tmp_path / f"{NAME}{suffix}"), tmp_path / "log" / "pixels.log")


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.timeout(60 + MUTANTS)
def test_s08_mutants_of_a_real_file(bounded: PixelServer, tmp_path: Path, shared_data: Path, kind: str) -> None:
    source = shared_data / "slides" / REAL[kind]
    whole = tmp_path / f"{NAME}{source.suffix}"
    whole.write_bytes(source.read_bytes())
    check(bounded, whole, tmp_path / "log" / "pixels.log")
