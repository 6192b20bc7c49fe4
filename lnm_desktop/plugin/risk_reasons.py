"""What a risk rests on: the share of each known field, and how far each missing one could move it.

Works for any model that may be asked with values left out: it is asked about patients who differ in what is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.clinical import Value
from lnm_desktop.domain.risk import Contribution, FieldRange, MissingField, Population, Risk, RiskAnswer
from lnm_desktop.plugin.risk_model import RiskModel
from lnm_desktop.plugin.risk_warnings import RARE, population_warnings
from lnm_desktop.plugin.tabular_model import Row

# 2 to this power questions are asked for exact Shapley values.
MOST_FIELDS = 13


def reasons(model: RiskModel, row: Row) -> RiskAnswer:
    """The whole answer for one patient. Raises InferenceError."""
    known = [field for field, value in row.items() if value is not None][:MOST_FIELDS]
    population = model.population()
    variants, about = _variants(row, population)
    subsets = _subsets(row, known)
    judged = model.judge_checked([row])
    probability = model.probability([*subsets, *(variant for _, _, variant in variants)])
    worth = log_odds(probability[: len(subsets)])
    return RiskAnswer(
        Risk(float(judged.probability[0]), float(judged.lower[0]), float(judged.upper[0])),
        float(probability[0]),
        tuple(Contribution(field, value) for field, value in zip(known, shapley(worth), strict=True)),
        _missing(about, variants, probability[len(subsets) :]),
        population_warnings(row, population),
    )


def shapley(worth: NDArray[np.float64]) -> list[float]:
    """Shapley values (Shapley 1953) of k players; `worth` (2^k,) of each coalition, bit i of an index being player i.

    They add up to the worth of all less that of none.
    """
    players = int(np.log2(len(worth)))
    index = np.arange(len(worth))
    sizes = np.array([int(number).bit_count() for number in index])
    weights = np.array([factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)])
    values = []
    for player in range(players):
        without = index[(index >> player) & 1 == 0]
        gain = worth[without | (1 << player)] - worth[without]
        values.append(float((weights[sizes[without]] * gain).sum()))
    return values


def _subsets(row: Row, known: Sequence[str]) -> list[Row]:
    """The patient with each subset of the known fields, the empty one first; what is not among them stays."""
    return [
        {field: row[field] if field not in known or (number >> known.index(field)) & 1 else None for field in row}
        for number in range(2 ** len(known))
    ]


def _variants(row: Row, population: Population) -> tuple[list[tuple[str, Value, Row]], list[str]]:
    """The patient with each possible value of each missing field that the training knew, and those fields."""
    fields = [field for field, value in row.items() if value is None and field in population.fields]
    found: list[tuple[str, Value, Row]] = [
        (field, value, {**row, field: value})
        for field in fields
        for value in possible_values(population.fields[field])
    ]
    return found, fields


def possible_values(known: FieldRange) -> list[Value]:
    """The choices that were not rare, or the training's percentiles between the 5th and the 95th."""
    if known.choices is not None:
        return [choice for choice, count in known.choices.items() if count >= RARE]
    return list(known.percentiles[1:-1])


def _missing(
    fields: Sequence[str], variants: Sequence[tuple[str, Value, Row]], probability: NDArray[np.float64]
) -> tuple[MissingField, ...]:
    found = []
    for name in fields:
        places = [place for place, (field, _, _) in enumerate(variants) if field == name]
        if places:
            low = min(places, key=lambda place: probability[place])
            high = max(places, key=lambda place: probability[place])
            ends = float(probability[low]), float(probability[high])
            found.append(MissingField(name, *ends, variants[low][1], variants[high][1]))
    return tuple(sorted(found, key=lambda item: item.low - item.high))


def log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of probabilities (n,), finite also at 0 and 1."""
    clipped = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.log(clipped / (1 - clipped))


def as_row(fields: Sequence[str], values: Mapping[str, Value]) -> Row:
    """A row of all fields that a model uses."""
    return {field: values.get(field) for field in fields}
