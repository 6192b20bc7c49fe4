"""The training's patients as aggregates: nothing that is kept tells of one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_clinical.features import Row
from lnm_clinical.plugin import FIELDS
from lnm_desktop.api import FieldRange, Population, RiskBand, ThresholdCount

PERCENTILES = (1, 5, 50, 95, 99)
BANDS = 10
LEAST_KNOWN = 10


def population_of(rows: Sequence[Row], labels: NDArray[np.int64], unseen: NDArray[np.float64]) -> Population:
    """Counts, percentiles, tenths by probability; `unseen` (n,) are the probabilities of unseen patients."""
    fields = {name: _range([row.get(name) for row in rows]) for name in FIELDS}
    seen = {name: known for name, known in fields.items() if known.known >= LEAST_KNOWN}
    return Population(len(rows), int(labels.sum()), seen, _bands(labels, unseen), _thresholds(labels, unseen))


def _range(values: Sequence[object]) -> FieldRange:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        numbers = np.array(known, float)
        return FieldRange(len(known), tuple(float(p) for p in np.percentile(numbers, PERCENTILES)))
    return FieldRange(len(known), (), dict(sorted(Counter(str(value) for value in known).items())))


def _bands(labels: NDArray[np.int64], unseen: NDArray[np.float64]) -> tuple[RiskBand, ...]:
    borders = np.quantile(unseen, np.linspace(0, 1, BANDS + 1))
    place = np.clip(np.searchsorted(borders, unseen, side="right") - 1, 0, BANDS - 1)
    return tuple(
        RiskBand(
            float(borders[band]),
            float(borders[band + 1]),
            int((place == band).sum()),
            int(labels[place == band].sum()),
        )
        for band in range(BANDS)
        if (place == band).any()
    )


def _thresholds(labels: NDArray[np.int64], unseen: NDArray[np.float64]) -> tuple[ThresholdCount, ...]:
    found = []
    for percent in range(1, 100):
        called = unseen >= percent / 100
        counts = int((called & (labels == 1)).sum()), int((called & (labels == 0)).sum())
        found.append(ThresholdCount(percent / 100, *counts))
    return tuple(found)
