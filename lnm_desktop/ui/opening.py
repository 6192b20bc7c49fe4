"""Files come in here: images go through the pixel server into a case, annotation files onto the open image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.image import Calibration, ImageInfo
from lnm_desktop.errors import ImageNotFound, LnmError
from lnm_desktop.formats.loaded import counted
from lnm_desktop.imaging.open import images_in
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current, calibration_of
from lnm_desktop.ui.linking import Linking, Pixels
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.panes import Panes, Seat

ANNOTATION_SUFFIXES = {".xml", ".geojson", ".json", ".ndpa"}
IMAGE_FILTER = "Slides, scans and annotations (*)"


@dataclass(frozen=True)
class _Place:
    """Where an image shall show, and the how-manieth wish of that pane it is."""

    seat: Seat | None
    turn: int


@dataclass(frozen=True)
class _Opened:
    """Made beside the window: asking for a file's place or kind may wait for its storage."""

    path: Path
    resolved: str
    label: str
    reader: ImageReader
    place: _Place


class Opening(QObject):
    """`ended(Seat)` follows each opening in a pane; `annotations_found(path)` names an annotation file."""

    ended = Signal(object)
    annotations_found = Signal(object)
    images_added = Signal()

    def __init__(
        self, pixels: Pixels, current: Current, panes: Panes, background: Background, notices: Notices
    ) -> None:
        super().__init__()
        self._pixels = pixels
        self._current = current
        self._panes = panes
        self._background = background
        self._notices = notices
        self.linking = Linking(pixels, current, background, notices)
        self.linking.open_wanted.connect(self.open_image)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open files and folders: annotation files onto the open image, the rest as images of the open case.

        The first one shows in the active pane, further ones in the empty panes. A folder stands for its images.
        """
        if any(not path.suffix for path in paths):
            self._background.run(lambda: _inside(paths), self._open_inside, self._notices.error)
        else:
            self._open_files(paths)

    def _open_inside(self, found: tuple[list[Path], int]) -> None:
        images, others = found
        if others:
            words = f"{counted(len(images), 'image')} opened; {counted(others, 'other file')} passed over."
            self._notices.info(words)
        self._open_files(images)

    def _open_files(self, paths: Sequence[Path]) -> None:
        drawings = [path for path in paths if path.suffix.lower() in ANNOTATION_SUFFIXES]
        images = [path for path in paths if path not in drawings]
        seats = [self._panes.active, *(seat for seat in self._panes.free_seats() if seat is not self._panes.active)]
        for path, seat in zip(images, [*seats, *([None] * len(images))], strict=False):
            self._open(path, seat, self._add)
        for path in drawings:
            self.annotations_found.emit(path)

    def pixel_size(self, image: CaseImage) -> Calibration:
        """The file's, else the one that a person stated; to be asked beside the window. Raises ImageError."""
        with self._pixels.open(Path(image.path)) as reader:
            return calibration_of(reader.info.calibration, image.user_mpp)

    def open_image(self, image: CaseImage) -> None:
        """Open an image that belongs to a case already, in the active pane."""
        self._open(Path(image.path), self._panes.active, lambda opened: self._show(image, opened), image)

    def _open(
        self, path: Path, seat: Seat | None, done: Callable[[_Opened], None], image: CaseImage | None = None
    ) -> None:
        """Without a seat the image is only looked at, not shown."""
        place = _Place(seat, _begin(seat, path.name))
        self._background.run(
            lambda: _opened(path, self._pixels.open(path), place),
            lambda opened: self._finish(seat, lambda: done(opened)),
            lambda error: self._finish(seat, lambda: self._tell(error, image)),
        )

    def _tell(self, error: LnmError, image: CaseImage | None) -> None:
        if image is not None and isinstance(error, ImageNotFound):
            self.linking.tell_missing(image, error)
        else:
            self._notices.error(error)

    def _finish(self, seat: Seat | None, call: Callable[[], None]) -> None:
        if seat is not None:
            seat.waiting -= 1
        self._notices.attempt(call)
        if seat is not None:
            self.ended.emit(seat)

    def _show(self, image: CaseImage, opened: _Opened) -> None:
        """Into the pane it was opened for, unless something else has been wanted there since."""
        seat, turn = opened.place.seat, opened.place.turn
        if seat is None or seat.turn != turn:
            opened.reader.close()
            return
        known = self.linking.checked(image, opened.reader)
        if known is None:
            opened.reader.close()
        else:
            self._panes.open_in(seat, known, opened.reader)

    def _add(self, opened: _Opened) -> None:
        """Make an opened file an image of the open case, unless it is known already."""
        session = self._current.session
        if session is None:
            opened.reader.close()
            raise LnmError("The workspace is not open yet.", hint="Open the file again in a moment.")
        image = _known_image(session, opened.resolved) or self._new_image(session, opened)
        self.images_added.emit()
        self._tell_warnings(opened)
        self._show(image, opened)

    def _new_image(self, session: Session, opened: _Opened) -> CaseImage:
        case = self._current.case or session.add_case(free_pseudonym(session.cases()))
        self._current.open_case(case.id)  # a file that comes in beside this one belongs to the same case
        info = opened.reader.info
        return session.add_image(case.id, opened.resolved, info.kind, opened.label, info.fingerprint)

    def _tell_warnings(self, opened: _Opened) -> None:
        for warning in opened.reader.info.warnings:
            self._notices.warn(f"{opened.path.name}: {warning}")


def _inside(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """Files, and what is in folders; how many files in these are no images.

    A folder without any stays: whoever opens it says what is wrong with it.
    """
    found = [(images, others) if images else ([path], 0) for path in paths for images, others in [images_in(path)]]
    return [image for images, _ in found for image in images], sum(others for _, others in found)


def _begin(seat: Seat | None, name: str) -> int:
    """Something is being opened in this pane; gives its turn."""
    if seat is None:
        return 0
    seat.turn += 1
    seat.waiting += 1
    seat.frame.show_opening(name)
    return seat.turn


def free_pseudonym(cases: Sequence[Case]) -> str:
    """The first "Case N" that no case bears."""
    taken = {case.pseudonym for case in cases}
    return next(f"Case {n}" for n in range(1, len(taken) + 2) if f"Case {n}" not in taken)


def label_of(path: Path, info: ImageInfo) -> str:
    """What an image is called in lists until somebody names it."""
    return path.name if path.is_dir() else f"{path.stem}{f' ({info.modality})' if info.modality else ''}"


def _opened(path: Path, reader: ImageReader, place: _Place) -> _Opened:
    return _Opened(path, str(path.resolve()), label_of(path, reader.info), reader, place)


def _known_image(session: Session, resolved: str) -> CaseImage | None:
    images = (image for case in session.cases() for image in session.images(case.id))
    return next((image for image in images if image.path == resolved), None)
