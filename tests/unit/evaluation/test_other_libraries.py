"""The same made-up predictions through other libraries: dcurves 1.1.7, statsmodels 0.15.0, MLstatkit 0.1.91."""

from __future__ import annotations

import numpy as np
import pytest

from lnm_desktop.evaluation.calibration import calibration
from lnm_desktop.evaluation.decision import decision_curve
from lnm_desktop.evaluation.delong import auc_difference
from lnm_desktop.evaluation.proportions import wilson_interval


def made_up() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities that are a little too high, and the same with noise; 200 of each."""
    generator = np.random.default_rng(42)
    one = generator.beta(2, 3, 200).round(3)
    labels = (generator.uniform(size=200) < one * 0.9).astype(int)
    two = np.clip(one + generator.normal(0, 0.15, 200), 0.01, 0.99).round(3)
    assert labels.sum() == 68
    return labels, one, two


def test_net_benefit_is_that_of_dcurves() -> None:
    labels, one, _ = made_up()
    found = decision_curve(labels, one, [0.1, 0.25, 0.5])
    assert [point.model for point in found] == pytest.approx([0.273333, 0.166667, 0.04], abs=1e-6)
    assert [point.everybody for point in found] == pytest.approx([0.266667, 0.12, -0.32], abs=1e-6)


def test_the_calibration_line_is_that_of_statsmodels() -> None:
    labels, one, _ = made_up()
    line = calibration(labels, one)
    assert line.intercept == pytest.approx(-0.3480815544675564, abs=1e-5)
    assert line.slope == pytest.approx(0.9031964245284618, abs=1e-5)
    assert line.intercept_in_the_large == pytest.approx(-0.3270065372958073, abs=1e-5)


def test_the_paired_test_is_that_of_mlstatkit() -> None:
    labels, one, two = made_up()
    found = auc_difference(labels, one, two)
    assert (found.first, found.second) == (pytest.approx(0.7192513368983957), pytest.approx(0.7025958110516934))
    assert abs(found.z) == pytest.approx(0.7017469882763303, abs=1e-9)
    assert found.p_value == pytest.approx(0.482836963899404, abs=1e-9)


def test_the_interval_of_a_share_is_that_of_statsmodels() -> None:
    found = wilson_interval(37, 200)
    assert (found.lower, found.upper) == (pytest.approx(0.13730192800616045), pytest.approx(0.24457062761151752))
