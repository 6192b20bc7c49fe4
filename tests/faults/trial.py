"""What every fault of a slide has in common: the pixel server, the words told, the file kept, the log kept clean."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lnm_desktop.errors import ImageError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.remote import PixelServer

# Found in every path of a trial: a log must hold none of them.
CANARY = "canary-jane-doe"
NAME = f"{CANARY}-17"


class Trial:
    """One fault: files lie in `folder`, whose name and whose files' names may identify a patient."""

    def __init__(self, folder: Path, logs: Path, pixels: PixelServer) -> None:
        self.folder = folder
        self.logs = logs
        self.pixels = pixels

    def path(self, suffix: str = ".svs") -> Path:
        """Where the slide of this trial belongs."""
        return self.folder / f"{NAME}{suffix}"

    def refused(self, path: Path, kind: type[ImageError], words: str) -> ImageError:
        """Opening fails in good words, kills no process and leaves the file as it was."""
        pid = self.pixels.pid
        with unchanged(path), pytest.raises(ImageError, match=words) as caught:
            self.pixels.open(path)
        assert type(caught.value) is kind, caught.value.message
        check_words(caught.value, path)
        assert pid in (None, self.pixels.pid)
        return caught.value

    @contextmanager
    def opened(self, path: Path) -> Iterator[ImageReader]:
        """The open slide; its file stays as it was."""
        with unchanged(path), self.pixels.open(path) as reader:
            yield reader

    def check_logs(self) -> None:
        """No log of any process names the file or its folder."""
        for log in self.logs.iterdir():
            assert CANARY not in log.read_text(errors="replace"), log.name


def check_words(error: ImageError, path: Path) -> None:
    """What happened, to which file by its plain name, and what to do next."""
    assert path.name in error.message
    assert str(path.parent) not in error.message
    assert re.search(r"\w.*\.$", error.hint, re.DOTALL), error.hint


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Fails when the bytes of the file have changed by the end."""
    before = _sha256(path)
    yield
    assert _sha256(path) == before


def _sha256(path: Path) -> str | None:
    with suppress(OSError):
        if path.is_file():
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return None
