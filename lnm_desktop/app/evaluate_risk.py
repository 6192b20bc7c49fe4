"""How good clinical models are: nested cross-validation, another cohort, calibration, worth, controls."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop import __version__
from lnm_desktop.app.cohort_table import Cohort, Values
from lnm_desktop.app.models import Models
from lnm_desktop.domain.clinical import ClinicalSchema
from lnm_desktop.errors import ClinicalError
from lnm_desktop.evaluation.auc import auc
from lnm_desktop.evaluation.bootstrap import bootstrap_interval
from lnm_desktop.evaluation.calibration import calibration
from lnm_desktop.evaluation.calibration_curve import CalibrationPoint, calibration_curve
from lnm_desktop.evaluation.classification import brier_score, confusion_counts
from lnm_desktop.evaluation.decision import NetBenefit, Spared, decision_curve, spared_at, threshold_missing
from lnm_desktop.evaluation.delong import AucDifference, auc_difference, auc_interval
from lnm_desktop.evaluation.folds import stratified_folds
from lnm_desktop.evaluation.proportions import ProportionInterval, wilson_interval
from lnm_desktop.inference.risks import CrossValidated, RiskClient
from lnm_desktop.plugin.spec import ModelSpec

FOLDS = 5
SEED = 20260101
MOST_MISSED = 0.1
LEAST_SUBGROUP = 20
Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures on patients that the model had not seen; intervals are of 95 %.

    `auc_ci` is DeLong's, `auc_bootstrap_ci` the percentile bootstrap's. Proportions are those at thresholds frozen in
    the training. `spared` and `missed` are those at the threshold that misses at most a tenth *there*.
    """

    patients: int
    positive: int
    auc: float
    auc_ci: tuple[float, float]
    auc_bootstrap_ci: tuple[float, float]
    slope: float
    intercept: float
    in_the_large: float
    brier: float
    sensitivity: ProportionInterval
    specificity: ProportionInterval
    ppv: ProportionInterval
    npv: ProportionInterval
    spared: ProportionInterval
    missed: ProportionInterval
    curve: tuple[CalibrationPoint, ...]
    benefit: tuple[NetBenefit, ...]
    subgroups: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RiskEvaluation:
    """One model: by cross-validation, in another cohort, against the baseline, with shuffled labels."""

    model: str
    version: str
    cv: Measures
    external: Measures | None
    against_baseline: AucDifference | None
    shuffled_aucs: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, eq=False, slots=True)
class RiskReport:
    """All models on the same folds of the same patients."""

    evaluations: tuple[RiskEvaluation, ...]
    cohort: Cohort
    external: Cohort | None
    folds: int
    seed: int
    baseline: str
    chosen: str
    libraries: Mapping[str, str]
    lnm_desktop: str = __version__


def evaluate_risks(
    models: Models,
    model_ids: Sequence[str],
    cohort: Cohort,
    schema: ClinicalSchema,
    external: Cohort | None = None,
    *,
    shuffles: int = 0,
    say: Say = lambda words: None,
) -> RiskReport:
    """Evaluate clinical models; the first is the baseline of comparisons, and is run with shuffled labels too.

    Raises ClinicalError for a model that reads what is known only after surgery, PluginError, InferenceError.
    """
    folds = stratified_folds(cohort.labels, FOLDS, SEED)
    found: list[RiskEvaluation] = []
    baseline: Scores | None = None
    libraries: Mapping[str, str] = {}
    for model_id in model_ids:
        spec = models.find(model_id).spec
        check_preoperative(spec, schema)
        client = RiskClient(models.client(model_id), model_id)
        say(f"{model_id}: cross-validation")
        started = time.monotonic()
        others = external.rows if external else ()
        validated = client.cross_validate(cohort.rows, cohort.labels, folds, SEED, others)
        seconds = time.monotonic() - started
        runs = shuffles if baseline is None else 0
        shuffled = tuple(_shuffled(client, cohort, number, say, model_id) for number in range(runs))
        against = None if baseline is None else auc_difference(cohort.labels, validated.probability, baseline)
        baseline = validated.probability if baseline is None else baseline
        measured = _measures(cohort, validated.probability, validated.thresholds)
        outside = _outside(external, validated)
        found.append(RiskEvaluation(model_id, spec.version, measured, outside, against, shuffled, seconds))
        libraries = validated.libraries
    chosen = choose(found)
    return RiskReport(tuple(found), cohort, external, FOLDS, SEED, model_ids[0], chosen, libraries)


def choose(evaluations: Sequence[RiskEvaluation]) -> str:
    """The default: the baseline, unless another one is better.

    Better means an AUC by cross-validation that is greater with a paired interval that leaves out 0, and in the other
    cohort, where there is one, an AUC that is no less. Of several such, the one with the greatest AUC.
    """
    better = [item for item in evaluations if _is_better(item, evaluations[0])]
    return max(better, key=lambda item: item.cv.auc).model if better else evaluations[0].model


def _is_better(item: RiskEvaluation, baseline: RiskEvaluation) -> bool:
    if item.against_baseline is None or item.against_baseline.lower <= 0:
        return False
    if item.external is None or baseline.external is None:
        return True
    return item.external.auc >= baseline.external.auc


def check_preoperative(spec: ModelSpec, schema: ClinicalSchema) -> None:
    """Raises ClinicalError naming a field that is known only after surgery."""
    for name in (*spec.needs_clinical, *spec.uses_clinical):
        if not schema.field(name).preoperative:
            raise ClinicalError(
                f"{spec.id} reads {schema.field(name).label}, which is known only after surgery",
                hint="A model that is to help before surgery may not.",
                field=name,
            )


def _outside(external: Cohort | None, validated: CrossValidated) -> Measures | None:
    if external is None:
        return None
    return _measures(external, validated.others, np.full(len(validated.others), validated.threshold))


def _shuffled(client: RiskClient, cohort: Cohort, number: int, say: Say, model_id: str) -> float:
    """The AUC of the whole procedure after the labels were shuffled: it must be about 0.5."""
    say(f"{model_id}: shuffled labels {number + 1}")
    labels = np.random.default_rng(SEED + 1 + number).permutation(cohort.labels)
    folds = stratified_folds(labels, FOLDS, SEED)
    return auc(labels, client.cross_validate(cohort.rows, labels, folds, SEED).probability)


def _measures(cohort: Cohort, probability: Scores, thresholds: Scores) -> Measures:
    labels = cohort.labels
    interval, line = auc_interval(labels, probability), calibration(labels, probability)
    bootstrap = bootstrap_interval(auc, labels, probability, resamples=1000, seed=SEED)
    spared: Spared = spared_at(labels, probability, threshold_missing(labels, probability, MOST_MISSED))
    return Measures(
        patients=len(labels),
        positive=cohort.positive,
        auc=interval.auc,
        auc_ci=(interval.lower, interval.upper),
        auc_bootstrap_ci=(bootstrap.lower, bootstrap.upper),
        slope=line.slope,
        intercept=line.intercept,
        in_the_large=line.intercept_in_the_large,
        brier=brier_score(labels, probability),
        **_at_thresholds(labels, probability, thresholds),
        spared=spared.spared,
        missed=spared.missed,
        curve=calibration_curve(labels, probability),
        benefit=decision_curve(labels, probability),
        subgroups=_subgroups(cohort, probability),
    )


def _at_thresholds(labels: Labels, probability: Scores, thresholds: Scores) -> dict[str, ProportionInterval]:
    counts = confusion_counts(labels, (probability >= thresholds).astype(float), 0.5)
    tp, fp = counts.true_positives, counts.false_positives
    tn, fn = counts.true_negatives, counts.false_negatives
    pairs = {"sensitivity": (tp, tp + fn), "specificity": (tn, tn + fp), "ppv": (tp, tp + fp), "npv": (tn, tn + fn)}
    return {name: wilson_interval(part, whole) for name, (part, whole) in pairs.items()}


GROUPS: Mapping[str, Callable[[Values], bool]] = {
    "age below 50": lambda row: _below(row.get("age"), 50),
    "age 50 and above": lambda row: row.get("age") is not None and not _below(row.get("age"), 50),
    "ER negative": lambda row: row.get("er_status") == "negative",
    "ER positive": lambda row: row.get("er_status") == "positive",
    "HER2 positive": lambda row: row.get("her2_status") == "positive",
    "grade 3": lambda row: row.get("grade") == "3",
}


def _below(value: object, border: float) -> bool:
    return isinstance(value, int | float) and value < border


def _subgroups(cohort: Cohort, probability: Scores) -> dict[str, Any]:
    found = {}
    for name, belongs in GROUPS.items():
        own = np.array([belongs(row) for row in cohort.rows])
        labels = cohort.labels[own]
        if own.any() and min(labels.sum(), (1 - labels).sum()) >= LEAST_SUBGROUP:
            interval = auc_interval(labels, probability[own])
            found[name] = {
                "patients": int(own.sum()),
                "positive": int(labels.sum()),
                "auc": interval.auc,
                "auc_ci": (interval.lower, interval.upper),
                "mean_probability": float(probability[own].mean()),
            }
    return found
