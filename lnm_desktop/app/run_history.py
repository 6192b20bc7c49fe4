"""The runs of an image as a list: when, which model, where it looked, how long it took, and what is stale."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.app.session import Session
from lnm_desktop.app.stale import Inputs, stale_reasons
from lnm_desktop.domain.prediction import Prediction
from lnm_desktop.errors import FormatError, LnmError
from lnm_desktop.formats.prediction_bundle import load_prediction
from lnm_desktop.store.records import PredictionRecord

WHOLE = "whole slide"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run. `stale` says what has changed since, in words; `problem` why its files cannot be read."""

    record: PredictionRecord
    prediction: Prediction | None = None
    stale: tuple[str, ...] = ()
    problem: str = ""

    @property
    def where(self) -> str:
        """As in "whole slide" or "3 regions"; empty where it is not known."""
        if self.prediction is None:
            return ""
        count = len(self.prediction.provenance.repeatable.get("regions", ()))
        return WHOLE if not count else f"{count} region{'s' * (count != 1)}"

    @property
    def duration_s(self) -> float | None:
        """How long it took; None where it is not known."""
        seconds = self.prediction.provenance.circumstances.get("duration_s") if self.prediction is not None else None
        return float(seconds) if isinstance(seconds, int | float) else None


def past_runs(session: Session, records: tuple[PredictionRecord, ...], inputs: Inputs) -> tuple[PastRun, ...]:
    """These runs with what their files say, judged by what a run would be given now. Reads files."""
    return tuple(_past_run(session, record, inputs) for record in records)


def _past_run(session: Session, record: PredictionRecord, inputs: Inputs) -> PastRun:
    try:
        prediction = load_prediction(session.prediction_folder(record.id))
    except FormatError as error:
        return PastRun(record, problem=error.message)
    try:
        return PastRun(record, prediction, stale_reasons(prediction, inputs))
    except LnmError as error:
        return PastRun(record, prediction, problem=error.message)
