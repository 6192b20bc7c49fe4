"""The percentile bootstrap."""

from __future__ import annotations

import numpy as np
import pytest

from lnm_desktop.evaluation.auc import auc
from lnm_desktop.evaluation.bootstrap import bootstrap_interval
from lnm_desktop.evaluation.delong import auc_interval

LABELS = np.repeat([0, 1], [80, 60])
SCORES = np.random.default_rng(2).normal(1.2 * LABELS)


def test_the_same_seed_gives_the_same_interval() -> None:
    runs = [bootstrap_interval(auc, LABELS, SCORES, resamples=100, seed=s) for s in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0].lower != runs[2].lower


def test_the_interval_of_an_auc_is_close_to_delongs() -> None:
    drawn, exact = bootstrap_interval(auc, LABELS, SCORES), auc_interval(LABELS, SCORES)
    assert drawn.value == exact.auc
    assert drawn.lower == pytest.approx(exact.lower, abs=0.02)
    assert drawn.upper == pytest.approx(exact.upper, abs=0.02)


def test_undefined_resamples_are_left_out_and_counted() -> None:
    result = bootstrap_interval(lambda labels, scores: float("nan"), LABELS, SCORES, resamples=5)
    assert result.used == 0
    assert np.isnan(result.lower) and np.isnan(result.upper)


def test_a_constant_measure_has_a_point_interval() -> None:
    result = bootstrap_interval(lambda labels, scores: 0.5, LABELS, SCORES, resamples=5)
    assert (result.lower, result.value, result.upper) == (0.5, 0.5, 0.5)


def test_no_resamples_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one resample"):
        bootstrap_interval(auc, LABELS, SCORES, resamples=0)


def test_an_impossible_level_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence level"):
        bootstrap_interval(auc, LABELS, SCORES, level=1.0)
