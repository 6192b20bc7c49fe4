"""What models said of the open image: scores, map, ranked regions, earlier runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lnm_desktop.app.compare_runs import RunComparison
from lnm_desktop.app.run_history import PastRun
from lnm_desktop.domain.prediction import Prediction, RankedRegion
from lnm_desktop.store.records import PredictionRecord
from lnm_desktop.ui.widgets.comparison_card import ComparisonCard
from lnm_desktop.ui.widgets.heatmap_controls import HeatmapControls
from lnm_desktop.ui.widgets.parts import button, column, label, row, scrolled
from lnm_desktop.ui.widgets.run_list import RunList, reasons, state_word
from lnm_desktop.ui.widgets.score_card import ScoreCard
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

_EMPTY = "No result yet. Choose a model under Models and run it on the open image."


class ResultsPanel(QWidget):
    """`run_chosen` gives a run id, `region_chosen` a RankedRegion, `folder_wanted` the id whose folder to open."""

    run_chosen = Signal(str)
    region_chosen = Signal(object)
    folder_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._regions: tuple[RankedRegion, ...] = ()
        self._place = -1
        self.empty = label(_EMPTY, "hint")
        self.runs = RunList()
        self.stale = label("", "warn")
        self.card = ScoreCard()
        self.comparison = ComparisonCard()
        self.comparison.hide()
        self.compare = button("Compare", "Compare the two chosen runs; Ctrl and a click choose a second one")
        self.verify = button("Verify", "Make this run once more with the recorded settings and compare")
        self.outline = button("Turn into annotations", "Outline what reaches the threshold (Ctrl+Shift+A)")
        self.heatmap = HeatmapControls()
        self.regions = TextTable(("Rank", "Score", "x px", "y px"))
        self.regions.setMinimumHeight(150)
        self.previous = button("Previous", "Go back one region (Shift+N)")
        self.next = button("Next", "Go to the next region (N)")
        self.position = label("", "hint")
        self.folder = button("Open folder", "Show the files of this run")
        self._arrange()
        self._connect()
        self.show_runs(())

    def show_runs(self, records: Sequence[PredictionRecord], chosen: str = "") -> None:
        """Offer an image's runs, the newest first; the details follow through `show_prediction`."""
        self.runs.show_runs(records, chosen)
        self._tell_stale()
        self.empty.setVisible(not records)
        self.body.setVisible(bool(records))

    def show_facts(self, runs: Sequence[PastRun]) -> None:
        """What the files of the listed runs say, and what has changed since."""
        self.runs.show_facts(runs)
        self._tell_stale()

    def show_prediction(self, prediction: Prediction, *, synthetic_model: bool, synthetic_input: bool) -> None:
        """Show one run."""
        self.card.show_prediction(prediction, synthetic_model=synthetic_model, synthetic_input=synthetic_input)
        names = {grid.name: grid.label for grid in prediction.heatmaps}
        self.heatmap.show_maps(names)
        self.map_part.setVisible(bool(names))
        self._regions = prediction.regions
        self._place = -1
        self.regions.rows.set_rows([_region_row(place, region) for place, region in enumerate(self._regions)])
        self.region_part.setVisible(bool(self._regions))
        self._write_position()

    def show_comparison(self, found: RunComparison, *, synthetic_model: bool, synthetic_input: bool) -> None:
        """Show how two runs agree in place of the scores."""
        self.comparison.show_comparison(found, synthetic_model=synthetic_model, synthetic_input=synthetic_input)
        self._exchange(compares=True)

    def end_comparison(self) -> None:
        """Show the scores again."""
        self._exchange(compares=False)

    def _exchange(self, *, compares: bool) -> None:
        self.comparison.setVisible(compares)
        self.heatmap.show_difference(difference=compares)
        for widget in (self.card, self.outline):
            widget.setVisible(not compares)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) ranked region; it stops at both ends."""
        if self._regions:
            self._go(min(max(self._place + by, 0), len(self._regions) - 1))

    def _go(self, place: int) -> None:
        self._place = place
        self.regions.choose((str(place),))
        self._write_position()
        self.region_chosen.emit(self._regions[place])

    def _choose(self, run_id: str) -> None:
        self._tell_stale()
        self.run_chosen.emit(run_id)

    def _tell_stale(self) -> None:
        run = self.runs.known(self.runs.shown)
        words = " ".join(reasons(run)) if run is not None else ""
        self.stale.setText(f"{state_word(run).capitalize()}: {words}" if run is not None and words else "")
        self.stale.setVisible(bool(words))

    def _write_position(self) -> None:
        total = len(self._regions)
        self.position.setText(f"{self._place + 1} of {total}" if self._place >= 0 else f"{total} regions")
        self.previous.setEnabled(self._place > 0)
        self.next.setEnabled(self._place < total - 1)

    def _arrange(self) -> None:
        self.map_part, self.region_part, self.body = QWidget(), QWidget(), QWidget()
        maps = column(label("MAP", "section"), self.heatmap, margin=0)
        maps.addLayout(row(self.outline, None))
        self.map_part.setLayout(maps)
        regions = column(label("RANKED REGIONS", "section"), self.regions, margin=0)
        line = row(self.position, self.previous, self.next)
        line.setStretch(0, 1)
        regions.addLayout(line)
        self.region_part.setLayout(regions)
        inner = column(label("RUNS", "section"), self.runs, self.stale, margin=0)
        inner.addLayout(row(self.compare, self.verify, self.folder, None))
        for part in (self.comparison, self.card, self.map_part, self.region_part):
            inner.addWidget(part)
        self.body.setLayout(inner)
        content = QWidget()
        layout = column(self.empty, self.body)
        layout.addStretch(1)
        content.setLayout(layout)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(content))

    def _connect(self) -> None:
        self.runs.run_chosen.connect(self._choose)
        self.regions.clicked.connect(lambda index: self._go(int(self.regions.key_at(index))))
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.folder.clicked.connect(lambda: self.folder_wanted.emit(self.runs.shown))


def _region_row(place: int, ranked: RankedRegion) -> Row:
    x, y = ranked.region.x, ranked.region.y
    numbers = ((f"{place + 1}", place), (f"{ranked.score:.3f}", ranked.score), (f"{x:,.0f}", x), (f"{y:,.0f}", y))
    return Row(str(place), tuple(Cell(text, number) for text, number in numbers))
