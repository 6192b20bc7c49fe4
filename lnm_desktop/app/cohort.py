"""One model on many slides: each gives a result or a reason, and what is done is not done again."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.errors import FormatError, InferenceError, LnmError
from lnm_desktop.formats.csv_table import dumps
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle
from lnm_desktop.formats.table_file import read_table
from lnm_desktop.imaging.open import images_in
from lnm_desktop.inference.request import PredictionRequest

PATH_COLUMNS = ("path", "file", "slide", "image")
OUTCOME_FILE = "outcome.json"
DONE, KEPT, FAILED = "done", "kept", "failed"


@dataclass(frozen=True)
class Outcome:
    """What came of one slide: "done", "kept" (from an earlier run of the cohort), or "failed" for a reason."""

    slide: str
    folder: str
    state: str
    reason: str = ""
    kind: str = ""
    scores: dict[str, float] | None = None
    seconds: float = 0.0
    key: str = ""


@dataclass(frozen=True)
class Cohort:
    """Which slides, what is asked of each (`request` names neither slide nor folder), and where results go."""

    slides: tuple[Path, ...]
    request: PredictionRequest
    out: Path

    def folder(self, slide: Path) -> Path:
        """Where the result of a slide goes: its name, and what tells it from another slide of that name."""
        mark = hashlib.sha256(str(slide.absolute()).encode()).hexdigest()[:6]
        return self.out / f"{slide.stem}-{mark}"


def slides_of(source: Path) -> tuple[Path, ...]:
    """The slides below a folder, or those that a table names in a column path, file, slide or image.

    Relative paths of a table start at its folder. Raises FormatError for a source without slides.
    """
    slides = images_in(source)[0] if source.is_dir() else _named_in(source)
    if not slides:
        raise FormatError(
            f"{source.name} holds no slide", hint="Name a folder of slides, or a table with their paths."
        )
    return tuple(dict.fromkeys(slides))


def run_slide(models: Models, cohort: Cohort, slide: Path) -> Outcome:
    """Run the model on one slide, unless its result is there. Never raises LnmError: that is an outcome."""
    folder = cohort.folder(slide)
    request = replace(
        cohort.request, run_id=RunId(new_id()), image_path=str(slide.absolute()), out_dir=str(folder.absolute())
    )
    try:
        key = models.runs.key(request, models.client(request.model_id).plugin.hash)
        kept = _kept(folder, key)
        outcome = kept if kept is not None else _run(models, request, slide, folder, key)
    except LnmError as error:
        outcome = failure(cohort, slide, error.message, type(error).__name__)
    _write(folder, outcome)
    return outcome


def failure(cohort: Cohort, slide: Path, reason: str, kind: str) -> Outcome:
    """The outcome of a slide that gave no result."""
    return Outcome(slide.name, cohort.folder(slide).name, FAILED, reason, kind)


def run_here(models: Models, cohort: Cohort) -> Iterator[Outcome]:
    """One slide after another in this process's workers."""
    for slide in cohort.slides:
        yield run_slide(models, cohort, slide)


def write_summary(cohort: Cohort, outcomes: Sequence[Outcome]) -> None:
    """`summary.csv`, one row a slide, and `summary.json` with counts by reason. Raises FormatError."""
    names = sorted({name for outcome in outcomes for name in outcome.scores or {}})
    columns = ("slide", "state", "reason", *names, "seconds", "folder")
    rows = [
        (item.slide, item.state, item.reason, *_scores(item, names), item.seconds, item.folder) for item in outcomes
    ]
    write_atomic(cohort.out / "summary.csv", dumps(columns, rows))
    write_atomic(cohort.out / "summary.json", json.dumps(summary(outcomes), indent=1).encode())


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many slides came to what, and the reasons of those that failed with their slides."""
    failed: dict[str, list[str]] = {}
    for item in outcomes:
        if item.state == FAILED:
            failed.setdefault(item.kind, []).append(item.slide)
    return {
        "slides": len(outcomes),
        "states": dict(Counter(item.state for item in outcomes)),
        "failed": failed,
        "outcomes": [asdict(item) for item in outcomes],
    }


def _scores(outcome: Outcome, names: Sequence[str]) -> list[float | None]:
    return [(outcome.scores or {}).get(name) for name in names]


def _run(models: Models, request: PredictionRequest, slide: Path, folder: Path, key: str) -> Outcome:
    prediction = _predict(models, request).prediction
    scores = {score.id: score.value for score in prediction.scores}
    seconds = float(prediction.provenance.circumstances.get("duration_s", 0.0))
    return Outcome(slide.name, folder.name, DONE, scores=scores, seconds=seconds, key=key)


def _predict(models: Models, request: PredictionRequest) -> Bundle:
    """Once more where a process died: that may have been somebody else's fault, and the run goes on where it was."""
    try:
        return predict(models, request)
    except InferenceError as error:
        if "reason" not in error.facts:
            raise
    return predict(models, request)


def _kept(folder: Path, key: str) -> Outcome | None:
    """The outcome of an earlier run of the same kind whose result is whole."""
    try:
        told = Outcome(**json.loads((folder / OUTCOME_FILE).read_text(encoding="utf-8")))
        if told.state == FAILED or not key or told.key != key:
            return None
        load_bundle(folder)
    except (OSError, ValueError, TypeError, FormatError):
        return None
    return replace(told, state=KEPT)


def _write(folder: Path, outcome: Outcome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / OUTCOME_FILE, json.dumps(asdict(outcome), indent=1).encode())


def _named_in(table_file: Path) -> list[Path]:
    table = read_table(table_file)
    by_name = {name.strip().lower(): place for place, name in enumerate(table.columns)}
    place = next((by_name[name] for name in PATH_COLUMNS if name in by_name), None)
    if place is None:
        raise FormatError(
            f"{table_file.name} has no column of paths", hint=f"Name one of its columns {' or '.join(PATH_COLUMNS)}."
        )
    return [table_file.parent / row[place].strip() for row in table.rows if row[place].strip()]
