"""Net benefit, examinations spared, calibration curve and folds, against published and hand-made examples."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve as sklearn_curve

from lnm_desktop.evaluation.calibration_curve import calibration_curve
from lnm_desktop.evaluation.decision import decision_curve, spared_at, threshold_missing
from lnm_desktop.evaluation.folds import stratified_folds

LABELS = np.array([0, 0, 0, 0, 1, 0, 1, 0, 1, 1])
SCORES = np.array([0.05, 0.1, 0.15, 0.2, 0.25, 0.4, 0.5, 0.6, 0.7, 0.9])


def test_net_benefit_by_hand() -> None:
    (point,) = decision_curve(LABELS, SCORES, [0.2])
    # 7 reach 0.2: 4 true, 3 false; odds are 0.25.
    assert point.model == pytest.approx(4 / 10 - 0.25 * 3 / 10)
    assert point.everybody == pytest.approx(0.4 - 0.25 * 0.6)


def test_a_model_that_calls_everybody_is_worth_what_treating_everybody_is() -> None:
    for point in decision_curve(LABELS, np.ones(10)):
        assert point.model == pytest.approx(point.everybody)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1])
def test_a_threshold_without_odds_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        decision_curve(LABELS, SCORES, [threshold])


def test_spared_and_missed() -> None:
    found = spared_at(LABELS, SCORES, 0.3)
    assert (found.spared.successes, found.spared.total) == (5, 10)
    assert (found.missed.successes, found.missed.total) == (1, 4)


def test_the_greatest_threshold_that_misses_no_more() -> None:
    assert threshold_missing(LABELS, SCORES, 0.0) == 0.25
    assert threshold_missing(LABELS, SCORES, 0.24) == 0.25
    assert threshold_missing(LABELS, SCORES, 0.25) == 0.5
    for most in (0.0, 0.1, 0.25, 0.5):
        assert spared_at(LABELS, SCORES, threshold_missing(LABELS, SCORES, most)).missed.proportion <= most


def test_calibration_curve_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    probabilities = generator.uniform(size=500)
    labels = (generator.uniform(size=500) < probabilities).astype(int)
    observed, predicted = sklearn_curve(labels, probabilities, n_bins=10, strategy="quantile")
    points = calibration_curve(labels, probabilities)
    assert [point.predicted for point in points] == pytest.approx(list(predicted))
    assert [point.observed.proportion for point in points] == pytest.approx(list(observed))


def test_a_curve_of_equal_probabilities_is_one_point() -> None:
    (point,) = calibration_curve(LABELS, np.full(10, 0.4))
    assert (point.predicted, point.observed.proportion) == (pytest.approx(0.4), pytest.approx(0.4))


def test_folds_hold_the_share_of_positives() -> None:
    labels = np.array([1] * 47 + [0] * 53)
    folds = stratified_folds(labels, 5, 1)
    counts = [int(labels[folds == fold].sum()) for fold in range(5)]
    assert max(counts) - min(counts) <= 1
    assert sorted(np.bincount(folds)) == [20, 20, 20, 20, 20] or np.ptp(np.bincount(folds)) <= 2
    assert (folds == stratified_folds(labels, 5, 1)).all()
    assert (folds != stratified_folds(labels, 5, 2)).any()


def test_too_few_cases_for_the_folds() -> None:
    with pytest.raises(ValueError, match="each class"):
        stratified_folds([0, 0, 0, 1], 2, 0)
