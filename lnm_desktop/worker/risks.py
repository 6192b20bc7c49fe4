"""Clinical risks in a worker: judging rows, reasons for one, training, cross-validation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from lnm_desktop.errors import ClinicalError, PluginError
from lnm_desktop.formats.risk_json import answer_to_dict, nomogram_to_dict, population_to_dict
from lnm_desktop.inference.events import Stage
from lnm_desktop.plugin.risk_model import RiskModel, TrainedRisk
from lnm_desktop.plugin.risk_nomogram import nomogram
from lnm_desktop.plugin.risk_reasons import as_row, reasons
from lnm_desktop.plugin.risk_warnings import population_warnings
from lnm_desktop.plugin.tabular_model import Row
from lnm_desktop.process.channel import Message
from lnm_desktop.process.loop import Request
from lnm_desktop.worker.job import RunJob
from lnm_desktop.worker.models import WorkerModels, plugin_code
from lnm_desktop.worker.provenance import library_versions

THREADS = 1


class TrainingJob(RunJob):
    """Tells of each fit: a long training is not to be taken for one that hangs."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._fits = 0

    def check_cancelled(self) -> None:
        """See `RunJob.check_cancelled`; a training looks before each fit."""
        super().check_cancelled()
        self._fits += 1
        self._emit(Stage(f"training, fit {self._fits}"))


def judge_rows(models: WorkerModels, request: Request) -> Message:
    """Answer `judge`: the risk of each row and where it is unlike the training."""
    model = _loaded(models, request.arguments["model_id"])
    rows = _rows(model, request.arguments["rows"])
    judged, population = model.judge_checked(rows), model.population()
    return {
        **_ends(judged.probability, judged.lower, judged.upper),
        "warnings": [list(population_warnings(row, population)) for row in rows],
    }


def explain_risk(models: WorkerModels, request: Request) -> Message:
    """Answer `reasons`: one patient's risk with all that it rests on."""
    model = _loaded(models, request.arguments["model_id"])
    (row,) = _rows(model, [request.arguments["row"]])
    return {"answer": answer_to_dict(reasons(model, row)), "population": population_to_dict(model.population())}


def draw_nomogram(models: WorkerModels, request: Request) -> Message:
    """Answer `nomogram`."""
    return {"nomogram": nomogram_to_dict(nomogram(_loaded(models, request.arguments["model_id"])))}


def train_risk(models: WorkerModels, request: Request) -> Message:
    """Answer `train`: weights in a file of safetensors, its hash, the operating point."""
    asked, job = request.arguments, TrainingJob(request)
    model_class = _class(models, asked["model_id"])
    spec = models.host.find(asked["model_id"]).spec
    job.stage("training")
    rows = [as_row(spec.uses_clinical, values) for values in asked["rows"]]
    trained = _train(model_class, rows, np.array(asked["labels"], np.int64), asked["seed"], job)
    path = Path(asked["file"])
    save_file(dict(trained.arrays), path, metadata={"facts": json.dumps(trained.facts)})
    return {
        "weights_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "operating_point": trained.facts["operating_point"],
        "settings": trained.facts.get("settings", {}),
        "libraries": library_versions(),
    }


def cross_validate(models: WorkerModels, request: Request) -> Message:
    """Answer `cross_validate`: each patient judged by a model that was trained, settings and all, without him.

    `others` are judged by a model of all the patients. Thresholds are those of each model's own training.
    """
    asked, job = request.arguments, TrainingJob(request)
    model_class, spec = _class(models, asked["model_id"]), models.host.find(asked["model_id"]).spec
    rows = [as_row(spec.uses_clinical, values) for values in asked["rows"]]
    others = [as_row(spec.uses_clinical, values) for values in asked["others"]]
    labels, folds = np.array(asked["labels"], np.int64), np.array(asked["folds"], np.int64)
    probability, thresholds = np.empty(len(rows)), np.empty(len(rows))
    parts = int(folds.max()) + 1
    job.stage("cross-validating")
    for fold in range(parts):
        out = folds == fold
        kept = [row for row, left in zip(rows, out, strict=True) if not left]
        trained = _train(model_class, kept, labels[~out], asked["seed"], job)
        model = _using(models, asked["model_id"], trained)
        probability[out] = model.judge_checked([row for row, left in zip(rows, out, strict=True) if left]).probability
        thresholds[out] = trained.facts["operating_point"]
        job.progress(fold + 1, parts, "folds")
    answer: dict[str, Any] = {"probability": probability.tolist(), "thresholds": thresholds.tolist()}
    if others:
        trained = _train(model_class, rows, labels, asked["seed"], job)
        judged = _using(models, asked["model_id"], trained).judge_checked(others)
        answer |= {"others": judged.probability.tolist(), "threshold": trained.facts["operating_point"]}
    return {**answer, "libraries": library_versions()}


def _train(
    model_class: type[RiskModel], rows: Sequence[Row], labels: NDArray[np.int64], seed: int, job: RunJob
) -> TrainedRisk:
    with plugin_code("training"):
        try:
            return model_class.train(rows, labels, seed, job)
        except ValueError as error:
            raise ClinicalError(
                f"no model can be trained on this table: {error}", hint="Use more patients."
            ) from error


def _class(models: WorkerModels, model_id: str) -> type[RiskModel]:
    with plugin_code(f"importing the model {model_id}"):
        found = models.host.model_class(model_id)
    if not issubclass(found, RiskModel):
        raise PluginError(f"the model {model_id} is no risk from clinical data", hint="Choose one that is.")
    return found


def _using(models: WorkerModels, model_id: str, trained: TrainedRisk) -> RiskModel:
    model = _class(models, model_id)(models.host.find(model_id).spec)
    model.use(trained)
    return model


def _loaded(models: WorkerModels, model_id: str) -> RiskModel:
    _class(models, model_id)
    model = models.load(model_id, "cpu", THREADS).model
    assert isinstance(model, RiskModel)
    return model


def _rows(model: RiskModel, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [as_row(model.spec.uses_clinical, values) for values in rows]


def _ends(
    probability: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> dict[str, list[float]]:
    return {"probability": probability.tolist(), "lower": lower.tolist(), "upper": upper.tolist()}
