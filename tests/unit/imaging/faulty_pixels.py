"""A pixel server for tests whose files misbehave as their names say, or once when they are told to."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import ImageInfo, ImageKind, Level, RegionRequest
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.server import limit_address_space, serve_pixels
from tests.fakes.formula_reader import FormulaReader, slide_info

HOARD_BYTES = 700 * 1024**2
ADDRESS_SPACE_BYTES = 2 * 1024**3
FOR_EVER_S = 600


def run(connection: Connection, log_file: str) -> None:
    """Body of the child."""
    serve_pixels(connection, log_file, FaultyReader)


def run_slides(connection: Connection, log_file: str) -> None:
    """Body of a child whose files are all large slides that misbehave once they are told to (`arm`)."""
    serve_pixels(connection, log_file, ArmedReader)


def run_within_limits(connection: Connection, log_file: str) -> None:
    """Body of a child that may use little address space."""
    limit_address_space(ADDRESS_SPACE_BYTES)
    serve_pixels(connection, log_file, FaultyReader)


def never_starts(_connection: Connection, _log_file: str) -> None:
    """A child that ends at once."""
    os._exit(3)


def _signal(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def _spin() -> None:
    while True:
        pass


def _panic() -> None:
    raise BaseException("pretended Rust panic")


def _hoard() -> None:
    kept = np.ones(HOARD_BYTES // 8)
    time.sleep(30)
    del kept


def _make_noise() -> None:
    """What a chatty codec does: Python's streams and the descriptors below them."""
    print("noise " * 20_000)
    sys.stderr.write("noise " * 20_000)
    for descriptor in (1, 2):
        os.write(descriptor, b"noise from native code\n" * 5000)


# `gil` sleeps in native code without releasing the interpreter: no heartbeat, unlike `spin`.
FAULTS: dict[str, Callable[[], object]] = {
    "kill": _signal(signal.SIGKILL),
    "abort": os.abort,
    "crash": _signal(signal.SIGSEGV),
    "exit": lambda: os._exit(7),
    "hang": lambda: time.sleep(FOR_EVER_S),
    "spin": _spin,
    "gil": lambda: ctypes.PyDLL(None).sleep(FOR_EVER_S),
    "hoard": _hoard,
    "greedy": lambda: np.ones(2 * ADDRESS_SPACE_BYTES // 8),
    "slow": lambda: time.sleep(0.5),
    "panic": _panic,
    "noisy": _make_noise,
}


class FaultyReader(ImageReader):
    """1000 × 1000 pixels whose red is x / 10; reading fails by the first word of the file's name."""

    def __init__(self, path: Path) -> None:
        self._fault = path.name.split("-")[0]
        if self._fault == "crashopen":
            FAULTS["crash"]()
        size = Size(1000, 1000)
        self._info = ImageInfo(ImageKind.SLIDE, "faulty", size, (Level(size, 1.0, 1.0, Size(256, 256)),))

    @property
    def info(self) -> ImageInfo:
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        FAULTS.get(self._fault, int)()
        width, height = request.output
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[..., 0] = ((request.region.x + np.arange(width)) / 10).astype(np.uint8)
        return pixels

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        return np.full((4000, 4000, 3), 7, np.uint8)

    def close(self) -> None:
        return None


class ArmedReader(FormulaReader):
    """A large formula slide; it writes down each read that begins, and commits the fault it was armed with."""

    def __init__(self, path: Path) -> None:
        super().__init__(slide_info(20_000, 15_000))
        self._path = path

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        with self._path.with_suffix(".reads").open("a") as file:
            file.write(f"{request.region.x} {request.region.y} {request.region.width} {request.region.height}\n")
        fault, always = _armed(self._path.with_suffix(".fault"))
        if fault == "nap":
            time.sleep(3)
        elif fault and (always or _claim(self._path.with_suffix(".fault"))):
            FAULTS[fault]()
        return super().read_region(request)


def arm(path: Path, fault: str, *, always: bool = False) -> Path:
    """Let the next read of this slide commit a fault, or every one."""
    draft = path.with_suffix(".fault-draft")
    draft.write_text(f"{fault} {'always' if always else 'once'}")
    return draft.replace(path.with_suffix(".fault"))


def reads_of(path: Path) -> list[tuple[float, ...]]:
    """The regions (x, y, width, height) of all reads that have begun."""
    log = path.with_suffix(".reads")
    return [tuple(map(float, line.split())) for line in log.read_text().splitlines()] if log.exists() else []


def _claim(file: Path) -> bool:
    """Take the order away; True in only one of the processes that read it at the same time."""
    try:
        file.replace(file.with_suffix(f".fault-of-{os.getpid()}"))
    except FileNotFoundError:
        return False
    return True


def _armed(file: Path) -> tuple[str, bool]:
    try:
        fault, often = file.read_text().split()
    except FileNotFoundError:
        return "", False
    return fault, often == "always"
