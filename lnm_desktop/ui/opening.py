"""Files come in here: images go through the pixel server into a case, annotation files onto the open image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.errors import LnmError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.notices import Notices

ANNOTATION_SUFFIXES = {".xml", ".geojson", ".json"}
IMAGE_FILTER = "Slides, scans and annotations (*)"


class Pixels(Protocol):
    """The pixel server as this module needs it."""

    def open(self, path: Path) -> ImageReader:
        """Open an image. Raises ImageError."""
        ...


@dataclass(frozen=True)
class _Opened:
    path: Path
    reader: ImageReader


class Opening(QObject):
    """`began(name)` and `ended()` bracket each opening; `imported(path)` names an annotation file."""

    began = Signal(str)
    ended = Signal()
    annotations_found = Signal(object)
    images_added = Signal()

    def __init__(self, pixels: Pixels, current: Current, background: Background, notices: Notices) -> None:
        super().__init__()
        self._pixels = pixels
        self._current = current
        self._background = background
        self._notices = notices
        self._turn = 0
        self.busy = 0

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open files and folders: annotation files onto the open image, the rest as images of the open case."""
        drawings = [path for path in paths if path.suffix.lower() in ANNOTATION_SUFFIXES]
        images = [path for path in paths if path not in drawings]
        for place, path in enumerate(images):
            self._open(path, lambda opened, show=place == 0: self._add(opened, show=show))
        for path in drawings:
            self.annotations_found.emit(path)

    def open_image(self, image: CaseImage) -> None:
        """Open an image that belongs to a case already."""
        self._turn += 1
        turn = self._turn

        def show(opened: _Opened) -> None:
            if turn == self._turn:
                self._current.open_image(image, opened.reader)
            else:
                opened.reader.close()

        self._open(Path(image.path), show)

    def _open(self, path: Path, done: Callable[[_Opened], None]) -> None:
        self.busy += 1
        self.began.emit(path.name)
        self._background.run(
            lambda: _Opened(path, self._pixels.open(path)),
            lambda opened: self._finish(lambda: done(opened)),
            lambda error: self._finish(lambda: self._notices.error(error)),
        )

    def _finish(self, call: Callable[[], None]) -> None:
        self.busy -= 1
        self._notices.attempt(call)
        self.ended.emit()

    def _add(self, opened: _Opened, *, show: bool) -> None:
        """Make an opened file an image of the open case, unless it is known already."""
        session = self._current.session
        if session is None:
            opened.reader.close()
            raise LnmError("The workspace is not open yet.", hint="Open the file again in a moment.")
        image = _known_image(session, opened.path) or self._new_image(session, opened)
        self.images_added.emit()
        self._tell_warnings(opened)
        if show:
            self._turn += 1
            self._current.open_image(image, opened.reader)
        else:
            opened.reader.close()

    def _new_image(self, session: Session, opened: _Opened) -> CaseImage:
        case = self._current.case or session.add_case(free_pseudonym(session.cases()))
        info = opened.reader.info
        return session.add_image(case.id, str(opened.path.resolve()), info.kind, label_of(opened.path, info))

    def _tell_warnings(self, opened: _Opened) -> None:
        for warning in opened.reader.info.warnings:
            self._notices.warn(f"{opened.path.name}: {warning}")


def free_pseudonym(cases: Sequence[Case]) -> str:
    """The first "Case N" that no case bears."""
    taken = {case.pseudonym for case in cases}
    return next(f"Case {n}" for n in range(1, len(taken) + 2) if f"Case {n}" not in taken)


def label_of(path: Path, info: ImageInfo) -> str:
    """What an image is called in lists until somebody names it."""
    return path.name if path.is_dir() else f"{path.stem}{f' ({info.modality})' if info.modality else ''}"


def _known_image(session: Session, path: Path) -> CaseImage | None:
    wanted = str(path.resolve())
    images = (image for case in session.cases() for image in session.images(case.id))
    return next((image for image in images if image.path == wanted), None)
