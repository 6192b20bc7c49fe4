"""A risk in the words that window, report and command line share."""

from __future__ import annotations

from lnm_desktop.domain.clinical import ClinicalSchema, Value
from lnm_desktop.domain.risk import MissingField, Population, Risk, RiskBand
from lnm_desktop.evaluation.proportions import wilson_interval


def risk_words(risk: Risk) -> str:
    """As in "38 % (95 % interval 31–46 %)"."""
    ends = f"{100 * risk.lower:.0f}–{100 * risk.upper:.0f} %"
    return f"{100 * risk.probability:.0f} % (95 % interval {ends})"


def value_words(schema: ClinicalSchema, field: str, value: Value) -> str:
    """As in "Tumour size on imaging 22 mm"."""
    definition = schema.field(field)
    if isinstance(value, bool):
        return f"{definition.label}: {'yes' if value else 'no'}"
    shown = f"{value:g} {definition.unit}".strip() if isinstance(value, int | float) else str(value)
    return f"{definition.label}: {shown}"


def band_words(population: Population, probability: float, finding: str) -> str:
    """What became of the training's patients with about the same probability."""
    band = band_of(population, probability)
    if band is None:
        return ""
    share = wilson_interval(band.positive, band.patients)
    return (
        f"Of {band.patients} training patients who, unseen, were given {100 * band.low:.0f}–{100 * band.high:.0f} %, "
        f"{100 * share.proportion:.0f} % were {finding} ({100 * share.lower:.0f}–{100 * share.upper:.0f} %)."
    )


def band_of(population: Population, probability: float) -> RiskBand | None:
    """The band that a probability falls into; the outermost one beyond the ends."""
    if not population.bands:
        return None
    within = [band for band in population.bands if band.low <= probability <= band.high]
    if within:
        return within[-1]
    return population.bands[0] if probability < population.bands[0].low else population.bands[-1]


def missing_words(schema: ClinicalSchema, missing: MissingField) -> str:
    """As in "Grade: from 31 % (1) to 44 % (3)"."""
    ends = [f"{100 * missing.low:.0f} % ({_shown(missing.low_value)})"]
    ends.append(f"{100 * missing.high:.0f} % ({_shown(missing.high_value)})")
    return f"{schema.field(missing.field).label}: from {ends[0]} to {ends[1]}"


def threshold_words(population: Population, threshold: float, finding: str) -> str:
    """What acting from a threshold on would have meant for a hundred training patients, each judged unseen."""
    count = min(population.thresholds, key=lambda item: abs(item.threshold - threshold))
    reached = (count.positive + count.negative) / population.patients
    missed = population.positive - count.positive
    share = wilson_interval(missed, population.positive)
    return (
        f"From {100 * count.threshold:.0f} % on: of 100 training patients {100 * (1 - reached):.0f} would be spared "
        f"an axillary biopsy; {100 * share.proportion:.0f} % of the {finding} would be missed "
        f"({100 * share.lower:.0f}–{100 * share.upper:.0f} %)."
    )


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
