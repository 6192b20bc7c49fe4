"""Confusion counts and what follows from them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.evaluation.classification import brier_score, confusion_counts, youden_threshold

cases = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=50)


def test_counts_by_hand() -> None:
    counts = confusion_counts([1, 1, 1, 0, 0], [0.9, 0.5, 0.2, 0.7, 0.1], 0.5)
    assert (counts.true_positives, counts.false_negatives) == (2, 1)
    assert (counts.false_positives, counts.true_negatives) == (1, 1)
    assert counts.sensitivity == pytest.approx(2 / 3)
    assert counts.specificity == 0.5
    assert counts.positive_predictive_value == pytest.approx(2 / 3)
    assert counts.negative_predictive_value == 0.5
    assert counts.accuracy == 0.6


def test_measures_without_cases_are_undefined() -> None:
    only_negatives = confusion_counts([0, 0], [0.1, 0.2], 0.5)
    assert math.isnan(only_negatives.sensitivity)
    assert math.isnan(only_negatives.positive_predictive_value)
    assert only_negatives.specificity == 1.0


def test_brier_score_by_hand() -> None:
    assert brier_score([1, 0], [0.8, 0.4]) == pytest.approx((0.04 + 0.16) / 2)


def test_brier_score_needs_probabilities() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        brier_score([1, 0], [1.5, 0.0])


def test_youden_threshold_by_hand() -> None:
    assert youden_threshold([0, 0, 1, 0, 1, 1], [1, 2, 3, 4, 5, 6]) == 5.0


@given(cases.filter(lambda rows: len({label for label, _ in rows}) == 2))
def test_no_other_threshold_has_a_larger_youden_index(rows: list[tuple[bool, float]]) -> None:
    labels, scores = zip(*rows, strict=True)

    def index(threshold: float) -> float:
        counts = confusion_counts(labels, scores, threshold)
        return counts.sensitivity + counts.specificity - 1.0

    best = index(youden_threshold(labels, scores))
    assert all(index(score) <= best + 1e-12 for score in scores)


@given(cases, st.floats(0, 1))
def test_every_case_is_counted_once(rows: list[tuple[bool, float]], threshold: float) -> None:
    labels, scores = zip(*rows, strict=True)
    counts = confusion_counts(labels, scores, threshold)
    assert counts.total == len(rows)
    assert counts.true_positives + counts.false_negatives == sum(labels)
