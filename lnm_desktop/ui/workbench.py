"""The window at work: each change in the workspace is led to the screens that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from lnm_desktop.app.commands import SetClinicalValue, SetUserMpp
from lnm_desktop.app.models import Models
from lnm_desktop.app.session import Change, Session
from lnm_desktop.domain.clinical import Value
from lnm_desktop.domain.ids import CaseId, ImageId
from lnm_desktop.errors import ImageTimeout, LnmError
from lnm_desktop.imaging.damage import PART, kind_of
from lnm_desktop.ui.annotating import Annotating
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.notices import Notice, Notices, Severity
from lnm_desktop.ui.opening import Opening, Pixels
from lnm_desktop.ui.pane_links import PaneLinks
from lnm_desktop.ui.pane_matching import PaneMatching
from lnm_desktop.ui.pane_sync import PaneSync
from lnm_desktop.ui.panels.annotations import AnnotationsPanel
from lnm_desktop.ui.panels.bookmarks import BookmarksPanel
from lnm_desktop.ui.panels.cases import CasesPanel
from lnm_desktop.ui.panels.clinical import ClinicalPanel
from lnm_desktop.ui.panels.look import LookPanel
from lnm_desktop.ui.panels.models import ModelsPanel
from lnm_desktop.ui.panels.results import ResultsPanel
from lnm_desktop.ui.panels.risk import RiskPanel
from lnm_desktop.ui.panes import Panes, Seat
from lnm_desktop.ui.predicting import Predicting
from lnm_desktop.ui.showing_results import ShowingResults
from lnm_desktop.ui.viewer.view_state import HeatmapStyle
from lnm_desktop.ui.window import TITLE, MainWindow

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown


@dataclass(frozen=True)
class Panels:
    """The panels of the docks."""

    cases: CasesPanel
    annotations: AnnotationsPanel
    clinical: ClinicalPanel
    models: ModelsPanel
    results: ResultsPanel
    bookmarks: BookmarksPanel
    look: LookPanel
    risk: RiskPanel


class Workbench(QObject):
    """Holds together what is open, the panels and the pane.

    `changed` gives every committed Change on the window's thread; `undo_changed` follows it. `pane` is the active
    pane, None until it is built; `pane_changed` gives another one as soon as it is active: `pane` and `current` speak
    of it by then.
    """

    undo_changed = Signal()
    changed = Signal(object)
    pane_changed = Signal(object)
    opened_file = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        panels: Panels,
        pixels: Pixels,
        models: Models,
        background: Background,
        notices: Notices,
        author: str,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.panels = panels
        self.background = background
        self.notices = notices
        self.models = models
        self.current = Current(self)
        self.panes = Panes(window.area.grid, self.current)
        self.sync = PaneSync(self.panes, notices)
        self.matching = PaneMatching(self.panes, self.sync, notices)
        self.opening = Opening(pixels, self.current, self.panes, background, notices)
        self.annotating = Annotating(panels.annotations, self.current, background, notices, author)
        self.showing = ShowingResults(panels.results, self.current, background, notices)
        self.predicting = Predicting(
            panels.models, models, self.showing, self.annotating, self.current, background, notices
        )
        self.pane: ViewerPane | None = None
        self._links = PaneLinks()
        self.predicting.panes_of = self.panes.showing
        self._connect()
        window.status.show_saved(None)

    def use_session(self, session: Session) -> None:
        """A workspace is open."""
        self.current.session = session
        session.changed.connect(self._committed)
        self.show_cases()
        self.window.status.show_saved(session.last_saved_utc)
        self.undo_changed.emit()

    def set_pane(self, pane: ViewerPane) -> None:
        """The first viewer is built, or another one takes the active one's place."""
        self.panes.use_pane(pane)
        if self.current.reader is not None:
            self._show_image()

    def _follow_pane(self, seat: Seat) -> None:
        """Another pane is the active one: hand, panels and status bar belong to it."""
        pane = self.pane = seat.pane
        if pane is None:
            return
        status = self.window.status
        self._links.renew(
            (pane.cursor_moved, lambda point: status.show_position(point, self.current.calibration)),
            (pane.values_under_cursor, status.show_values),
        )
        self.annotating.set_pane(pane)
        self.showing.set_pane(pane)
        self.predicting.set_pane(pane)
        self.pane_changed.emit(pane)

    def drop(self, seat: Seat, paths: Sequence[Path]) -> None:
        """Files were dropped on a pane: it becomes the active one, and the first of them opens there."""
        self.panes.activate(seat)
        self.open_paths(paths)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open files and folders, wherever they came from, the first one in the active pane."""
        for path in paths:
            self.opened_file.emit(str(path))
        self.opening.open_paths(paths)

    def open_image(self, image_id: str) -> None:
        """Open an image of a case."""
        session = self.current.session
        if session is not None:
            image = self.notices.attempt(lambda: session.image(ImageId(image_id)))
            if image is not None:
                self.opening.open_image(image)

    def open_case(self, case_id: str) -> None:
        """Open a case, and its first image where none is open."""
        session = self.current.session
        if session is None:
            return
        self.notices.attempt(lambda: self.current.open_case(CaseId(case_id)))
        images = session.images(CaseId(case_id)) if self.current.case is not None else ()
        if images and self.current.image is None:
            self.opening.open_image(images[0])

    def add_case(self, pseudonym: str) -> None:
        """Start a case."""
        session = self.current.session
        if session is not None:
            case = self.notices.attempt(lambda: session.add_case(pseudonym))
            if case is not None:
                self.notices.attempt(lambda: self.current.open_case(case.id))
                self.panels.cases.choose(case.id)

    def undo(self) -> None:
        """Take the last change of the open case back."""
        session, case = self.current.session, self.current.case
        if session is not None and case is not None:
            self.notices.attempt(lambda: session.undo(case.id))

    def redo(self) -> None:
        """Do it again."""
        session, case = self.current.session, self.current.case
        if session is not None and case is not None:
            self.notices.attempt(lambda: session.redo(case.id))

    def undo_words(self) -> tuple[str | None, str | None]:
        """What undo and redo would do, None where there is nothing."""
        session, case = self.current.session, self.current.case
        if session is None or case is None:
            return None, None
        return session.can_undo(case.id), session.can_redo(case.id)

    def settled(self) -> bool:
        """True when nothing of the start is under way any more."""
        return self.panes.settled and self.current.session is not None and self.background.idle

    def close(self) -> None:
        """Stop what runs, and let everything go in the order of its dependence."""
        self.annotating.close()
        self.predicting.close()
        self.background.close()
        self.panes.close()
        self.current.close()

    def _connect(self) -> None:
        panels, panes = self.panels, self.panes
        panels.cases.image_chosen.connect(self.open_image)
        panels.cases.case_chosen.connect(lambda case_id: self._choose_case(CaseId(case_id)))
        panels.cases.case_named.connect(self.add_case)
        panels.clinical.value_given.connect(self._set_clinical)
        panels.models.mpp_given.connect(self._set_mpp)
        panes.activated.connect(self._follow_pane)
        panes.furnished.connect(self._hear_of_damage)
        panes.dropped.connect(self.drop)
        panes.open_wanted.connect(self.window.area.open_wanted)
        panels.results.heatmap.style_changed.connect(self._set_heatmap_style)
        self.opening.ended.connect(self._opening_ended)
        self.opening.annotations_found.connect(self.annotating.load)
        self.current.case_changed.connect(self._case_changed)
        self.current.image_changed.connect(self._show_image)
        self.notices.added.connect(self._show_notice)
        self.predicting.progressed.connect(self.window.status.show_job)
        self.showing.finished.connect(self.window.results.raise_)
        self.predicting.device_used.connect(self.window.status.show_device)

    def _committed(self, change: Change) -> None:
        """Called on whichever thread committed."""
        self.background.post(lambda: self._show_change(change))

    def _show_change(self, change: Change) -> None:
        session = self.current.session
        if session is None:
            return
        self.window.status.show_saved(session.last_saved_utc)
        if change.what in ("annotations", "groups"):
            self.annotating.show_change(change)
            self.panes.show_change(change)
            self.predicting.show_context()
        elif change.what == "clinical":
            self._show_clinical(change)
        elif change.what in ("cases", "images"):
            self.current.reload_case()
            self.show_cases()
            self._reload(change)
            self.panes.show_change(change)
        self.changed.emit(change)
        self.undo_changed.emit()

    def _show_clinical(self, change: Change) -> None:
        record = self.current.clinical
        if record is None or self.current.case is None or change.case_id != self.current.case.id:
            return
        for field_id in change.ids:
            self.panels.clinical.show_field(record, field_id)
        self.predicting.show_context()

    def _reload(self, change: Change) -> None:
        """The open image's pixel size may have been stated: lengths are shown anew."""
        image, session = self.current.image, self.current.session
        if image is None or session is None or change.image_id != image.id:
            return
        if session.image(image.id) != image:
            self.current.reload_image()

    def show_cases(self) -> None:
        """Draw the list of cases anew."""
        session = self.current.session
        if session is not None:
            cases = session.cases()
            self.panels.cases.show_cases(cases, {case.id: session.images(case.id) for case in cases})
            opened = self.current.image or self.current.case
            self.panels.cases.choose(opened.id if opened is not None else None)

    def _choose_case(self, case_id: CaseId) -> None:
        self.notices.attempt(lambda: self.current.open_case(case_id))

    def _case_changed(self) -> None:
        self.panels.clinical.show_record(self.current.clinical)
        if self.current.case is not None and self.current.image is None:
            self.panels.cases.choose(self.current.case.id)
        self.predicting.show_context()
        self.undo_changed.emit()

    def _show_image(self) -> None:
        """Another image is the current one, in the same pane or in another; or its record has changed."""
        image, seat = self.current.image, self.panes.active
        if seat.pane is None:
            return
        self.window.setWindowTitle(f"{image.label} – {TITLE}" if image is not None else TITLE)
        if image is not None:
            self.panels.cases.choose(image.id)
        if self.panes.show(seat) or not seat.met:
            seat.met = image is not None
            self.annotating.show_all()
            self.predicting.show_image()
        else:
            self.annotating.show_again()
            self.predicting.show_again()

    def _opening_ended(self, seat: Seat) -> None:
        if not seat.waiting and seat in self.panes.seats:  # its pane may have been closed meanwhile
            self.panes.entitle(seat)

    def _set_heatmap_style(self, style: HeatmapStyle) -> None:
        for pane in self.panes.built():
            pane.set_heatmap_style(style)

    def _set_clinical(self, field_id: str, value: Value) -> None:
        session, case = self.current.session, self.current.case
        if session is not None and case is not None:
            label = self.panels.clinical.schema.field(field_id).label
            self.notices.attempt(lambda: session.execute(SetClinicalValue(case.id, field_id, value, label)))

    def _set_mpp(self, mpp: float) -> None:
        session, image = self.current.session, self.current.image
        if session is not None and image is not None:
            self.notices.attempt(lambda: session.execute(SetUserMpp(image.id, mpp)))

    def _show_notice(self, notice: Notice) -> None:
        """News stays out of the way of an error that is being read."""
        bar = self.window.area.bar
        if notice.severity is not Severity.INFO or bar.isHidden() or bar.severity is Severity.INFO:
            bar.show_notice(notice)

    def _hear_of_damage(self, seat: Seat) -> None:
        if seat.pane is not None:
            seat.pane.failed.connect(lambda error: self._tell_failure(seat, error))

    def _tell_failure(self, seat: Seat, error: LnmError) -> None:
        """Pixels could not be read. What a process or its storage did has been told by the pixel server."""
        if isinstance(error, ImageTimeout) or error.facts.get("quarantined"):
            return
        if kind_of(error) != PART or seat.slot.image is None:
            self.notices.error(error)
            return
        words = f"Part of {seat.slot.image.label} cannot be read; it is hatched in the view."
        hint = "The rest can be used. Copy the file again from its source if it matters."
        self.notices.error(LnmError(words, hint=hint, reason=error.message))
