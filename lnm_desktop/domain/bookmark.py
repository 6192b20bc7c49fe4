"""A view of an image that a person wants to come back to, with a note that says why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.ids import BookmarkId, ImageId, new_id


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where to look: the level-0 point in the middle, level-0 pixels per screen pixel, and how the picture lies.

    `rotation_deg` turns clockwise after `mirrored` swapped left and right. `created` is UTC ISO 8601. Raises
    ValueError for a number that is not finite or a downsample that is not positive.
    """

    id: BookmarkId
    image_id: ImageId
    center: Point
    downsample: float
    rotation_deg: float = 0.0
    mirrored: bool = False
    note: str = ""
    author: str = ""
    created: str = ""

    def __post_init__(self) -> None:
        numbers = (self.center.x, self.center.y, self.downsample, self.rotation_deg)
        if not all(map(math.isfinite, numbers)) or self.downsample <= 0:
            raise ValueError(f"{numbers} is no view of an image")


def new_bookmark(image_id: ImageId, center: Point, downsample: float, **details: object) -> Bookmark:
    """A bookmark with a fresh id, stamped now. Raises ValueError."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    stamped = {"created": now, **details}
    return Bookmark(BookmarkId(new_id()), image_id, center, downsample, **stamped)  # type: ignore[arg-type]
