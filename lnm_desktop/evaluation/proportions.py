"""Confidence interval of a proportion."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class ProportionInterval:
    """A proportion with its Wilson interval; all nan where nothing was counted."""

    successes: int
    total: int
    proportion: float
    lower: float
    upper: float
    level: float


def wilson_interval(successes: int, total: int, level: float = 0.95) -> ProportionInterval:
    """Return the score interval of Wilson 1927 (JASA 22:209), without continuity correction."""
    if not 0 <= successes <= total:
        raise ValueError(f"successes must lie between 0 and the total {total}, not {successes}")
    if not 0.0 < level < 1.0:
        raise ValueError(f"the confidence level must lie between 0 and 1, not {level}")
    if total == 0:
        nan = float("nan")
        return ProportionInterval(0, 0, nan, nan, nan, level)
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    share = successes / total
    centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    # At 0 and at `total` the bound is exact in theory; rounding must not push it past the proportion.
    lower = 0.0 if successes == 0 else max(centre - half, 0.0)
    upper = 1.0 if successes == total else min(centre + half, 1.0)
    return ProportionInterval(successes, total, share, lower, upper, level)
