"""Where a patient is unlike those that a model has learnt from."""

from __future__ import annotations

from collections.abc import Mapping

from lnm_desktop.domain.clinical import Value
from lnm_desktop.domain.risk import FieldRange, Population

# A choice that fewer patients of the training had is as good as new to the model.
RARE = 10


def population_warnings(row: Mapping[str, Value | None], population: Population) -> tuple[str, ...]:
    """A sentence for each value outside the training's first to 99th percentile, or that hardly any patient had."""
    warnings = []
    for field, value in row.items():
        known = population.fields.get(field)
        if value is not None and known is not None and (words := _unlike(field, value, known)):
            warnings.append(words)
    if all(value is None for value in row.values()):
        warnings.append("Nothing is known of the fields that this model reads: it states what is usual, no more.")
    return tuple(warnings)


def _unlike(field: str, value: Value, known: FieldRange) -> str:
    if known.percentiles and isinstance(value, int | float):
        low, high = known.percentiles[0], known.percentiles[-1]
        if low <= value <= high:
            return ""
        return f"{field} {value:g} is outside of what 98 % of the training's patients had ({low:.3g} to {high:.3g})."
    if known.choices is not None and known.choices.get(str(value), 0) < RARE:
        return f"{field} {value}: hardly any patient of the training had it, the model takes it as unknown."
    return ""
