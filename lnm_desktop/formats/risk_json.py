"""A population, the answer about a patient and a nomogram as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lnm_desktop.domain.nomogram import Nomogram, NomogramAxis
from lnm_desktop.domain.risk import (
    Contribution,
    FieldRange,
    MissingField,
    Population,
    Risk,
    RiskAnswer,
    RiskBand,
    ThresholdCount,
)


def population_to_dict(population: Population) -> dict[str, Any]:
    """JSON form."""
    return asdict(population)


def population_from_dict(data: Mapping[str, Any]) -> Population:
    """The inverse of `population_to_dict`. Raises KeyError, TypeError."""
    fields = {
        name: FieldRange(item["known"], tuple(item["percentiles"]), item["choices"])
        for name, item in data["fields"].items()
    }
    bands = tuple(RiskBand(**item) for item in data["bands"])
    thresholds = tuple(ThresholdCount(**item) for item in data["thresholds"])
    return Population(data["patients"], data["positive"], fields, bands, thresholds)


def answer_to_dict(answer: RiskAnswer) -> dict[str, Any]:
    """JSON form."""
    return asdict(answer)


def answer_from_dict(data: Mapping[str, Any]) -> RiskAnswer:
    """The inverse of `answer_to_dict`. Raises KeyError, TypeError."""
    return RiskAnswer(
        Risk(**data["risk"]),
        data["without"],
        tuple(Contribution(**item) for item in data["contributions"]),
        tuple(MissingField(**item) for item in data["missing"]),
        tuple(data["warnings"]),
    )


def nomogram_to_dict(nomogram: Nomogram) -> dict[str, Any]:
    """JSON form."""
    return asdict(nomogram)


def nomogram_from_dict(data: Mapping[str, Any]) -> Nomogram:
    """The inverse of `nomogram_to_dict`. Raises KeyError, TypeError."""
    axes = tuple(
        NomogramAxis(item["field"], tuple((value, points) for value, points in item["ticks"]), item["unknown"])
        for item in data["axes"]
    )
    return Nomogram(axes, data["base"], data["per_point"])
