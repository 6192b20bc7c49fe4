"""What models said of the open image: scores, map, ranked regions, earlier runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from lnm_desktop.domain.prediction import Prediction, RankedRegion
from lnm_desktop.store.records import PredictionRecord
from lnm_desktop.ui.widgets.heatmap_controls import HeatmapControls
from lnm_desktop.ui.widgets.parts import button, column, label, row, scrolled
from lnm_desktop.ui.widgets.score_card import ScoreCard, local_time
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
        self.runs = QComboBox()
        self.runs.setAccessibleName("Runs of this image")
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.card = ScoreCard()
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
        self.runs.blockSignals(True)
        self.runs.clear()
        for record in records:
            when = local_time(record.utc) if record.utc else record.id[:8]
            self.runs.addItem(f"{when}  {record.model_id} {record.model_version}", record.id)
        self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)) if records else -1)
        self.runs.blockSignals(False)
        self.empty.setVisible(not records)
        self.body.setVisible(bool(records))

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

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) ranked region; it stops at both ends."""
        if self._regions:
            self._go(min(max(self._place + by, 0), len(self._regions) - 1))

    def _go(self, place: int) -> None:
        self._place = place
        self.regions.choose((str(place),))
        self._write_position()
        self.region_chosen.emit(self._regions[place])

    def _write_position(self) -> None:
        total = len(self._regions)
        self.position.setText(f"{self._place + 1} of {total}" if self._place >= 0 else f"{total} regions")
        self.previous.setEnabled(self._place > 0)
        self.next.setEnabled(self._place < total - 1)

    def _arrange(self) -> None:
        self.map_part, self.region_part, self.body = QWidget(), QWidget(), QWidget()
        self.map_part.setLayout(column(label("MAP", "section"), self.heatmap, margin=0))
        regions = column(label("RANKED REGIONS", "section"), self.regions, margin=0)
        line = row(self.position, self.previous, self.next)
        line.setStretch(0, 1)
        regions.addLayout(line)
        self.region_part.setLayout(regions)
        inner = column(self.runs, self.card, self.map_part, self.region_part, margin=0)
        inner.addLayout(row(self.folder, None))
        self.body.setLayout(inner)
        content = QWidget()
        layout = column(self.empty, self.body)
        layout.addStretch(1)
        content.setLayout(layout)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(content))

    def _connect(self) -> None:
        self.runs.currentIndexChanged.connect(lambda _index: self.run_chosen.emit(self.runs.currentData()))
        self.regions.clicked.connect(lambda index: self._go(int(self.regions.key_at(index))))
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.folder.clicked.connect(lambda: self.folder_wanted.emit(self.runs.currentData()))


def _region_row(place: int, ranked: RankedRegion) -> Row:
    x, y = ranked.region.x, ranked.region.y
    numbers = ((f"{place + 1}", place), (f"{ranked.score:.3f}", ranked.score), (f"{x:,.0f}", x), (f"{y:,.0f}", y))
    return Row(str(place), tuple(Cell(text, number) for text, number in numbers))
