"""Between the views of all panes and what is known of each slide: which tissue was looked at, which was not yet."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMessageBox

from lnm_desktop.app.coverage import (
    Cells,
    Coverage,
    Reading,
    keep_coverage,
    next_unseen,
    read_coverage,
    tissue_cells,
)
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.coverage import grid_of, reading_downsample
from lnm_desktop.domain.image import ImageInfo, ImageKind, Photometric
from lnm_desktop.errors import LnmError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.panes import Seat
from lnm_desktop.ui.resting import Resting
from lnm_desktop.ui.workbench import Workbench

SAVE_EVERY_MS = 2000
CLOSE_WAIT_S = 5.0
SAID = "Tissue looked at ≥ 10×"


@dataclass(eq=False)
class _Slide:
    """A slide that was open in this session, with what was looked at of it."""

    image: CaseImage
    info: ImageInfo
    reading: Reading
    is_dirty: bool = False
    is_searched: bool = False


class Covering(QObject):
    """Counts in every pane, at rest only; writes beside the window, at most every two seconds and at the end."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        self._slides: dict[str, _Slide] = {}
        self._goes_on = False
        self._writing: list[_Slide] = []
        self._written: Future[None] | None = None
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._save)
        actions["coverage"].toggled.connect(lambda _on: self._toggled())
        actions.on({"next-unseen": self.go_to_next, "reset-coverage": self._ask_reset})
        self._connect()
        self._tell()

    @property
    def is_shown(self) -> bool:
        """True while what was not looked at lies under a veil."""
        return self._actions["coverage"].isChecked()

    def go_to_next(self) -> None:
        """Look at the unseen tissue that is nearest, at 10×; where tissue is not known yet, as soon as it is."""
        seat = self._bench.panes.active
        slide = self._slide_of(seat)
        if slide is None or self._refuses(seat):
            return
        if slide.reading.unseen is None:
            self._goes_on = True
            self._find_tissue(seat)
        else:
            self._go(seat, slide)

    def reset(self, image: CaseImage) -> None:
        """Forget what was looked at of an image."""
        session, slide = self._bench.current.session, self._slides.get(image.id)
        if session is None or slide is None:
            return
        slide.reading.coverage = Coverage.empty(slide.reading.coverage.grid)
        slide.is_dirty = True
        self._due.start(SAVE_EVERY_MS)
        self._show_everywhere(slide)

    def close(self) -> None:
        """Write what is not written; call it before the workspace is closed."""
        self._due.stop()
        if self._written is not None:
            wait([self._written], CLOSE_WAIT_S)
        session = self._bench.current.session
        for slide in {*self._writing, *self._dirty()}:
            if session is not None and not session.read_only:
                keep = partial(keep_coverage, session, slide.image, slide.info, slide.reading.coverage)
                self._bench.notices.attempt(keep)

    def _connect(self) -> None:
        panes = self._bench.panes
        panes.furnished.connect(self._watch)
        panes.image_shown.connect(self._begin)
        panes.activated.connect(lambda _seat: self._tell())
        self._bench.current.image_changed.connect(self._tell)

    def _watch(self, seat: Seat) -> None:
        if seat.pane is not None:
            Resting(seat.pane).rested.connect(partial(self._note, seat))

    def _begin(self, seat: Seat) -> None:
        """An image is shown in a pane."""
        session, image, reader = self._bench.current.session, seat.slot.image, seat.slot.reader
        if session is None or image is None or reader is None or reader.info.kind is not ImageKind.SLIDE:
            return
        info, calibration = reader.info, seat.slot.calibration
        slide = self._slides.get(image.id)
        if slide is None or slide.info.fingerprint != info.fingerprint or slide.info.size != info.size:
            kept = self._bench.notices.attempt(lambda: read_coverage(session, image, info, calibration))
            slide = _Slide(image, info, Reading(kept or Coverage.empty(grid_of(info.size, calibration))))
            self._slides[image.id] = slide
        slide.reading.limit = reading_downsample(info.objective_power, calibration)
        if self.is_shown:
            self._find_tissue(seat)
        self._show(seat)

    def _note(self, seat: Seat) -> None:
        """A view came to rest."""
        slide, view = self._slide_of(seat), seat.pane.view if seat.pane is not None else None
        if slide is None or view is None or not slide.reading.coverage.note(view.corners, view.downsample):
            return
        slide.is_dirty = True
        if not self._due.isActive():
            self._due.start(SAVE_EVERY_MS)
        self._show_everywhere(slide)

    def _slide_of(self, seat: Seat) -> _Slide | None:
        image = seat.slot.image
        return self._slides.get(image.id) if image is not None else None

    # -- tissue

    def _find_tissue(self, seat: Seat) -> None:
        """Find it once for each slide, beside the window."""
        slide, reader = self._slide_of(seat), seat.slot.reader
        if slide is None or reader is None or slide.is_searched or _why_not(reader, slide):
            return
        slide.is_searched = True
        grid = slide.reading.coverage.grid
        self._bench.background.run(
            lambda: tissue_cells(reader, grid), partial(self._found, slide), partial(self._not_found, slide, reader)
        )
        self._tell()

    def _found(self, slide: _Slide, tissue: Cells) -> None:
        slide.reading.tissue = tissue
        self._show_everywhere(slide)
        seat = self._bench.panes.active
        if self._goes_on and self._slide_of(seat) is slide:
            self._go(seat, slide)

    def _not_found(self, slide: _Slide, reader: ImageReader, error: LnmError) -> None:
        """A slide that was closed meanwhile is searched another time."""
        slide.is_searched = self._goes_on = False
        if any(seat.slot.reader is reader for seat in self._bench.panes.seats):
            self._bench.notices.error(error)
        self._tell()

    def _go(self, seat: Seat, slide: _Slide) -> None:
        self._goes_on = False
        pane, reading = seat.pane, slide.reading
        view = pane.view if pane is not None else None
        if pane is None or view is None or reading.limit is None or reading.unseen is None:
            return
        canvas = pane.canvas_widget
        radius_px = min(canvas.width(), canvas.height()) / 2 * reading.limit
        place = next_unseen(reading.coverage.grid, reading.unseen, view.center, radius_px)
        if place is None:
            self._bench.notices.info(_done_words(slide))
        else:
            pane.move_to(place, reading.limit)

    # -- on the screen

    def _toggled(self) -> None:
        seats = self._bench.panes.seats
        if self.is_shown:
            self._refuses(self._bench.panes.active)
            for seat in seats:
                self._find_tissue(seat)
        for seat in seats:
            self._show(seat)

    def _show_everywhere(self, slide: _Slide) -> None:
        for seat in self._bench.panes.seats:
            if self._slide_of(seat) is slide:
                self._show(seat)

    def _show(self, seat: Seat) -> None:
        slide = self._slide_of(seat)
        if seat.pane is not None:
            seat.pane.show_veil(slide.reading.unseen if slide is not None and self.is_shown else None)
        self._tell()

    def _tell(self) -> None:
        """Say how far the reading of the active pane's slide has come."""
        seat = self._bench.panes.active
        slide, reader = self._slide_of(seat), seat.slot.reader
        is_slide = slide is not None and reader is not None
        for action_id in ("next-unseen", "reset-coverage"):
            self._actions[action_id].setEnabled(is_slide)
        words = ("", "")
        if self.is_shown and slide is not None and reader is not None:
            words = _words(slide, _why_not(reader, slide))
        self._bench.window.status.show_coverage(*words)

    def _refuses(self, seat: Seat) -> bool:
        """Say why coverage cannot be told, where it cannot."""
        slide, reader = self._slide_of(seat), seat.slot.reader
        if reader is None:
            return True
        reason = _why_not(reader, slide)
        if reason and seat.slot.image is not None:
            self._bench.notices.warn(f"What was looked at of {seat.slot.image.label} cannot be told.", reason)
        return bool(reason)

    def _ask_reset(self) -> None:
        image = self._bench.panes.active.slot.image
        if image is None or image.id not in self._slides:
            return
        question = QMessageBox(self._bench.window)
        question.setWindowTitle("Reset Coverage")
        question.setText(f"Forget which tissue of {image.label} you have looked at?")
        question.setInformativeText("This cannot be undone. Annotations and bookmarks stay.")
        yes = question.addButton("Forget it", QMessageBox.ButtonRole.DestructiveRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(QMessageBox.StandardButton.Cancel)
        question.buttonClicked.connect(lambda button: self.reset(image) if button is yes else None)
        question.finished.connect(question.deleteLater)
        question.open()

    # -- on disk

    def _dirty(self) -> Iterable[_Slide]:
        return [slide for slide in self._slides.values() if slide.is_dirty]

    def _save(self) -> None:
        """One writing at a time, of copies: the hand goes on meanwhile."""
        session = self._bench.current.session
        if session is None or session.read_only or self._writing:
            return
        self._writing = list(self._dirty())
        copies = [(one.image, one.info, one.reading.coverage.copy()) for one in self._writing]
        for slide in self._writing:
            slide.is_dirty = False

        def write() -> None:
            for copy in copies:
                keep_coverage(session, *copy)

        self._written = self._bench.background.run(write, lambda _none: self._saved(), self._not_saved)

    def _saved(self) -> None:
        self._writing = []
        if self._dirty():
            self._due.start(SAVE_EVERY_MS)

    def _not_saved(self, error: LnmError) -> None:
        """Tried again with the next view that shows something new, and at the end."""
        for slide in self._writing:
            slide.is_dirty = True
        self._writing = []
        self._bench.notices.error(error)


def _why_not(reader: ImageReader, slide: _Slide | None) -> str:
    """Why coverage cannot be told; empty where it can."""
    info = reader.info
    if info.kind is not ImageKind.SLIDE:
        return "Coverage is told of slides, not of scans."
    if info.photometric is not Photometric.RGB or info.channels:
        return "Tissue is found in colour slides only."
    if slide is not None and slide.reading.limit is None:
        return "It tells neither its objective nor its pixel size: state the pixel size in the Models panel."
    return ""


def _words(slide: _Slide, reason: str) -> tuple[str, str]:
    """For the status bar, with what the mouse is told."""
    if reason:
        return f"{SAID}: not known", reason
    if slide.reading.tissue is None:
        return f"{SAID}: finding tissue …", "The slide is searched for tissue"
    percent = slide.reading.percent
    if percent is None:
        return f"{SAID}: no tissue found", "Nothing on this slide looks like stained tissue"
    return f"{SAID}: {percent} %", "How much of the tissue you have had on the screen at 10× or more. U goes on."


def _done_words(slide: _Slide) -> str:
    if slide.reading.percent is None:
        return f"No tissue was found on {slide.image.label}."
    return f"All tissue of {slide.image.label} was looked at, at 10× or more."
