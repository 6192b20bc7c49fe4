"""Logistic recalibration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit

from lnm_desktop.evaluation.calibration import calibration


def draw(slope: float, intercept: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels that follow the given line, and the log odds predicted."""
    generator = np.random.default_rng(8)
    log_odds = generator.normal(0.0, 1.5, 40_000)
    return generator.random(log_odds.size) < expit(intercept + slope * log_odds), log_odds


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, 0.3), (1.6, -0.4)])
def test_the_line_is_recovered(slope: float, intercept: float) -> None:
    labels, log_odds = draw(slope, intercept)
    result = calibration(labels, expit(log_odds))
    assert result.slope == pytest.approx(slope, abs=0.06)
    assert result.intercept == pytest.approx(intercept, abs=0.06)


def test_a_shift_shows_in_the_large() -> None:
    labels, log_odds = draw(1.0, 0.0)
    result = calibration(labels, expit(log_odds - 0.7))
    assert result.intercept_in_the_large == pytest.approx(0.7, abs=0.06)


def test_two_groups_have_a_closed_form() -> None:
    # Said 1/4 and 3/4, observed 1/3 and 2/3: slope log 2 / log 3, intercept 0 by symmetry.
    labels = [1, 0, 0, 1, 1, 0]
    result = calibration(labels, [0.25] * 3 + [0.75] * 3)
    assert result.slope == pytest.approx(math.log(2) / math.log(3), abs=1e-5)
    assert result.intercept == pytest.approx(0.0, abs=1e-5)


def test_certain_predictions_stay_finite() -> None:
    result = calibration([1, 0, 1, 0], [1.0, 0.0, 0.0, 1.0])
    assert math.isfinite(result.slope)


@pytest.mark.parametrize("probabilities", [[0.1, 0.2, 0.8, 0.9], [0.5, 0.5, 0.5, 0.5]])
def test_an_undefined_line_is_nan(probabilities: list[float]) -> None:
    result = calibration([0, 0, 1, 1], probabilities)
    assert math.isnan(result.slope) and math.isnan(result.intercept)
    assert result.intercept_in_the_large == pytest.approx(0.0, abs=1e-6)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="both classes"):
        calibration([1, 1], [0.2, 0.4])
