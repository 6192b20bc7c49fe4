"""Between the models panel, the workers and the screen: a run from its wish to its map and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from lnm_desktop.app.models import Models, PluginState
from lnm_desktop.app.predict import Run, start_prediction
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.domain.prediction import HeatmapGrid, RankedRegion
from lnm_desktop.errors import Cancelled, LnmError
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle
from lnm_desktop.inference.events import Event, GridAnnounced, Progress, Stage, TileDone
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.ui.annotating import Annotating
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.panels.models import ModelsPanel
from lnm_desktop.ui.panels.results import ResultsPanel
from lnm_desktop.ui.run_check import RunContext, RunWish

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown


@dataclass
class _Live:
    """A run in progress: its image, and the map as far as it is finished."""

    image: CaseImage
    case: Case
    request: PredictionRequest
    run: Run | None = None
    grid: HeatmapGrid | None = None
    values: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))


class Predicting(QObject):
    """`progressed` carries a Stage, a Progress, or None when no run goes on; `device_used` the device of a run."""

    progressed = Signal(object)
    device_used = Signal(str)

    def __init__(
        self,
        panels: tuple[ModelsPanel, ResultsPanel],
        models: Models,
        annotating: Annotating,
        current: Current,
        background: Background,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._panel, self._results = panels
        self._models = models
        self._annotating = annotating
        self._current = current
        self._background = background
        self._notices = notices
        self._pane: ViewerPane | None = None
        self._live: _Live | None = None
        self._shown: Bundle | None = None
        self.threads = 1
        self.plugins: tuple[PluginState, ...] = ()
        self.loading = False
        self._connect()

    def set_pane(self, pane: ViewerPane) -> None:
        """The pane is there."""
        self._pane = pane
        pane.set_heatmap_style(self._results.heatmap.style_wanted())
        pane.selection_changed.connect(lambda _ids: self.show_context())

    def look_for_models(self) -> None:
        """Ask which models are installed, beside the window."""
        self.loading = True
        self._background.run(self._models.plugins, self._found, self._not_found)

    @property
    def running(self) -> bool:
        """True while a run goes on."""
        return self._live is not None

    def show_context(self) -> None:
        """What a run would be given has changed."""
        current = self._current
        clinical = current.clinical
        context = RunContext(
            current.image,
            current.calibration,
            len(self._annotating.regions()),
            *(() if clinical is None else (clinical,)),
            synthetic=current.case is not None and current.case.synthetic,
        )
        self._panel.show_context(context)

    def show_image(self) -> None:
        """Another image is open: its latest run is shown, or the run that goes on."""
        self._shown = None
        self.show_context()
        self.show_runs()
        live = self._live
        if live is not None and self._is_open(live.image) and live.grid is not None and self._pane is not None:
            self._pane.show_heatmap(live.grid, live.values)

    def show_runs(self, chosen: str = "") -> None:
        """The open image's runs have changed."""
        session, image = self._current.session, self._current.image
        records = session.predictions(image.id) if session and image else ()
        self._results.show_runs(records, chosen)
        if records and (self._live is None or not self._is_open(self._live.image)):
            self.show_run(chosen or records[0].id)

    def show_run(self, run_id: str) -> None:
        """Show a run of the open image again."""
        session, image = self._current.session, self._current.image
        if session is None or image is None or not run_id:
            return
        folder = session.prediction_folder(RunId(run_id))
        self._background.run(lambda: load_bundle(folder), lambda got: self._show(image, got), self._notices.error)

    def start(self, wish: RunWish) -> None:
        """Start a run on the open image; one at a time."""
        session, image, case = self._current.session, self._current.image, self._current.case
        if session is None or image is None or case is None or self._live is not None:
            return
        live = _Live(image, case, self._request(wish, image, case))
        self._live = live
        self._panel.set_running(True)
        self._take(live, Stage("starting"))
        live.run = start_prediction(
            self._models,
            live.request,
            lambda event: self._background.post(lambda: self._take(live, event)),
            lambda bundle: self._background.post(lambda: self._done(live, bundle)),
            lambda error: self._background.post(lambda: self._failed(live, error)),
        )

    def cancel(self) -> None:
        """Stop the run."""
        if self._live is not None and self._live.run is not None:
            self._live.run.cancel()
            self._panel.progress.show_stage("cancelling")

    def close(self) -> None:
        """Stop what runs and end the workers."""
        if self._live is not None and self._live.run is not None:
            self._live.run.cancel()
            self._live.run.wait(5)
        self._models.close()

    def _connect(self) -> None:
        self._panel.run_wanted.connect(self.start)
        self._panel.cancel_wanted.connect(self.cancel)
        self._panel.retry_wanted.connect(self._retry)
        self._results.run_chosen.connect(self.show_run)
        self._results.region_chosen.connect(self._go_to)
        self._results.folder_wanted.connect(self._open_folder)
        self._results.heatmap.style_changed.connect(lambda style: self._pane and self._pane.set_heatmap_style(style))
        self._results.heatmap.map_chosen.connect(self._show_map)

    def _request(self, wish: RunWish, image: CaseImage, case: Case) -> PredictionRequest:
        session = self._current.session
        assert session is not None
        run_id = RunId(new_id())
        specs = [model.spec for state in self.plugins for model in state.models]
        needed = next((spec.needs_clinical for spec in specs if spec.id == wish.model_id), ())
        record = session.clinical(case.id)
        given = type(record)({name: value for name, value in record.values.items() if name in needed})
        return PredictionRequest(
            run_id,
            wish.model_id,
            image.path,
            str(session.prediction_folder(run_id)),
            user_mpp=image.user_mpp,
            regions=self._annotating.regions() if wish.regions_only else (),
            clinical=given,
            options=wish.options,
            device=wish.device,
            threads=self.threads,
            synthetic_input=case.synthetic,
        )

    def _take(self, live: _Live, event: Event) -> None:
        match event:
            case Stage(words):
                self._panel.progress.show_stage(words)
                self.progressed.emit(event)
            case Progress():
                self._panel.progress.show_progress(event)
                self.progressed.emit(event)
            case GridAnnounced(grid):
                self._begin_map(live, grid)
            case TileDone(name, column, row, values):
                self._fill_map(live, name, (column, row), values)

    def _begin_map(self, live: _Live, grid: HeatmapGrid) -> None:
        if live.grid is None:
            live.grid = grid
            live.values = np.full((grid.rows, grid.columns), np.nan, np.float32)
            if self._pane is not None and self._is_open(live.image):
                self._pane.begin_heatmap(grid)

    def _fill_map(self, live: _Live, name: str, corner: tuple[int, int], values: NDArray[np.float32]) -> None:
        if live.grid is None or live.grid.name != name:
            return
        (column, row), (rows, columns) = corner, values.shape
        live.values[row : row + rows, column : column + columns] = values
        if self._pane is not None and self._is_open(live.image):
            self._pane.update_heatmap(name, column, row, values)

    def _done(self, live: _Live, bundle: Bundle) -> None:
        self._end()
        session = self._current.session
        if session is None:
            return
        record = self._notices.attempt(lambda: session.add_prediction(live.image.id, bundle.prediction))
        self.device_used.emit(str(bundle.prediction.provenance.repeatable.get("device", "")))
        if record is not None and self._is_open(live.image):
            self._results.show_runs(session.predictions(live.image.id), record.id)
            self._show(live.image, bundle)
        if record is not None:
            title = f"{bundle.prediction.model_id} has finished on {live.image.label}."
            self._notices.info(title, bundle.prediction.notice)

    def _failed(self, live: _Live, error: LnmError) -> None:
        self._end()
        if self._pane is not None and self._is_open(live.image):
            self._pane.clear_heatmap()
            self._show_map("")
        if isinstance(error, Cancelled):
            self._notices.info("The run was cancelled; nothing of it is kept.")
        else:
            self._notices.error(error)

    def _end(self) -> None:
        self._live = None
        self._panel.set_running(False)
        self.progressed.emit(None)

    def _show(self, image: CaseImage, bundle: Bundle) -> None:
        """Show a run, if its image is still open."""
        if not self._is_open(image):
            return
        self._shown = bundle
        prediction = bundle.prediction
        facts = prediction.provenance.repeatable
        case = self._current.case
        synthetic_input = bool(facts.get("synthetic_input")) or (case is not None and case.synthetic)
        self._results.show_prediction(
            prediction,
            synthetic_model=self._is_synthetic(prediction.model_id, facts),
            synthetic_input=synthetic_input,
        )
        self._show_map("")

    def _show_map(self, name: str) -> None:
        """Lay the map of that name (or the first) of the shown run over the image."""
        if self._shown is None or self._pane is None:
            return
        grids = [grid for grid in self._shown.prediction.heatmaps if not name or grid.name == name]
        if grids and grids[0].name in self._shown.maps:
            self._pane.show_heatmap(grids[0], self._shown.maps[grids[0].name])
        else:
            self._pane.clear_heatmap()

    def _is_synthetic(self, model_id: str, facts: object) -> bool:
        specs = (model.spec for state in self.plugins for model in state.models)
        known = next((spec.synthetic for spec in specs if spec.id == model_id), False)
        return known or (isinstance(facts, dict) and bool(facts.get("synthetic_model")))

    def _is_open(self, image: CaseImage) -> bool:
        return self._current.image is not None and self._current.image.id == image.id

    def _go_to(self, ranked: RankedRegion) -> None:
        if self._pane is not None:
            self._pane.go_to(ranked.region)

    def _open_folder(self, run_id: str) -> None:
        if self._current.session is not None and run_id:
            folder = self._current.session.prediction_folder(RunId(run_id))
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _retry(self, name: str) -> None:
        def again() -> Sequence[PluginState]:
            self._models.retry(name)
            return self._models.plugins()

        self._background.run(again, self._found, self._notices.error)

    def _found(self, states: Sequence[PluginState]) -> None:
        self.loading = False
        self.plugins = tuple(states)
        self._panel.show_plugins(self.plugins)
        if self._shown is not None and self._current.image is not None:
            self._show(self._current.image, self._shown)

    def _not_found(self, error: LnmError) -> None:
        self.loading = False
        self._panel.show_models((), looked=True)
        self._notices.error(error)
