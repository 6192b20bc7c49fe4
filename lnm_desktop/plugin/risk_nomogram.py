"""The nomogram of a model whose log odds are a sum over fields, found by asking it."""

from __future__ import annotations

import numpy as np

from lnm_desktop.domain.clinical import Value
from lnm_desktop.domain.nomogram import FULL_POINTS, Nomogram, NomogramAxis
from lnm_desktop.domain.risk import FieldRange, Population
from lnm_desktop.errors import InferenceError
from lnm_desktop.plugin.risk_model import RiskModel
from lnm_desktop.plugin.risk_reasons import log_odds, possible_values
from lnm_desktop.plugin.tabular_model import Row

# Numbers are asked about at so many places between the training's first and 99th percentile: the axis of a field
# that is not linear is read between two ticks in proportion.
TICKS = 200
TOLERANCE = 1e-6


def nomogram(model: RiskModel) -> Nomogram:
    """Raises InferenceError for a model whose fields do not simply add."""
    population = model.population()
    nothing: Row = dict.fromkeys(model.spec.uses_clinical)
    asked = [
        (field, value)
        for field, known in population.fields.items()
        for value in axis_values(known)
        if field in nothing
    ]
    rows = [nothing, *({**nothing, field: value} for field, value in asked)]
    found = log_odds(model.probability(rows))
    base = float(found[0])
    gains = {pair: float(value) - base for pair, value in zip(asked, found[1:], strict=True)}
    _check_additive(model, nothing, gains, base)
    return _scaled(population, gains, base)


def axis_values(known: FieldRange) -> list[Value]:
    """Where an axis is read."""
    if known.choices is not None:
        return possible_values(known)
    return [float(value) for value in np.linspace(known.percentiles[0], known.percentiles[-1], TICKS)]


def _scaled(population: Population, gains: dict[tuple[str, Value], float], nothing: float) -> Nomogram:
    """The field with the widest span gets 100 points, the least value of each field 0."""
    fields = [field for field in population.fields if any(name == field for name, _ in gains)]
    own = {field: [(value, gain) for (name, value), gain in gains.items() if name == field] for field in fields}
    least = {field: min(0.0, *(gain for _, gain in values)) for field, values in own.items()}
    widest = max(max(0.0, *(gain for _, gain in values)) - least[field] for field, values in own.items())
    per_point = widest / FULL_POINTS or 1.0
    axes = tuple(
        NomogramAxis(
            field,
            tuple((value, (gain - least[field]) / per_point) for value, gain in values),
            (0.0 - least[field]) / per_point,
        )
        for field, values in own.items()
    )
    return Nomogram(axes, nothing + sum(least.values()), per_point)


def _check_additive(model: RiskModel, nothing: Row, gains: dict[tuple[str, Value], float], base: float) -> None:
    """One patient with the last value of every field must have the sum of what each adds."""
    values = dict(gains.keys())
    together = float(log_odds(model.probability([{**nothing, **values}]))[0])
    expected = base + sum(gains[(field, value)] for field, value in values.items())
    if abs(together - expected) > TOLERANCE * max(1.0, abs(expected)):
        raise InferenceError(
            f"{model.spec.id} has no nomogram: what a field adds depends on the others",
            hint="Choose the logistic regression.",
        )
