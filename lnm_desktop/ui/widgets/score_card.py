"""One run's scores, each with its unit and meaning, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from lnm_desktop.domain.prediction import Prediction, Score
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.widgets.parts import badge, clear_layout, column, label, row

_SYNTHETIC = {
    "model": ("SYNTHETIC MODEL", "Trained on made-up data: its numbers mean nothing for a patient"),
    "input": ("SYNTHETIC DATA", "Computed on made-up data: it describes nobody"),
}


class ScoreCard(QFrame):
    """Shows a prediction; its notice cannot be switched off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self._column = column(margin=10)
        self.setLayout(self._column)

    def show_prediction(self, prediction: Prediction, *, synthetic_model: bool, synthetic_input: bool) -> None:
        """Show one run."""
        clear_layout(self._column)
        badges = synthetic_badges(model=synthetic_model, data=synthetic_input)
        if badges:
            self._column.addLayout(row(*badges, None))
        if not prediction.scores:
            self._column.addWidget(label("This model gives no scores for the image as a whole.", "hint"))
        for score in prediction.scores:
            self._add_score(score)
        for warning in prediction.warnings:
            self._column.addWidget(label(warning, "warn"))
        self._column.addWidget(label(origin_words(prediction), "hint"))
        self._column.addWidget(label(prediction.notice, "warn"))

    def _add_score(self, score: Score) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(score.label))
        if score.meaning:
            words.addWidget(label(score.meaning, "hint"))
        line = row()
        line.addLayout(words, 1)
        line.addWidget(label(score_words(score), "number", wrap=False))
        self._column.addLayout(line)


def synthetic_badges(*, model: bool, data: bool) -> list[QLabel]:
    """The marks of a result whose model or data are made up."""
    return [badge(*_SYNTHETIC[name]) for name, on in (("model", model), ("input", data)) if on]


def score_words(score: Score) -> str:
    """The value with its unit; a probability has three decimals, a count none."""
    if not score.unit:
        return f"{score.value:.3f}"
    number = f"{score.value:,.0f}" if float(score.value).is_integer() else f"{score.value:.3g}"
    return f"{number} {score.unit}"


def origin_words(prediction: Prediction) -> str:
    """Model, version, weights, device, time and run, one per line."""
    facts = {**prediction.provenance.repeatable, **prediction.provenance.circumstances}
    weights = _fact(facts, "weights_sha256")
    lines = (
        f"{prediction.model_id} {prediction.model_version}",
        f"Weights {weights[:12]}" if weights else "",
        f"Device {_fact(facts, 'device')}" if _fact(facts, "device") else "",
        _time_words(facts),
        f"Run {prediction.id[:8]}",
    )
    return "\n".join(line for line in lines if line)


def _fact(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return "" if value is None else str(value)


def _time_words(facts: Mapping[str, Any]) -> str:
    """When and how long, in local time."""
    started = _fact(facts, "started_utc") or _fact(facts, "utc") or _fact(facts, "started")
    seconds = facts.get("duration_s")
    took = f", took {float(seconds):.1f} s" if isinstance(seconds, int | float) else ""
    if not started:
        return took.lstrip(", ").capitalize()
    return f"{local_time(started)}{took}"


def local_time(utc: str) -> str:
    """An ISO time in this place's time, to the second; the text itself when it is no ISO time."""
    try:
        return f"{datetime.fromisoformat(utc).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return utc
