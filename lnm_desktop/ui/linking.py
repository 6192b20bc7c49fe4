"""Is this the file that was annotated? Another one is not shown until a person says so; a lost one is found again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from lnm_desktop.domain.case import CaseImage
from lnm_desktop.errors import LnmError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.notices import Notice, Notices, Offer, Severity, notice_of

FIND = "Find the file…"
USE = "Use it all the same"
_HIDDEN = "What was drawn on it is not shown on another file, where it would lie on other tissue."


class Pixels(Protocol):
    """The pixel server as this module needs it."""

    def open(self, path: Path) -> ImageReader:
        """Open an image. Raises ImageError."""
        ...


class Linking(QObject):
    """`file_wanted(CaseImage)` asks for a file to be chosen, `open_wanted(CaseImage)` for the image to be opened."""

    file_wanted = Signal(object)
    open_wanted = Signal(object)

    def __init__(self, pixels: Pixels, current: Current, background: Background, notices: Notices) -> None:
        super().__init__()
        self._pixels = pixels
        self._current = current
        self._background = background
        self._notices = notices

    def checked(self, image: CaseImage, reader: ImageReader) -> CaseImage | None:
        """The image where this is its file, its fingerprint noted at the first opening; else None, and it is told."""
        found, session = reader.info.fingerprint, self._current.session
        if not found or found == image.fingerprint:
            return image
        if image.fingerprint:
            self._tell_changed(image, found)
            return None
        if session is None or session.read_only:
            return image
        words = f"Note the file of {image.label}"
        noted = self._notices.attempt(lambda: session.link_file(image.id, image.path, found, words))
        return noted or image

    def tell_missing(self, image: CaseImage, error: LnmError) -> None:
        """An image's file is not where it was."""
        told = notice_of(error)
        self._notices.add(
            Notice(told.message, told.hint, told.severity, told.details, Offer(FIND, partial(self._ask, image)))
        )

    def relink(self, image: CaseImage, path: Path) -> None:
        """This is said to be the image's file; it becomes it when it is the one that was annotated."""
        self._background.run(
            lambda: self._examine(path),
            lambda found: self._take(image, *found),
            lambda error: self.tell_missing(image, error),
        )

    def _examine(self, path: Path) -> tuple[Path, str]:
        """Where the file really lies and what it holds; not on the window's thread."""
        with self._pixels.open(path) as reader:
            return path.resolve(), reader.info.fingerprint

    def _take(self, image: CaseImage, path: Path, found: str) -> None:
        if found and found == image.fingerprint:
            self._link(image, path, found, f"Find the file of {image.label}")
        elif image.fingerprint:
            self._tell_other(image, path)
        else:
            self._tell_unknown(image, path, found)

    def _link(self, image: CaseImage, path: Path, fingerprint: str, words: str) -> None:
        session = self._current.session
        if session is None:
            return
        linked = self._notices.attempt(lambda: session.link_file(image.id, str(path), fingerprint, words))
        if linked is not None:
            self.open_wanted.emit(linked)

    def _ask(self, image: CaseImage) -> None:
        self.file_wanted.emit(image)

    def _tell_changed(self, image: CaseImage, found: str) -> None:
        path = Path(image.path)
        words = f"Use another file for {image.label}"
        self._notices.add(
            Notice(
                f"{path.name} is not the file that was annotated as {image.label}.",
                _HIDDEN,
                Severity.WARN,
                f"annotated: {image.fingerprint}\nfound: {found}",
                Offer(FIND, partial(self._ask, image)),
                Offer(USE, partial(self._link, image, path, found, words)),
            )
        )

    def _tell_other(self, image: CaseImage, path: Path) -> None:
        self._notices.add(
            Notice(
                f"{path.name} is not the file that was annotated as {image.label}.",
                "Nothing was changed. The file may bear another name now; its content must be the same.",
                Severity.WARN,
                offer=Offer(FIND, partial(self._ask, image)),
            )
        )

    def _tell_unknown(self, image: CaseImage, path: Path, found: str) -> None:
        """It was added before files were told apart, so only a person can know."""
        words = f"Use the file {path.name} for {image.label}"
        self._notices.add(
            Notice(
                f"Whether {path.name} is the file that was annotated as {image.label} cannot be told.",
                "It was added when files were not yet told apart by their content.",
                Severity.WARN,
                offer=Offer(FIND, partial(self._ask, image)),
                second=Offer(USE, partial(self._link, image, path, found, words)),
            )
        )
