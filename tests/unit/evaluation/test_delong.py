"""DeLong's variance, interval and paired test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from lnm_desktop.evaluation.delong import auc_difference, auc_interval


def direct_variance(labels: np.ndarray, scores: np.ndarray) -> float:
    """Variance from the matrix of all pairs, as in the paper of 1988."""
    ones, zeros = scores[labels == 1], scores[labels == 0]
    wins = (ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros)
    by_positive, by_negative = wins.mean(axis=1), wins.mean(axis=0)
    return by_positive.var(ddof=1) / ones.size + by_negative.var(ddof=1) / zeros.size


def test_variance_equals_that_of_all_pairs_with_ties() -> None:
    generator = np.random.default_rng(3)
    labels = np.repeat([0, 1], [40, 25])
    scores = np.round(generator.normal(labels, 1.0), 1)
    result = auc_interval(labels, scores)
    assert result.auc == pytest.approx(roc_auc_score(labels, scores))
    assert result.standard_error**2 == pytest.approx(direct_variance(labels, scores))
    assert (result.n_positive, result.n_negative) == (25, 40)


def test_toy_variance_by_hand() -> None:
    # Positives 2 and 4, negatives 1 and 3: placements 1/2, 1 and 1, 1/2, each of sample variance 1/8.
    result = auc_interval([0, 1, 0, 1], [1, 2, 3, 4])
    assert result.auc == 0.75
    assert result.standard_error**2 == pytest.approx(1 / 8)


def test_a_perfect_auc_has_no_interval() -> None:
    result = auc_interval([0, 0, 1, 1], [1, 2, 3, 4])
    assert result.auc == 1.0
    assert np.isnan(result.lower) and np.isnan(result.upper)


def test_the_interval_covers_the_true_auc() -> None:
    # Binormal scores: the true AUC is Phi(shift / sqrt 2). 2000 draws: Monte Carlo error of 0.95 is 0.005.
    generator = np.random.default_rng(11)
    labels, truth = np.repeat([0, 1], [60, 50]), 0.85
    shift = norm.ppf(truth) * np.sqrt(2.0)
    hits = 0
    for _ in range(2000):
        result = auc_interval(labels, generator.normal(shift * labels, 1.0))
        hits += result.lower <= truth <= result.upper
    assert 0.93 <= hits / 2000 <= 0.97


def test_the_paired_interval_covers_no_difference() -> None:
    generator = np.random.default_rng(12)
    labels = np.repeat([0, 1], [60, 50])
    hits = 0
    for _ in range(2000):
        shared = generator.normal(labels, 1.0)
        first, second = (shared + generator.normal(0, 0.7, labels.size) for _ in range(2))
        result = auc_difference(labels, first, second)
        hits += result.lower <= 0.0 <= result.upper
    assert 0.93 <= hits / 2000 <= 0.97


def test_a_clear_difference_is_found() -> None:
    generator = np.random.default_rng(5)
    labels = np.repeat([0, 1], 100)
    result = auc_difference(labels, generator.normal(2.0 * labels), generator.normal(0.2 * labels))
    assert result.lower > 0.0
    assert result.p_value < 0.001
    assert result.difference == pytest.approx(result.first - result.second)
    assert result.z == pytest.approx(result.difference / result.standard_error)


def test_turning_the_comparison_round_changes_only_the_sign() -> None:
    generator = np.random.default_rng(6)
    labels = np.repeat([0, 1], 30)
    first, second = generator.normal(labels), generator.normal(0.5 * labels)
    there, back = auc_difference(labels, first, second), auc_difference(labels, second, first)
    assert there.difference == pytest.approx(-back.difference)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.lower == pytest.approx(-back.upper)


def test_a_score_compared_with_itself_does_not_differ() -> None:
    result = auc_difference([0, 0, 1, 1], [1, 3, 2, 4], [1, 3, 2, 4])
    assert (result.difference, result.p_value) == (0.0, 1.0)
    assert np.isnan(result.z)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_outside_the_unit_interval_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="confidence level"):
        auc_interval([0, 0, 1, 1], [1, 3, 2, 4], level)


def test_a_single_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        auc_interval([0, 0, 1], [1, 2, 3])
