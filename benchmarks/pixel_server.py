"""What the border between the window and its decoders costs, and how soon a killed reader process is replaced.

    python benchmarks/pixel_server.py --quick --json

Prints: the time from SIGKILL of all reader processes to the next tile (a new process, the file opened again), median
and worst of ten; the latency of one tile and the tiles per second across the border beside the same reader in this
process, interleaved; and how many of the tiles that a fling passes by were not decoded.
Absolute times depend on the machine; `latency_ratio` and `throughput_ratio` are what to read.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tifffile

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.pyramid import VirtualPyramid
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.remote import PixelServer
from lnm_desktop.ui.viewer.fetcher import TileFetcher

TILE_PX = 256
EDGE_PX = 4096
IN_FLIGHT = 3
RESPAWNS = 10


def main() -> None:
    """Run everything once and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer tiles and rounds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--slide", type=Path, help="a slide of at least 4,096 pixels; else one is made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slide.tif"
        slide = Path(shutil.copy(arguments.slide, path)) if arguments.slide else a_slide(path)
        found = measure(slide, Path(folder), rounds=3 if arguments.quick else 5, tiles=60 if arguments.quick else 240)
    if arguments.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:28s} {value:10.3f}")


def a_slide(path: Path) -> Path:
    """A synthetic tiled JPEG of noise over coarse colours."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(90, 220, (EDGE_PX // 64, EDGE_PX // 64, 3)).repeat(64, 0).repeat(64, 1)
    pixels = np.clip(coarse + rng.integers(-20, 21, coarse.shape), 0, 255).astype(np.uint8)
    resolution = {"resolution": (20_000, 20_000), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, pixels, tile=(TILE_PX, TILE_PX), photometric="rgb", compression="jpeg", **resolution)
    return path


def measure(slide: Path, folder: Path, rounds: int, tiles: int) -> dict[str, float]:
    """All figures: seconds, milliseconds, tiles per second and ratios by name."""
    server = PixelServer(folder / "pixels.log")
    try:
        with open_image(slide) as here, server.open(slide) as there:
            requests = places(tiles)
            for reader in (here, there):
                throughput(reader, requests[: IN_FLIGHT * 4])
            both = {"here": here, "there": there}
            latencies: dict[str, list[float]] = {name: [] for name in both}
            rates: dict[str, list[float]] = {name: [] for name in both}
            for _ in range(rounds):
                for name, reader in both.items():
                    latencies[name] += [latency_ms(reader, request) for request in requests[: tiles // 2]]
                    rates[name].append(throughput(reader, requests))
            found = {f"latency_{name}_ms": statistics.median(values) for name, values in latencies.items()}
            found |= {f"tiles_per_s_{name}": statistics.median(values) for name, values in rates.items()}
            found["latency_ratio"] = found["latency_there_ms"] / found["latency_here_ms"]
            found["throughput_ratio"] = found["tiles_per_s_there"] / found["tiles_per_s_here"]
            found["stale_tiles_dropped"] = dropped_share(there)
            respawns = [respawn_s(server, there, slide, request) for request in requests[:RESPAWNS]]
            return {**found, "respawn_s": statistics.median(respawns), "respawn_worst_s": max(respawns)}
    finally:
        server.close()


def places(count: int) -> list[RegionRequest]:
    """Tiles of the viewer's grid, in an order of no advantage to anybody."""
    grid = EDGE_PX // TILE_PX
    order = np.random.default_rng(2).permutation(grid * grid)[:count]
    return [RegionRequest(Region(n % grid * TILE_PX, n // grid * TILE_PX, TILE_PX, TILE_PX)) for n in map(int, order)]


def latency_ms(reader: ImageReader, request: RegionRequest) -> float:
    """One tile, nothing else under way."""
    return 1000 * seconds(lambda: reader.read_region(request))


def throughput(reader: ImageReader, requests: list[RegionRequest]) -> float:
    """Tiles per second with as many in flight as the viewer has."""
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        return len(requests) / seconds(lambda: list(threads.map(reader.read_region, requests)))


def respawn_s(server: PixelServer, reader: ImageReader, slide: Path, request: RegionRequest) -> float:
    """From the kill of every reader process to the next tile."""
    os.utime(slide)  # a file that was written anew is not blamed for earlier deaths
    for pid in server.pids:
        os.kill(pid, signal.SIGKILL)
    return seconds(lambda: reader.read_region(request))


def dropped_share(reader: ImageReader) -> float:
    """Of the tiles that a fling over the slide passes by, the share that no decoder saw."""
    pyramid, read = VirtualPyramid(reader.info), []

    def fetch(key: object) -> object:
        read.append(key)
        return reader.read_region(pyramid.request(key))  # type: ignore[arg-type]

    fetcher = TileFetcher(fetch, lambda *_: None, lambda *_: None, count=IN_FLIGHT)  # type: ignore[arg-type]
    tiles = list(pyramid.all_tiles(0, 0, 0))
    views = [tiles[start : start + 24] for start in range(0, len(tiles), 24)]
    for view in views:
        fetcher.want(view)
        time.sleep(1 / 60)
    while not fetcher.is_idle:
        time.sleep(0.005)
    fetcher.close(5)
    passed = {key for view in views[:-1] for key in view}
    return 1 - len(passed & set(read)) / len(passed)


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
