"""Between the models panel and the workers: a run from its wish to its record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from lnm_desktop.app.models import Models, PluginState
from lnm_desktop.app.predict import Run, start_prediction
from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.errors import Cancelled, LnmError
from lnm_desktop.formats.prediction_bundle import Bundle
from lnm_desktop.inference.events import Event, GridAnnounced, Progress, Stage, TileDone
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.ui.annotating import Annotating
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.pane_links import PaneLinks
from lnm_desktop.ui.panels.models import ModelsPanel
from lnm_desktop.ui.run_check import RunContext, RunWish
from lnm_desktop.ui.showing_results import ShowingResults

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown


@dataclass
class _Live:
    """A run that waits or goes on: the workspace and image it belongs to, and the map as far as it is finished."""

    session: Session
    image: CaseImage
    request: PredictionRequest
    title: str
    run: Run | None = None
    finished: Bundle | None = None
    grid: HeatmapGrid | None = None
    values: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))


class Predicting(QObject):
    """`progressed` carries a Stage, a Progress, or None when no run goes on; `device_used` the device of a run.

    `plugins_found` follows a look at what is installed. `panes_of` gives the panes that show an image, active or
    not: the map fills in all of them.
    """

    progressed = Signal(object)
    device_used = Signal(str)
    plugins_found = Signal()

    def __init__(
        self,
        panel: ModelsPanel,
        models: Models,
        showing: ShowingResults,
        annotating: Annotating,
        current: Current,
        background: Background,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._panel = panel
        self._models = models
        self._showing = showing
        self._annotating = annotating
        self._current = current
        self._background = background
        self._notices = notices
        self._pane: ViewerPane | None = None
        self._links = PaneLinks()
        self._live: _Live | None = None
        self._waiting: list[_Live] = []
        self.panes_of: Callable[[CaseImage], Sequence[ViewerPane]] = lambda _image: ()
        self.threads = 0
        self.plugins: tuple[PluginState, ...] = ()
        self._looked = False
        panel.run_wanted.connect(self.start)
        panel.cancel_wanted.connect(self.cancel)
        panel.pause_wanted.connect(self.pause)
        panel.retry_wanted.connect(self._retry)
        panel.waiting.first_wanted.connect(self._put_first)
        panel.waiting.drop_wanted.connect(self._drop)

    @property
    def running(self) -> bool:
        """True while a run goes on."""
        return self._live is not None

    def set_pane(self, pane: ViewerPane) -> None:
        """This pane is the active one now."""
        self._pane = pane
        self._links.renew((pane.selection_changed, lambda _ids: self.show_context()))

    def installed(self) -> dict[str, tuple[ModelSpec, str]] | None:
        """Spec and plugin version of each model by its id; None while nobody has looked yet."""
        if not self._looked:
            return None
        return {model.spec.id: (model.spec, state.version) for state in self.plugins for model in state.models}

    def look_for_models(self) -> None:
        """Ask which models are installed, beside the window."""
        self._background.run(self._models.plugins, self._found, self._not_found)

    def show_context(self) -> None:
        """What a run would be given has changed."""
        current = self._current
        context = RunContext(
            current.image,
            current.calibration,
            len(self._annotating.regions()),
            current.clinical or ClinicalRecord(),
        )
        self._panel.show_context(context)

    def show_image(self) -> None:
        """Another image is open: its latest run is shown, or the run that goes on."""
        self.show_context()
        live = self._live
        here = live is not None and self._current.shows(live.image)
        self._showing.show_image(latest=not here)
        if live is not None and here and live.grid is not None and self._pane is not None:
            self._pane.show_heatmap(live.grid, live.values)

    def show_again(self) -> None:
        """Another pane is active, and shows its map already, but for what a run has found out since."""
        self.show_context()
        live = self._live
        here = live is not None and self._current.shows(live.image)
        self._showing.show_again()
        if live is not None and here and live.grid is not None and self._pane is not None:
            self._pane.show_heatmap(live.grid, live.values)

    def start(self, wish: RunWish) -> None:
        """Run on the open image, at once or after those that were asked for before."""
        session, image, case = self._current.session, self._current.image, self._current.case
        if session is not None and image is not None and case is not None:
            self._ask(wish, session, image, case)

    def start_on_case(self, wish: RunWish) -> None:
        """Run on each whole slide of the open case, one after another."""
        session, case = self._current.session, self._current.case
        if session is None or case is None:
            return
        for image in session.images(case.id):
            if image.kind is ImageKind.SLIDE:
                self._ask(replace(wish, regions_only=False), session, image, case)

    def _ask(self, wish: RunWish, session: Session, image: CaseImage, case: Case) -> None:
        request = self._request(wish, session, image, case)
        spec = self._showing.spec(wish.model_id)
        title = f"{spec.title if spec is not None else wish.model_id} on {image.label}"
        self._waiting.append(_Live(session, image, request, title))
        self._next()

    def _next(self) -> None:
        """Begin with the first that waits, if nothing runs."""
        if self._live is None and self._waiting:
            self._begin(self._waiting.pop(0))
        self._panel.waiting.show_waiting([waiting.title for waiting in self._waiting])

    def _begin(self, live: _Live) -> None:
        self._live = live
        self._panel.set_running(True)
        self._take(live, Stage("starting"))
        live.run = start_prediction(
            self._models,
            live.request,
            lambda event: self._background.post(lambda: self._take(live, event)),
            lambda bundle: self._finished(live, bundle),
            lambda error: self._background.post(lambda: self._failed(live, error)),
        )

    def _put_first(self, place: int) -> None:
        if place < len(self._waiting):
            self._waiting.insert(0, self._waiting.pop(place))
            self._next()

    def _drop(self, place: int) -> None:
        if place < len(self._waiting):
            del self._waiting[place]
            self._next()

    def cancel(self) -> None:
        """Stop the run."""
        if self._live is not None and self._live.run is not None:
            self._live.run.cancel()
            self._panel.progress.show_stage("cancelling")

    def pause(self, paused: bool) -> None:
        """Let the run wait, or go on."""
        if self._live is not None and self._live.run is not None:
            self._live.run.pause(paused)

    def close(self) -> None:
        """Stop what runs and end the workers; a run that has finished by then is still recorded."""
        live = self._live
        self._waiting.clear()
        if live is not None and live.run is not None:
            live.run.cancel()
            live.run.wait(5)
            if live.finished is not None:
                self._record(live, live.finished)
        self._models.close()

    def _request(self, wish: RunWish, session: Session, image: CaseImage, case: Case) -> PredictionRequest:
        """A model is given no more clinical data than it says it needs."""
        run_id = RunId(new_id())
        spec = self._showing.spec(wish.model_id)
        needed = spec.needs_clinical if spec is not None else ()
        values = session.clinical(case.id).values
        return PredictionRequest(
            run_id,
            wish.model_id,
            image.path,
            str(session.prediction_folder(run_id)),
            user_mpp=image.user_mpp,
            regions=self._annotating.regions() if wish.regions_only else (),
            clinical=ClinicalRecord({name: value for name, value in values.items() if name in needed}),
            options=wish.options,
            device=wish.device,
            threads=self.threads,
            synthetic_input=case.synthetic,
        )

    def _take(self, live: _Live, event: Event) -> None:
        if live is not self._live:
            return
        match event:
            case Stage(words):
                self._panel.progress.show_stage(words)
                self.progressed.emit(event)
            case Progress():
                self._panel.progress.show_progress(event)
                self.progressed.emit(event)
            case GridAnnounced(grid):
                self._begin_map(live, grid)
            case TileDone():
                self._fill_map(live, event)

    def _begin_map(self, live: _Live, grid: HeatmapGrid) -> None:
        """The first map that is announced is the one to watch."""
        if live.grid is None:
            live.grid = grid
            live.values = np.full((grid.rows, grid.columns), np.nan, np.float32)
            for pane in self.panes_of(live.image):
                pane.begin_heatmap(grid)

    def _fill_map(self, live: _Live, tile: TileDone) -> None:
        if live.grid is None or live.grid.name != tile.name:
            return
        rows, columns = tile.values.shape
        live.values[tile.row : tile.row + rows, tile.column : tile.column + columns] = tile.values
        for pane in self.panes_of(live.image):
            pane.update_heatmap(tile.name, tile.column, tile.row, tile.values)

    def _finished(self, live: _Live, bundle: Bundle) -> None:
        """Called on the run's thread: the result is kept even if the window takes no calls any more."""
        live.finished = bundle
        self._background.post(lambda: self._done(live, bundle))

    def _done(self, live: _Live, bundle: Bundle) -> None:
        self._end()
        prediction = bundle.prediction
        self.device_used.emit(str(prediction.provenance.repeatable.get("device", "")))
        if self._record(live, bundle):
            self._showing.show_new(live.image, bundle)
            self._notices.info(f"{prediction.model_id} has finished on {live.image.label}.", prediction.notice)

    def _record(self, live: _Live, bundle: Bundle) -> bool:
        """Into the workspace that the run began in; where that is impossible, say where the files lie."""
        prediction = bundle.prediction
        try:
            live.session.add_prediction(live.image.id, prediction)
        except LnmError as error:
            folder = live.session.prediction_folder(prediction.id)
            words = f"{prediction.model_id} has finished on {live.image.label}, but the run could not be recorded"
            self._notices.error(
                LnmError(f"{words}: {error.message}", hint=f"Its result is kept in {folder}.", **error.facts)
            )
            return False
        return True

    def _failed(self, live: _Live, error: LnmError) -> None:
        self._end()
        for pane in self.panes_of(live.image):
            pane.clear_heatmap()
        if self._current.shows(live.image):
            self._showing.show_map("")
        if isinstance(error, Cancelled):
            self._notices.info("The run was cancelled. Asked for again, it goes on with the tiles that it has.")
        else:
            self._notices.error(error)
        if "reason" in error.facts:  # its process died: the plugin may be set aside
            self.look_for_models()

    def _end(self) -> None:
        self._live = None
        self._panel.set_running(False)
        self.progressed.emit(None)
        self._next()

    def _retry(self, name: str) -> None:
        def again() -> Sequence[PluginState]:
            self._models.retry(name)
            return self._models.plugins()

        self._background.run(again, self._found, self._notices.error)

    def _found(self, states: Sequence[PluginState]) -> None:
        self.plugins, self._looked = tuple(states), True
        self._panel.show_plugins(self.plugins)
        self._showing.set_plugins(self.plugins)
        self.plugins_found.emit()

    def _not_found(self, error: LnmError) -> None:
        self._panel.show_models((), looked=True)
        self._notices.error(error)
