"""A pixel server for tests whose files misbehave as their names say."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import ImageInfo, ImageKind, Level, RegionRequest
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.server import serve_pixels

HOARD_BYTES = 700 * 1024**2


def run(connection: Connection, log_file: str) -> None:
    """Body of the child."""
    serve_pixels(connection, log_file, FaultyReader)


def never_starts(_connection: Connection, _log_file: str) -> None:
    """A child that ends at once."""
    os._exit(3)


class FaultyReader(ImageReader):
    """1000 × 1000 pixels whose red is x / 10; reading fails by the first word of the file's name."""

    def __init__(self, path: Path) -> None:
        self._fault = path.name.split("-")[0]
        if self._fault == "crashopen":
            os.kill(os.getpid(), signal.SIGSEGV)
        size = Size(1000, 1000)
        self._info = ImageInfo(ImageKind.SLIDE, "faulty", size, (Level(size, 1.0, 1.0, Size(256, 256)),))

    @property
    def info(self) -> ImageInfo:
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        if self._fault == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self._fault == "hang":
            time.sleep(600)
        if self._fault == "slow":
            time.sleep(0.5)
        if self._fault == "panic":
            raise BaseException("pretended Rust panic")
        if self._fault == "hoard":
            kept = np.ones(HOARD_BYTES // 8)
            time.sleep(30)
            del kept
        width, height = request.output
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[..., 0] = ((request.region.x + np.arange(width)) / 10).astype(np.uint8)
        return pixels

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        return np.full((4000, 4000, 3), 7, np.uint8)

    def close(self) -> None:
        return None
