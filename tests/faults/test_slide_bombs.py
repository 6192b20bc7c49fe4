"""Rows S09–S12: headers that would hang or exhaust a decoder are refused by arithmetic; zeros stay cheap."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.remote import PixelServer
from tests.faults.slides import a_bomb, a_chain, a_claim, a_small_slide, rgb_tags
from tests.faults.trial import Trial

PATIENCE_S = 10.0
MOST_GROWTH_BYTES = 300 * 1024**2
HUGE = 2**32 - 1


def refused_soon(trial: Trial, path: Path, kind: type[ImageError], words: str) -> None:
    """Refused well before any deadline of the pixel server, by arithmetic alone."""
    began = time.monotonic()
    trial.refused(path, kind, words)
    assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize("next_offset", [8, 10])
def test_s09_loop_of_directories(trial: Trial, next_offset: int) -> None:
    tags = rgb_tags(16, 16, rows_per_strip=16)
    path = a_claim(trial.path(".tif"), tags, next_offset=next_offset)
    words = "its list of images is damaged" if next_offset == 8 else "an image directory claims|is truncated"
    refused_soon(trial, path, ImageDamaged, words)


def test_s09_a_million_directories(trial: Trial) -> None:
    """Every one is whole, so only their number is against them."""
    path = a_chain(trial.path(".tif"), 1_000_000)
    refused_soon(trial, path, ImageDamaged, "longer than 4096")


def test_s10_one_tile_of_60000_squared(trial: Trial) -> None:
    path = a_claim(trial.path(".tif"), rgb_tags(60_000, 60_000, tile_width=60_000, tile_length=60_000))
    refused_soon(trial, path, ImageUnsupported, r"tile of 60000 × 60000 pixels, 10299 MiB: more than the 256 MiB")


CLAIMS: dict[str, tuple[dict[int, int], type[ImageError], str]] = {
    "strip of 1e10 pixels": (
        rgb_tags(100_000, 100_000, rows_per_strip=HUGE),
        ImageUnsupported,
        "strip of 100000 × 100000 pixels",
    ),
    "width 0": (rgb_tags(0, 16, rows_per_strip=16), ImageDamaged, "holds an image of 0 × 16 pixels"),
    "height 0": (rgb_tags(16, 0, rows_per_strip=16), ImageDamaged, "holds an image of 16 × 0 pixels"),
    "tile 0": (rgb_tags(16, 16, tile_width=0, tile_length=16), ImageDamaged, "a tile size of 0 × 16 pixels"),
    "strip 0": (rgb_tags(16, 16, rows_per_strip=0), ImageDamaged, "a strip size of 16 × 0 pixels"),
    "4e9 wide": (
        rgb_tags(4_000_000_000, 16, rows_per_strip=1),
        ImageDamaged,
        "4000000000 × 16 pixels, which is impl",
    ),
    "4e9 squared": (rgb_tags(HUGE, HUGE, tile_width=256, tile_length=256), ImageDamaged, "which is implausible"),
    "65535 samples": (
        {**rgb_tags(4096, 4096, tile_width=4096, tile_length=4096), 277: 65535},
        ImageUnsupported,
        "tile of 4096 × 4096 pixels",
    ),
    "no pixels stored": (rgb_tags(512, 512, tile_width=256, tile_length=256), ImageDamaged, "stores no pixels"),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_s11_impossible_claim(trial: Trial, claim: str) -> None:
    tags, kind, words = CLAIMS[claim]
    refused_soon(trial, a_claim(trial.path(".tif"), tags), kind, words)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[PixelServer]:
    """One process that has decoded nothing large yet, so that its growth can be measured."""
    server = PixelServer(tmp_path / "log" / "pixels.log", processes=1)
    yield server
    server.close()


@contextmanager
def peak_of(pid: int) -> Iterator[list[int]]:
    """The resident memory of a process, measured all the while; the list ends with the largest."""
    process, done, seen = psutil.Process(pid), threading.Event(), [0]

    def watch() -> None:
        while not done.wait(0.005):
            seen.append(max(seen[-1], process.memory_info().rss))

    thread = threading.Thread(target=watch)
    thread.start()
    yield seen
    done.set()
    thread.join()


def test_s12_a_gigapixel_of_zeros_is_read_lazily(trial: Trial, fresh: PixelServer) -> None:
    """40 000² pixels are 4.8 GB; looking at parts of them costs the parts."""
    fresh.open(a_small_slide(trial.path("-small.tif"))).close()
    pid = fresh.pid
    assert pid is not None
    before = psutil.Process(pid).memory_info().rss
    path = a_bomb(trial.path(".tif"))
    assert path.stat().st_size < 1_700_000
    with fresh.open(path) as slide, peak_of(pid) as seen:
        assert slide.info.size.width == 40_000
        for corner in range(0, 40_000, 4_000):
            pixels = slide.read_region(RegionRequest(Region(corner, corner, 512, 512)))
            assert not pixels.any()
        assert not slide.read_region(RegionRequest(Region(9_000, 9_000, 8_192, 8_192), 16)).any()
    assert fresh.pid == pid
    assert 0 < seen[-1] - before < MOST_GROWTH_BYTES
