"""Reasons, warnings and nomograms of risk models."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lnm_desktop.domain.nomogram import Nomogram
from lnm_desktop.errors import InferenceError
from lnm_desktop.formats.risk_json import (
    answer_from_dict,
    answer_to_dict,
    nomogram_from_dict,
    nomogram_to_dict,
    population_from_dict,
    population_to_dict,
)
from lnm_desktop.plugin.risk_nomogram import nomogram
from lnm_desktop.plugin.risk_reasons import reasons, shapley
from lnm_desktop.plugin.risk_warnings import population_warnings
from tests.fakes.risks import sum_of_fields


def test_contributions_lead_from_nothing_known_to_the_probability() -> None:
    model = sum_of_fields(interaction=0.5)
    answer = reasons(model, {"age": 70.0, "grade": "3"})
    adds = {item.field: item.log_odds for item in answer.contributions}
    # What the two share is halved between them.
    assert adds == {"age": pytest.approx(0.4 + 0.25), "grade": pytest.approx(0.7 + 0.25)}
    log_odds = np.log(answer.risk.probability / (1 - answer.risk.probability))
    start = np.log(answer.without / (1 - answer.without))
    assert start + sum(adds.values()) == pytest.approx(log_odds)
    assert answer.risk.lower < answer.risk.probability < answer.risk.upper


def test_shapley_values_of_a_glove_game() -> None:
    """Shapley's own kind of example: two left gloves, one right; a pair is worth 1."""
    worth = np.array([float(bool(number & 4) and bool(number & 3)) for number in range(8)])
    assert shapley(worth) == pytest.approx([1 / 6, 1 / 6, 4 / 6])
    assert shapley(np.array([0.3])) == []


def test_a_missing_field_tells_how_far_it_could_move_the_risk() -> None:
    answer = reasons(sum_of_fields(), {"age": 50.0, "grade": None})
    (missing,) = answer.missing
    assert (missing.field, missing.low_value, missing.high_value) == ("grade", "1", "3")
    assert missing.low == pytest.approx(1 / (1 + np.e**2))
    assert missing.high == pytest.approx(1 / (1 + np.exp(0.3)))


def test_nothing_known_is_told() -> None:
    answer = reasons(sum_of_fields(), {"age": None, "grade": None})
    assert answer.contributions == ()
    assert answer.risk.probability == pytest.approx(answer.without)
    assert "Nothing is known" in answer.warnings[0]


@pytest.mark.parametrize(
    ("row", "words"), [({"age": 20.0}, "age 20"), ({"grade": "4"}, "grade 4"), ({"age": 60.0}, "")]
)
def test_a_patient_unlike_the_training(row: dict[str, float | str], words: str) -> None:
    warnings = population_warnings(row, sum_of_fields().population())
    assert warnings[0].startswith(words) if words else warnings == ()


def test_the_points_of_a_nomogram_are_the_linear_predictor() -> None:
    model = sum_of_fields()
    drawn = nomogram(model)
    generator = np.random.default_rng(0)
    for _ in range(1000):
        values = {"age": float(generator.uniform(30, 90)), "grade": str(generator.integers(1, 4))}
        known = {name: value for name, value in values.items() if generator.uniform() > 0.2}
        expected = model.log_odds({**dict.fromkeys(values), **known})
        assert drawn.log_odds(drawn.total(known)) == pytest.approx(expected, abs=1e-9)


def test_a_nomogram_begins_at_0_and_ends_at_100() -> None:
    points = [point for axis in nomogram(sum_of_fields()).axes for _, point in axis.ticks]
    assert min(points) == pytest.approx(0)
    assert max(points) == pytest.approx(100)


def test_fields_that_do_not_add_have_no_nomogram() -> None:
    with pytest.raises(InferenceError, match="no nomogram"):
        nomogram(sum_of_fields(interaction=0.5))


def test_json_there_and_back() -> None:
    model = sum_of_fields()
    answer, drawn = reasons(model, {"age": 70.0, "grade": None}), nomogram(model)
    assert answer_from_dict(answer_to_dict(answer)) == answer
    assert population_from_dict(population_to_dict(model.population())) == model.population()
    assert nomogram_from_dict(nomogram_to_dict(drawn)) == drawn


def test_points_between_and_beyond_the_ticks() -> None:
    drawn: Nomogram = nomogram(sum_of_fields())
    (age,) = [axis for axis in drawn.axes if axis.field == "age"]
    assert age.points(10.0) == age.points(30.0)
    assert age.points(200.0) == age.points(90.0)
    for low, high in itertools.pairwise([30.0, 45.5, 60.25, 90.0]):
        assert age.points(low) < age.points(high)
    with pytest.raises(KeyError, match="age"):
        age.points("old")
