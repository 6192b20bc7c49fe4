"""What a model said, and all that is needed to say it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lnm_desktop.domain.geometry import Geometry, Point, Region, Size
from lnm_desktop.domain.ids import RunId

RESEARCH_USE_ONLY = "Research use only. Not for diagnostic use."
SYNTHETIC_INPUT = "SYNTHETIC INPUT"  # how the warning of a run on a made-up image begins

ATTENTION = "attention"
UNCERTAINTY = "uncertainty"
"""A map of this name shows where a model looked, not what it found: nothing in it is outlined."""


@dataclass(frozen=True, slots=True)
class Score:
    """One number with its meaning; `unit` is empty for a probability."""

    id: str
    label: str
    value: float
    unit: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class HeatmapGrid:
    """Where a map's cells lie: cell (0, 0) starts at `origin`, each spans `cell` level-0 pixels.

    Values are float32 of shape (rows, columns), kept beside the prediction; nan means not examined.
    """

    name: str
    label: str
    columns: int
    rows: int
    origin: Point
    cell: Size


@dataclass(frozen=True, slots=True)
class RankedRegion:
    """A region worth a look, the highest score first."""

    region: Region
    score: float


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A single thing that was found, such as a cell, with its class and its score from 0 to 1."""

    geometry: Geometry
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything that the numbers depend on. Two runs with equal `repeatable` facts give equal numbers.

    repeatable: input and weights sha256, model id and version, options, resampling, device, backend,
    batch size, threads, seed, application and library versions. circumstances: time, duration, host facts.
    """

    repeatable: Mapping[str, Any] = field(default_factory=dict)
    circumstances: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One run of one model on one input."""

    id: RunId
    model_id: str
    model_version: str
    scores: tuple[Score, ...] = ()
    heatmaps: tuple[HeatmapGrid, ...] = ()
    regions: tuple[RankedRegion, ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: Provenance = Provenance()
    notice: str = RESEARCH_USE_ONLY
    objects: tuple[FoundObject, ...] = ()
