"""Between a finished run and the screen: its scores, its map over the image, its ranked regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from lnm_desktop.app.compare_runs import RunComparison
from lnm_desktop.app.models import PluginState
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import ATTENTION, UNCERTAINTY, HeatmapGrid, Prediction, RankedRegion
from lnm_desktop.formats.prediction_bundle import Bundle, Map, load_bundle
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.panels.results import ResultsPanel
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown


class ShowingResults(QObject):
    """Shows runs of the open image in the results panel and over the image, never among the annotations.

    `finished` follows the showing of a run that has just ended, `changed` everything that changes what is shown.
    """

    finished = Signal()
    changed = Signal()

    def __init__(self, panel: ResultsPanel, current: Current, background: Background, notices: Notices) -> None:
        super().__init__()
        self._panel = panel
        self._current = current
        self._background = background
        self._notices = notices
        self._pane: ViewerPane | None = None
        self._shown: Bundle | None = None
        self._compared: RunComparison | None = None
        self._map_name = ""
        self._newest = ""
        self._kept: WeakKeyDictionary[ViewerPane, tuple[Bundle | None, str]] = WeakKeyDictionary()
        self._specs: dict[str, ModelSpec] = {}
        self._tuned_to: tuple[str, float] = ("", 0.0)
        panel.run_chosen.connect(self.show_run)
        panel.region_chosen.connect(self._go_to)
        panel.folder_wanted.connect(self._open_folder)
        panel.heatmap.style_changed.connect(self._set_style)
        panel.heatmap.map_chosen.connect(self.show_map)

    def set_pane(self, pane: ViewerPane) -> None:
        """This pane is the active one now; the one before keeps its map, and what that was of is remembered."""
        self.end_comparison()
        if self._pane is not None:
            self._kept[self._pane] = (self._shown, self._newest)
            self._shown, self._newest = self._kept.pop(pane, (None, ""))
        self._pane = pane
        self._set_style(self._panel.heatmap.style_wanted())

    def set_plugins(self, states: Sequence[PluginState]) -> None:
        """Which models there are; a result says whether its model is synthetic."""
        self._specs = {model.spec.id: model.spec for state in states for model in state.models}
        if self._shown is not None and self._current.image is not None:
            self.show(self._current.image, self._shown)

    def spec(self, model_id: str) -> ModelSpec | None:
        """What a model says about itself; None where it is not installed."""
        return self._specs.get(model_id)

    def show_image(self, *, latest: bool) -> None:
        """Another image is open: offer its runs, and show the latest unless another map is on its way."""
        self._shown = None
        self._compare(None)
        session, image = self._current.session, self._current.image
        records = session.predictions(image.id) if session and image else ()
        self._newest = records[0].id if records else ""
        self._panel.show_runs(records)
        self.changed.emit()
        if records and latest:
            self.show_run(records[0].id)

    def show_again(self) -> None:
        """Another pane is active: its run is told again, unless there is a newer one by now."""
        session, image = self._current.session, self._current.image
        records = session.predictions(image.id) if session and image else ()
        if self._shown is None or (records and records[0].id != self._newest):
            self.show_image(latest=True)
        else:
            self._panel.show_runs(records, self._shown.prediction.id)
            self._tell(self._shown)
            if self._pane is not None and not self._pane.shows_heatmap:  # a run that failed has taken it away
                self.show_map("")
            self.changed.emit()

    def show_run(self, run_id: str) -> None:
        """Show a run of the open image again."""
        session, image = self._current.session, self._current.image
        if session is None or image is None or not run_id:
            return
        folder = session.prediction_folder(RunId(run_id))
        self._background.run(lambda: load_bundle(folder), lambda got: self.show(image, got), self._notices.error)

    def show_new(self, image: CaseImage, bundle: Bundle) -> None:
        """A run has just been recorded."""
        session = self._current.session
        if session is not None and self._current.shows(image):
            self._newest = bundle.prediction.id
            self._panel.show_runs(session.predictions(image.id), bundle.prediction.id)
            self.show(image, bundle)
            self.finished.emit()

    def show(self, image: CaseImage, bundle: Bundle) -> None:
        """Show a run, if its image is still open."""
        if not self._current.shows(image):
            return
        self._shown = bundle
        self._tell(bundle)
        self.show_map("")

    def _tell(self, bundle: Bundle) -> None:
        model, data = self._synthetic(bundle.prediction)
        self._panel.show_prediction(bundle.prediction, synthetic_model=model, synthetic_input=data)

    def show_map(self, name: str) -> None:
        """Lay the map of that name (or the first) of the shown run over the image; none where there is none."""
        self._map_name = name
        self._compare(None)
        if self._pane is not None:
            shown = self.shown_map()
            if shown is None:
                self._pane.clear_heatmap()
            else:
                self._tune(*shown[:2])
                self._pane.show_heatmap(*shown[1:])
        self.changed.emit()

    def _tune(self, prediction: Prediction, grid: HeatmapGrid) -> None:
        """The operating point is that of probabilities alone; it would hide most of any other map."""
        spec = self.spec(prediction.model_id)
        point = 0.0 if grid.name in (ATTENTION, UNCERTAINTY) else spec.operating_point if spec is not None else None
        if point is not None and self._tuned_to != (prediction.model_id, point):
            self._tuned_to = (prediction.model_id, point)
            self._panel.heatmap.set_threshold(point)

    def shown_map(self) -> tuple[Prediction, HeatmapGrid, Map] | None:
        """The shown run with the map that is chosen of it; None where it has none."""
        if self._shown is None:
            return None
        grids = self._shown.prediction.heatmaps
        chosen = next((grid for grid in grids if self._map_name in ("", grid.name)), None)
        if chosen is None or chosen.name not in self._shown.maps:
            return None
        return self._shown.prediction, chosen, self._shown.maps[chosen.name]

    @property
    def compares(self) -> bool:
        """True while the difference of two runs is shown."""
        return self._compared is not None

    def show_comparison(self, found: RunComparison, grid: HeatmapGrid) -> None:
        """Show how two runs agree, and their difference over the image."""
        self._compare(found)
        if self._pane is not None:
            self._pane.show_heatmap(grid, found.map.difference, signed=True)
        self.changed.emit()

    def end_comparison(self) -> None:
        """Show the run's own map again."""
        if self.compares:
            self.show_map(self._map_name)

    def _compare(self, found: RunComparison | None) -> None:
        self._compared = found
        if found is None:
            self._panel.end_comparison()
        else:
            marks = [self._synthetic(run) for run in (found.first, found.second)]
            model, data = (any(both) for both in zip(*marks, strict=True))
            self._panel.show_comparison(found, synthetic_model=model, synthetic_input=data)

    def _set_style(self, style: HeatmapStyle) -> None:
        if self._pane is not None:
            self._pane.set_heatmap_style(style)

    def _synthetic(self, prediction: Prediction) -> tuple[bool, bool]:
        """Whether a run's model is made up, and whether its data are."""
        facts, spec, case = prediction.provenance.repeatable, self.spec(prediction.model_id), self._current.case
        model = (spec is not None and spec.synthetic) or bool(facts.get("synthetic_model"))
        return model, bool(facts.get("synthetic_input")) or (case is not None and case.synthetic)

    def _go_to(self, ranked: RankedRegion) -> None:
        if self._pane is not None:
            self._pane.go_to(ranked.region)

    def _open_folder(self, run_id: str) -> None:
        if self._current.session is not None and run_id:
            folder = self._current.session.prediction_folder(RunId(run_id))
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
