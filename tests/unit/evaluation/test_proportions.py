"""Wilson's interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.evaluation.proportions import wilson_interval


def test_published_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I: 81 of 263 and 15 of 148.
    many, few = wilson_interval(81, 263), wilson_interval(15, 148)
    assert (round(many.lower, 4), round(many.upper, 4)) == (0.2553, 0.3662)
    assert (round(few.lower, 4), round(few.upper, 4)) == (0.0624, 0.1605)


def test_extremes() -> None:
    none, every = wilson_interval(0, 20), wilson_interval(20, 20)
    assert (none.lower, round(none.upper, 4)) == (0.0, 0.1611)
    assert (round(every.lower, 4), every.upper) == (0.8389, 1.0)


def test_nothing_counted_is_undefined() -> None:
    result = wilson_interval(0, 0)
    assert all(math.isnan(v) for v in (result.proportion, result.lower, result.upper))


def test_the_interval_covers_the_true_proportion() -> None:
    generator = np.random.default_rng(4)
    hits = 0
    for successes in generator.binomial(120, 0.9, 2000):
        result = wilson_interval(int(successes), 120)
        hits += result.lower <= 0.9 <= result.upper
    assert 0.93 <= hits / 2000 <= 0.97


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_proportion_inside_the_unit_interval(counts: tuple[int, int]) -> None:
    result = wilson_interval(*counts)
    assert 0.0 <= result.lower <= result.proportion <= result.upper <= 1.0


@pytest.mark.parametrize("counts", [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson_interval(*counts)
