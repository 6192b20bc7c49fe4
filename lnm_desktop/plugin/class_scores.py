"""One probability per class of a slide, a series, a record or a case, as scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.prediction import Score
from lnm_desktop.plugin.spec import ModelSpec


def class_scores(spec: ModelSpec, probabilities: NDArray[np.float32]) -> tuple[Score, ...]:
    """A score for each class, the last one, which is the finding, first; ids are the classes' names."""
    finding, point = spec.classes[-1], spec.operating_point
    meanings = {finding: f"The model calls it {finding} from the operating point {point:.3f} on."}
    named = zip(reversed(spec.classes), probabilities[::-1], strict=True)
    return tuple(
        Score(name, f"Probability of {name}", float(value), meaning=meanings.get(name, "")) for name, value in named
    )
