"""The runs of an image as a table, the newest first, each with what is stale about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QWidget

from lnm_desktop.app.run_history import WHOLE, PastRun
from lnm_desktop.store.records import PredictionRecord
from lnm_desktop.ui.widgets.score_card import local_time
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

STALE = "STALE"
LOST = "LOST"
ROWS_SHOWN = 4


class RunList(TextTable):
    """`run_chosen` gives the id of a run once it is the only one chosen; two are chosen to be compared."""

    run_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(("When", "Model", "Where", "Took", "State"), parent)
        self.share_width(1)
        self.horizontalHeader().setSortIndicatorShown(False)  # its room is needed; a click sorts all the same
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName("Runs of this image")
        self._records: tuple[PredictionRecord, ...] = ()
        self._known: dict[str, PastRun] = {}
        self._told = ""
        self._quiet = False
        self.selectionModel().selectionChanged.connect(lambda _new, _old: self._tell())

    def show_runs(self, records: Sequence[PredictionRecord], chosen: str = "") -> None:
        """List these runs, given newest first, and mark one as shown, the newest by default; nobody is told."""
        self._records = tuple(records)
        self._told = chosen or (records[0].id if records else "")
        self._draw((self._told,))

    def show_facts(self, runs: Sequence[PastRun]) -> None:
        """What the files of some runs say, and what has changed since."""
        self._known |= {run.record.id: run for run in runs}
        self._draw(self.keys())

    def known(self, run_id: str) -> PastRun | None:
        """What is known of a run, if anything is yet."""
        return self._known.get(run_id)

    @property
    def has_regions(self) -> bool:
        """True where a listed run looked at regions only: it depends on what is drawn."""
        known = (self._known.get(record.id) for record in self._records)
        return any(run is not None and run.where not in ("", WHOLE) for run in known)

    def count(self) -> int:
        """How many runs are listed."""
        return len(self._records)

    @property
    def shown(self) -> str:
        """The id of the run that is shown; empty without any."""
        return self._told

    def pair(self) -> tuple[str, str] | None:
        """The two chosen runs, the earlier one first; where there are two in all, these; None otherwise."""
        keys = set(self.keys()) if self.count() > 2 else {record.id for record in self._records}
        ids = [record.id for record in reversed(self._records) if record.id in keys]
        return (ids[0], ids[1]) if len(ids) == 2 else None

    def step(self, by: int) -> None:
        """Show the next older (1) or newer (-1) run; it stops at both ends."""
        ids: list[str] = [record.id for record in self._records]
        if self._told in ids:
            self.choose((ids[min(max(ids.index(self._told) + by, 0), len(ids) - 1)],))

    def _draw(self, chosen: Sequence[str]) -> None:
        self._quiet = True
        self.rows.set_rows([self._row(place, record) for place, record in enumerate(self._records)])
        self.choose([key for key in chosen if key])
        self._quiet = False
        rows = min(max(self.count(), 1), ROWS_SHOWN)
        row_px = self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows * row_px + 4)

    def _tell(self) -> None:
        keys = self.keys()
        if not self._quiet and len(keys) == 1 and keys[0] != self._told:
            self._told = keys[0]
            self.run_chosen.emit(keys[0])

    def _row(self, place: int, record: PredictionRecord) -> Row:
        known = self._known.get(record.id) or PastRun(record)
        seconds = known.duration_s
        when = local_time(record.utc) if record.utc else record.id[:8]
        where = known.where.removesuffix(" slide")
        model = f"{record.model_id} {record.model_version}"
        cells = (
            Cell(when[5:16] if record.utc else when, float(-place)),
            Cell(model),
            Cell(where),
            Cell("" if seconds is None else f"{seconds:,.1f} s", seconds if seconds is not None else -1.0),
            Cell(state_word(known)),
        )
        return Row(
            record.id, cells, "\n".join((f"{when}, {model}, {known.where}, run {record.id[:8]}", *reasons(known)))
        )


def state_word(run: PastRun) -> str:
    """One word for the table; empty where nothing is wrong."""
    return STALE if run.stale else LOST if run.problem else ""


def reasons(run: PastRun) -> tuple[str, ...]:
    """What has changed since, and why its files cannot be read."""
    return (*run.stale, *((f"{run.problem[:1].upper()}{run.problem[1:]}.",) if run.problem else ()))
