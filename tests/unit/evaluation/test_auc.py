"""The AUC from ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lnm_desktop.evaluation.auc import auc

cases = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=60).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        ([0, 1], [0.1, 0.9], 1.0),
        ([0, 1], [0.9, 0.1], 0.0),
        ([0, 1], [0.5, 0.5], 0.5),
        ([0, 0, 1, 1], [1, 2, 2, 3], 0.875),
    ],
)
def test_closed_form_cases(labels: list[int], scores: list[float], expected: float) -> None:
    assert auc(labels, scores) == expected


@given(cases)
@settings(deadline=None)
def test_agrees_with_scikit_learn_on_tied_scores(rows: list[tuple[bool, int]]) -> None:
    labels, scores = zip(*rows, strict=True)
    assert auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


@given(cases)
@settings(deadline=None)
def test_turning_the_scores_round_gives_the_complement(rows: list[tuple[bool, int]]) -> None:
    labels, scores = np.array(rows).T
    assert auc(labels, -scores) == pytest.approx(1.0 - auc(labels, scores), abs=1e-12)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([1, 1], [0.1, 0.2], "at least one positive and one negative"),
        ([0, 2], [0.1, 0.2], "labels must be 0 or 1"),
        ([0, 1], [0.1], "shape"),
        ([0, 1], [0.1, float("nan")], "finite"),
        ([], [], "non-empty"),
    ],
)
def test_unusable_input_is_refused(labels: list[int], scores: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        auc(labels, scores)
