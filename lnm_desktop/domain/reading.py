"""An opinion on a case's lymph nodes: a reader's own, or what a model then showed to the reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lnm_desktop.domain.ids import CaseId, ReadingId


class Source(StrEnum):
    """Whose opinion it is."""

    READER = "reader"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Reading:
    """A probability of lymph node metastasis, 0 to 1; `model` is "id version" and empty for a reader's own.

    `author` is who gave it, or who was shown the model's. `created` is UTC ISO 8601. Raises ValueError for what is no
    probability.
    """

    id: ReadingId
    case_id: CaseId
    source: Source
    probability: float
    author: str
    created: str
    model: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"{self.probability} is no probability")
