"""How good a model is on labelled tiles: the table is read strictly, the measures come from `evaluation`."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop import __version__
from lnm_desktop.app.models import Models
from lnm_desktop.errors import FormatError
from lnm_desktop.evaluation.calibration import calibration
from lnm_desktop.evaluation.classification import brier_score, confusion_counts
from lnm_desktop.evaluation.delong import auc_interval
from lnm_desktop.evaluation.proportions import wilson_interval
from lnm_desktop.inference.client import RunControl
from lnm_desktop.inference.events import OnEvent

Interval = tuple[float, float]
Labels = NDArray[np.int64]
Scores = NDArray[np.float64]
THREADS = 1


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Measures of one model on one set of tiles; intervals are of 95 %.

    AUC with DeLong's interval, proportions with Wilson's, at the operating point that the model states.
    """

    model: str
    version: str
    weights_sha256: str
    unit: str
    split: str
    n: int
    n_positive: int
    auc: float
    auc_ci: Interval
    operating_point: float
    accuracy: float
    accuracy_ci: Interval
    sensitivity: float
    sensitivity_ci: Interval
    specificity: float
    specificity_ci: Interval
    brier: float
    calibration_slope: float
    calibration_intercept: float
    calibration_in_the_large: float
    table_sha256: str
    device: str
    batch_size: int
    threads: int
    lnm_desktop: str
    libraries: dict[str, str]


@dataclass(frozen=True, slots=True)
class LabelledFiles:
    """Files with their labels (n,), 1 for the model's last class, and the hash of their table."""

    files: tuple[Path, ...]
    labels: Labels
    table_sha256: str


def evaluate_tiles(
    models: Models,
    model_id: str,
    table: Path,
    images: Path,
    split: str | None = None,
    on_event: OnEvent | None = None,
    control: RunControl | None = None,
) -> EvaluationReport:
    """Classify the tiles named in a CSV with columns file, label (0 or 1) and optionally split, and measure.

    Raises FormatError naming the row, PluginError, ImageError, InferenceError, Cancelled.
    """
    spec = models.find(model_id).spec
    labelled = read_labelled_files(table, images, split)
    client = models.client(model_id)
    classified = client.classify(model_id, labelled.files, on_event, control, threads=THREADS)
    return EvaluationReport(
        model=spec.id,
        version=spec.version,
        weights_sha256=spec.weights_sha256,
        unit="tile",
        split=split or "all",
        table_sha256=labelled.table_sha256,
        operating_point=spec.operating_point,
        device=classified.device,
        batch_size=classified.batch_size,
        threads=THREADS,
        lnm_desktop=__version__,
        libraries=dict(classified.libraries),
        **_discrimination(labelled.labels, classified.probabilities),
        **_at_operating_point(labelled.labels, classified.probabilities, spec.operating_point),
        **_calibration(labelled.labels, classified.probabilities),
    )


def _discrimination(labels: Labels, scores: Scores) -> dict[str, Any]:
    interval = auc_interval(labels, scores)
    return {"auc": interval.auc, "auc_ci": (interval.lower, interval.upper)}


def _at_operating_point(labels: Labels, scores: Scores, point: float) -> dict[str, Any]:
    counts = confusion_counts(labels, scores, point)
    positives = counts.true_positives + counts.false_negatives
    proportions = {
        "accuracy": wilson_interval(counts.true_positives + counts.true_negatives, counts.total),
        "sensitivity": wilson_interval(counts.true_positives, positives),
        "specificity": wilson_interval(counts.true_negatives, counts.total - positives),
    }
    values = {name: interval.proportion for name, interval in proportions.items()}
    bounds = {f"{name}_ci": (interval.lower, interval.upper) for name, interval in proportions.items()}
    return {"n": counts.total, "n_positive": positives, **values, **bounds}


def _calibration(labels: Labels, scores: Scores) -> dict[str, Any]:
    line = calibration(labels, scores)
    return {
        "brier": brier_score(labels, scores),
        "calibration_slope": line.slope,
        "calibration_intercept": line.intercept,
        "calibration_in_the_large": line.intercept_in_the_large,
    }


def read_labelled_files(table: Path, images: Path, split: str | None = None) -> LabelledFiles:
    """The rows of a table, of one split where named. Raises FormatError naming the row and the remedy."""
    content = _content(table)
    files: dict[Path, int] = {}
    labels: list[int] = []
    for number, row in _rows(table, content, split):
        if split is not None and row["split"] != split:
            continue
        file = _file(table, images, number, row)
        _check_new(table, file, number, files)
        labels.append(_label(table, number, row))
    if not files:
        words = f"no row of the split {split!r}" if split else "no rows"
        raise FormatError(f"{table.name} has {words}", hint="Check the table and the name of the split.")
    if min(labels.count(0), labels.count(1)) < 2:
        raise FormatError(
            f"{table.name} has fewer than two rows of one label in this selection",
            hint="An evaluation needs at least two tiles of each label.",
        )
    return LabelledFiles(tuple(files), np.array(labels, dtype=np.int64), hashlib.sha256(content).hexdigest())


def _content(table: Path) -> bytes:
    try:
        return table.read_bytes()
    except FileNotFoundError as error:
        raise FormatError(f"there is no table {table.name}", hint="Check the path of the table.") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FormatError(f"{table.name} cannot be read: {reason}", hint="Check its permissions.") from error


def _rows(table: Path, content: bytes, split: str | None) -> list[tuple[int, dict[str, str]]]:
    """Rows with their number in the file, the header being row 1."""
    needed = ["file", "label", *(["split"] if split is not None else [])]
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise FormatError(
                f"{table.name} has no column {missing[0]!r}", hint=f"It needs the columns {', '.join(needed)}."
            )
        return list(enumerate(reader, start=2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{table.name} cannot be read: {error}", hint="Save it as CSV in UTF-8.") from error


def _check_new(table: Path, file: Path, number: int, rows: dict[Path, int]) -> None:
    """Note the row of a file. Raises FormatError for one that counts already: it would count twice."""
    first = rows.setdefault(file.resolve(), number)
    if first != number:
        raise FormatError(
            f"{table.name}, rows {first} and {number}: the image {file.name} is listed twice",
            hint="Leave each tile in one row.",
            row=number,
        )


def _file(table: Path, images: Path, number: int, row: dict[str, str]) -> Path:
    name = (row["file"] or "").strip()
    file = images / name
    if not name or not file.is_file():
        raise FormatError(
            f"{table.name}, row {number}: there is no image {name!r}", hint="Check the folder of images.", row=number
        )
    return file


def _label(table: Path, number: int, row: dict[str, str]) -> int:
    text = (row["label"] or "").strip()
    if text not in {"0", "1"}:
        raise FormatError(
            f"{table.name}, row {number}: the label {text!r} is neither 0 nor 1",
            hint="1 stands for tiles of the model's last class.",
            row=number,
        )
    return int(text)
