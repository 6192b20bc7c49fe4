"""A patient's case and the images that belong to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from lnm_desktop.domain.ids import CaseId, ImageId
from lnm_desktop.domain.image import ImageKind


class CaseStatus(StrEnum):
    """How far the work on a case has come."""

    OPEN = "open"
    IN_REVIEW = "in review"
    DONE = "done"


class Treatment(StrEnum):
    """What comes first; nodes examined after drugs mean something else than before."""

    UNKNOWN = "unknown"
    SURGERY_FIRST = "surgery first"
    NEOADJUVANT = "neoadjuvant"


_DATE = re.compile(r"(?:(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?)?")


@dataclass(frozen=True, slots=True)
class Case:
    """One patient under a pseudonym; `synthetic` marks made-up data wherever the case is shown.

    `diagnosed` is YYYY, YYYY-MM or YYYY-MM-DD, empty where it is not known; `nodes` names the lymph node that a slide
    shows, by the image's id. The side stands in the clinical record. Raises ValueError for another date or no name.
    """

    id: CaseId
    pseudonym: str
    created: str
    synthetic: bool = False
    status: CaseStatus = CaseStatus.OPEN
    treatment: Treatment = Treatment.UNKNOWN
    diagnosed: str = ""
    tags: tuple[str, ...] = ()
    nodes: tuple[tuple[ImageId, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.pseudonym.strip():
            raise ValueError("a case needs a pseudonym")
        if not _DATE.fullmatch(self.diagnosed):
            raise ValueError(f"{self.diagnosed!r} is no date of the form YYYY, YYYY-MM or YYYY-MM-DD")

    def node_of(self, image_id: ImageId) -> str:
        """The lymph node that an image shows; empty where nobody has named it."""
        return dict(self.nodes).get(image_id, "")

    def with_node(self, image_id: ImageId, node: str) -> Case:
        """The case with another node named for an image; an empty name takes it away."""
        named = {**dict(self.nodes), image_id: node.strip()}
        return replace(self, nodes=tuple((key, name) for key, name in named.items() if name))


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
