"""How far two runs agree, each number with its meaning."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from lnm_desktop.app.compare_runs import Agreement, MapComparison, RunComparison
from lnm_desktop.domain.prediction import Prediction
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.parts import button, clear_layout, column, label, row
from lnm_desktop.ui.widgets.score_card import local_time, score_words, synthetic_badges


class ComparisonCard(QFrame):
    """Shows a comparison; `ended` asks for the run's own map again. Its notice cannot be switched off."""

    ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self._column = column(margin=10)
        self.setLayout(self._column)

    def show_comparison(self, found: RunComparison, *, synthetic_model: bool, synthetic_input: bool) -> None:
        """Show one; the marks of made-up models and data stay where one of the runs has them."""
        clear_layout(self._column)
        if badges := synthetic_badges(model=synthetic_model, data=synthetic_input):
            self._column.addLayout(row(*badges, None))
        self._column.addWidget(label(f"First: {_run_words(found.first)}"))
        self._column.addWidget(label(f"Second: {_run_words(found.second)}"))
        self._column.addWidget(label(colour_words(found.map), "hint"))
        for name, value in measures(found.map):
            self._add_line(name, value)
        for agreement in found.map.agreements:
            self._add_agreement(agreement)
        for first, second in found.scores:
            self._add_line(first.label, f"{score_words(first)} → {score_words(second)}")
        end = button("End comparison", "Show the run's own map again")
        end.clicked.connect(self.ended)
        self._column.addLayout(row(end, None))
        self._column.addWidget(label(found.notice, "warn"))

    def _add_agreement(self, item: Agreement) -> None:
        self._column.addWidget(label(agreement_heading(item), "section"))
        self._add_line("Cells with the same call", f"{item.share:.1%}")
        self._add_line("Cohen's kappa", number(item.kappa))
        self._add_line("Cells called, first → second", f"{item.first_positive:,} → {item.second_positive:,}")

    def _add_line(self, name: str, value: str) -> None:
        line = row(label(name, "hint"), label(value, wrap=False))
        line.setStretch(0, 1)
        self._column.addLayout(line)


def measures(found: MapComparison) -> list[tuple[str, str]]:
    """Names and values of what does not depend on a threshold."""
    return [
        ("Cells examined by both", f"{found.cells:,}"),
        ("Cells examined by the first / second only", f"{found.first_only:,} / {found.second_only:,}"),
        ("Mean absolute difference", f"{found.mean_absolute:.3f}"),
        ("Largest difference", f"{found.largest:.3f}"),
        ("Correlation", number(found.correlation)),
    ]


def agreement_heading(item: Agreement) -> str:
    """As in "AT 0.35" or, where the runs' points differ, "AT 0.35 AND 0.50"."""
    if item.first_threshold == item.second_threshold:
        return f"AT {item.first_threshold:.3f}"
    return f"AT {item.first_threshold:.3f} (FIRST) AND {item.second_threshold:.3f} (SECOND)"


def colour_words(found: MapComparison) -> str:
    """What the colours over the image mean."""
    where = " Cells differ in size: read at the centres of the first run's." if found.resampled else ""
    return f"Red: the second is higher. Blue: the first is higher.{where}"


def number(value: float) -> str:
    """Three decimals; in words where it is not defined."""
    return "not defined" if math.isnan(value) else f"{value:.3f}"


def _run_words(run: Prediction) -> str:
    started = str(run.provenance.circumstances.get("started_utc", ""))
    when = f", {local_time(started)}" if started else ""
    return f"{run.model_id} {run.model_version}{when}, run {run.id[:8]}"
