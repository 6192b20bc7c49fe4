"""Training of one model: its settings, its calibration, its operating point and its interval from folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, xlogy

from lnm_clinical.families import Arrays, Family, Matrix, Settings
from lnm_clinical.features import Encoder, Records, Row

Labels = NDArray[np.int64]
CHOICE_FOLDS = 5
# As many models that each lack a tenth of the patients give calibration, operating point and interval.
GROUPS = 10
SENSITIVITY = 0.9


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
    """One fit: how records become numbers, and the model of the numbers."""

    encoder: Encoder
    arrays: Arrays


@dataclass(frozen=True, eq=False, slots=True)
class Trained:
    """The fit on all patients, the fits that each lack a group, and what was learnt from those unseen.

    The calibrated log odds are `slope` times the score plus `intercept` (Platt 1999). `unseen` are the calibrated
    probabilities (n,) of the training's patients, each by the fit that lacked it.
    """

    whole: Fitted
    groups: tuple[Fitted, ...]
    slope: float
    intercept: float
    operating_point: float
    settings: Settings
    unseen: NDArray[np.float64]


def train(
    family: Family, rows: Sequence[Row], labels: Labels, seed: int, look: Callable[[], None] = lambda: None
) -> Trained:
    """Fit a family on labelled rows, with a `look` before each fit whether to go on.

    Raises ValueError with fewer than 20 patients of a class.
    """
    if min(int(labels.sum()), int((1 - labels).sum())) < 2 * GROUPS:
        raise ValueError(f"training needs at least {2 * GROUPS} patients with and as many without the finding")
    fits = Fits(family, Records.read(rows), labels, seed, look)
    settings = fits.choose()
    groups, scores = fits.without_each_group(settings)
    slope, intercept = platt(scores, labels)
    unseen = expit(slope * scores + intercept)
    whole = fits.fit(settings, np.ones(len(labels), np.bool_))
    return Trained(whole, groups, slope, intercept, threshold(unseen, labels), settings, unseen)


@dataclass(frozen=True, eq=False, slots=True)
class Fits:
    """A family on the patients of a training."""

    family: Family
    records: Records
    labels: Labels
    seed: int
    look: Callable[[], None]

    def fit(self, settings: Settings, used: NDArray[np.bool_]) -> Fitted:
        """Encoder and model, both from the rows used (n,) alone."""
        self.look()
        records = self.records.take(used)
        encoder = Encoder.fit(records)
        return Fitted(encoder, self.family.fit(encoder.transform(records), self.labels[used], settings, self.seed))

    def choose(self) -> Settings:
        """The settings with the greatest AUC in five folds, the first of equals."""
        folds = stratified_folds(self.labels, CHOICE_FOLDS, self.seed)
        return max(self.family.settings, key=lambda settings: self._auc(settings, folds))

    def without_each_group(self, settings: Settings) -> tuple[tuple[Fitted, ...], Matrix]:
        """A fit without each group of patients, and the score (n,) of each patient by the fit that lacked it."""
        folds = stratified_folds(self.labels, GROUPS, self.seed + 1)
        scores, groups = np.empty(len(self.labels)), []
        for group in range(GROUPS):
            fitted, scores[folds == group] = self._left_out(settings, folds == group)
            groups.append(fitted)
        return tuple(groups), scores

    def _auc(self, settings: Settings, folds: Labels) -> float:
        from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - only training needs it

        left_out = [folds == fold for fold in range(CHOICE_FOLDS)]
        return float(np.mean([roc_auc_score(self.labels[out], self._left_out(settings, out)[1]) for out in left_out]))

    def _left_out(self, settings: Settings, out: NDArray[np.bool_]) -> tuple[Fitted, Matrix]:
        """A fit without some rows, and its scores of them."""
        fitted = self.fit(settings, ~out)
        return fitted, self.family.score(fitted.arrays, fitted.encoder.transform(self.records.take(out)))


def stratified_folds(labels: Labels, folds: int, seed: int) -> Labels:
    """The fold of each row, each fold with nearly the same share of positives."""
    generator = np.random.default_rng(seed)
    found = np.empty(len(labels), np.int64)
    for label in (0, 1):
        places = generator.permutation(np.flatnonzero(labels == label))
        found[places] = np.arange(len(places)) % folds
    return found


def platt(scores: Matrix, labels: Labels) -> tuple[float, float]:
    """Slope and intercept of the log odds on the score by maximum likelihood."""
    spread = float(scores.std()) or 1.0

    def loss(line: NDArray[np.float64]) -> float:
        p = expit(line[0] * scores / spread + line[1])
        return -float(np.mean(xlogy(labels, np.maximum(p, 1e-12)) + xlogy(1 - labels, np.maximum(1 - p, 1e-12))))

    found = minimize(loss, np.array([spread, 0.0]), method="BFGS").x
    return float(found[0] / spread), float(found[1])


def threshold(unseen: NDArray[np.float64], labels: Labels) -> float:
    """The greatest threshold that at least nine tenths of the positive patients reach."""
    positive = np.sort(unseen[labels == 1])
    return float(positive[int(np.floor((1 - SENSITIVITY) * len(positive)))])


def log_odds(family: Family, trained: Trained, fitted: Fitted, records: Records) -> Matrix:
    """Calibrated log odds (n,) by one of the fits."""
    scores = family.score(fitted.arrays, fitted.encoder.transform(records))
    return trained.slope * scores + trained.intercept


def facts_of(trained: Trained) -> dict[str, Any]:
    """What is no array, in JSON."""
    return {
        "slope": trained.slope,
        "intercept": trained.intercept,
        "operating_point": trained.operating_point,
        "settings": dict(trained.settings),
        "encoders": [item.encoder.to_dict() for item in (trained.whole, *trained.groups)],
    }
