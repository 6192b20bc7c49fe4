"""Every open image passes through here: its file may change underneath, vanish, come back, or turn out damaged."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageNotFound
from lnm_desktop.imaging.damage import DamagedParts
from lnm_desktop.imaging.fingerprint import quick_fingerprint
from lnm_desktop.imaging.reader import ImageReader

State = tuple[int, int, int]


class WatchedReader(ImageReader):
    """A reader that looks at its file before each read, opens it again when it was touched, and gives up a bad one.

    What was written underneath must never be mixed with what was read before: decoders keep tables of places.
    """

    def __init__(self, path: Path, open_file: Callable[[], ImageReader]) -> None:
        """Raises what `open_file` raises."""
        self._path = path
        self._open_file = open_file
        self._state = _state(path)
        self._reader = open_file()
        self._earlier: list[ImageReader] = []
        self._info = replace(self._reader.info, fingerprint=quick_fingerprint(path))
        self._parts = DamagedParts(path.name)
        self._lock = threading.Lock()
        self._closed = False
        self.thread_safe = self._reader.thread_safe

    @property
    def info(self) -> ImageInfo:
        """See `ImageReader.info`; with the file's fingerprint."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`. Raises a plain ImageError for a file that is not the one that was opened."""
        self._parts.check()
        reader = self._current()
        try:
            return reader.read_region(request)
        except ImageDamaged:
            self._current()  # it may have been cut while it was read
            self._parts.note(request, self._info)
            raise

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """See `ImageReader.read_associated`."""
        return self._current().read_associated(name)

    def close(self) -> None:
        """See `ImageReader.close`."""
        self._closed = True
        for reader in (*self._earlier, self._reader):
            reader.close()

    def _current(self) -> ImageReader:
        state = _state(self._path)
        if state != self._state and not self._closed:
            with self._lock:
                self._renew(state)
        return self._reader

    def _renew(self, state: State | None) -> None:
        """Go on with the file as it is now, if it is the same one. Others may still read from the old reader."""
        if state == self._state:
            return
        if state is None:
            raise ImageNotFound(
                f"{self._path.name} cannot be found any more",
                hint="Reading goes on by itself when the file, its drive or the network is back.",
            )
        reader = self._open_again()
        self._earlier.append(self._reader)
        self._reader, self._state = reader, state

    def _open_again(self) -> ImageReader:
        try:
            if quick_fingerprint(self._path) == self._info.fingerprint:
                return self._open_file()
        except ImageDamaged as error:
            raise changed(self._path.name) from error
        raise changed(self._path.name)


def changed(name: str) -> ImageError:
    """What is told of a file that is not the one that was opened; it may become that one again."""
    return ImageError(
        f"{name} has changed since it was opened",
        hint="Open the image again; if the file comes back as it was, reading goes on by itself.",
    )


def _state(path: Path) -> State | None:
    """Which file it is and when it was last written, None where there is none."""
    with suppress(OSError):
        facts = os.stat(path)  # noqa: PTH116 - asked before each tile, and Path.stat takes twice the time
        return facts.st_ino, facts.st_size, facts.st_mtime_ns
    return None
