"""A patient's case and the images that belong to it."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.domain.ids import CaseId, ImageId
from lnm_desktop.domain.image import ImageKind


@dataclass(frozen=True, slots=True)
class Case:
    """One patient under a pseudonym; `synthetic` marks made-up data wherever the case is shown."""

    id: CaseId
    pseudonym: str
    created: str
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class CaseImage:
    """A slide or series of a case. `user_mpp` is the user's pixel size where the file has none (0 = not given)."""

    id: ImageId
    case_id: CaseId
    kind: ImageKind
    path: str
    label: str
    fingerprint: str = ""
    user_mpp: float = 0.0
