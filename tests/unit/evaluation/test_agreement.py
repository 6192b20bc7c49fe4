"""Agreement beyond chance, against worked numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lnm_desktop.evaluation.agreement import cohen_kappa, share_agreeing


def test_kappa_of_a_worked_table() -> None:
    # 20 both yes, 5 first only, 10 second only, 15 both no: observed 0.7, expected 0.5, kappa 0.4.
    one = np.repeat([True, True, False, False], [20, 5, 10, 15])
    two = np.repeat([True, False, True, False], [20, 5, 10, 15])
    assert share_agreeing(one, two) == pytest.approx(0.7)
    assert cohen_kappa(one, two) == pytest.approx(0.4)


def test_kappa_knows_more_than_two_classes_and_contradiction() -> None:
    assert cohen_kappa(["a", "b", "c"], ["a", "b", "c"]) == 1.0
    assert cohen_kappa([True, False], [False, True]) == -1.0


def test_where_there_is_nothing_to_agree_about_it_is_undefined() -> None:
    assert math.isnan(cohen_kappa([True, True], [True, True]))
    assert math.isnan(cohen_kappa([], []))
    assert math.isnan(share_agreeing([], []))


def test_raters_of_different_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="same cases"):
        cohen_kappa([True], [True, False])
