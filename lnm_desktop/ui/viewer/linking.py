"""From the places of one image to those of another: panes that move together are linked by this. No Qt here.

A place is a complex number, x + iy in level-0 pixels: with y pointing down a factor of e^(i·angle) turns clockwise.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration
from lnm_desktop.ui.viewer.view_state import ViewPlace

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Similarity:
    """Level-0 points of one image to those of another: mirrored left to right, enlarged and turned, then moved."""

    factor: complex = 1 + 0j
    shift: complex = 0j
    mirrored: bool = False

    @property
    def scale(self) -> float:
        """How many pixels of the other image one of this image is long."""
        return abs(self.factor)

    @property
    def rotation_deg(self) -> float:
        """How far it turns, in degrees clockwise."""
        return math.degrees(cmath.phase(self.factor))

    def apply(self, point: Point) -> Point:
        """Where a point lies in the other image."""
        place = self._linear(complex(point.x, point.y)) + self.shift
        return Point(place.real, place.imag)

    def inverse(self) -> Similarity:
        """The way back."""
        factor = 1 / (self.factor.conjugate() if self.mirrored else self.factor)
        back = Similarity(factor, 0j, self.mirrored)
        return Similarity(factor, -back._linear(self.shift), self.mirrored)

    def then(self, following: Similarity) -> Similarity:
        """This one, and the following one after it."""
        turned = self.factor.conjugate() if following.mirrored else self.factor
        shift = following._linear(self.shift) + following.shift
        return Similarity(following.factor * turned, shift, self.mirrored != following.mirrored)

    def view(self, place: ViewPlace) -> ViewPlace:
        """How the other image must be looked at so that the same lies at the same place of the screen."""
        mirrored = place.mirrored != self.mirrored
        turn = self.rotation_deg if mirrored else -self.rotation_deg
        rotation = (place.rotation_deg + turn) % 360.0
        return ViewPlace(self.apply(place.center), place.downsample * self.scale, rotation, mirrored)

    def _linear(self, place: complex) -> complex:
        return self.factor * (-place.conjugate() if self.mirrored else place)


def by_present_views(first: ViewPlace, second: ViewPlace, scale: float) -> Similarity:
    """What both panes have in the middle is the same place, and what points up on the screen the same direction."""
    mirrored = first.mirrored != second.mirrored
    degrees = first.rotation_deg - second.rotation_deg
    turn = cmath.rect(scale, math.radians(-degrees if second.mirrored else degrees))
    linear = Similarity(turn, 0j, mirrored)
    moved = linear.apply(first.center)
    return Similarity(turn, complex(second.center.x - moved.x, second.center.y - moved.y), mirrored)


def by_two_points(first: tuple[Point, Point], second: tuple[Point, Point], *, mirrored: bool = False) -> Similarity:
    """The one similarity that takes both points of the first image to those of the second.

    Raises ValueError where the two points of an image are one and the same.
    """
    (a1, a2), (b1, b2) = (tuple(complex(p.x, p.y) for p in pair) for pair in (first, second))
    if a1 == a2 or b1 == b2:
        raise ValueError("two points that differ are needed in each image")
    linear = Similarity(mirrored=mirrored)
    factor = (b2 - b1) / linear._linear(a2 - a1)
    return Similarity(factor, b1 - factor * linear._linear(a1), mirrored)


def scale_between(first: Calibration, second: Calibration) -> float:
    """Pixels of the second image per pixel of the first; 1 where a pixel size is unknown."""
    return first.mpp / second.mpp if first.is_known and second.is_known else 1.0


class Links(Generic[Key]):
    """Who moves with whom: each linked image with its way into the pixels that all of them share."""

    def __init__(self) -> None:
        self._to_shared: dict[Key, Similarity] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._to_shared

    def __len__(self) -> int:
        return len(self._to_shared)

    def join(self, key: Key, known: Key | None = None, to_known: Similarity | None = None) -> None:
        """Link an image by its way to one that is linked already; the first one has nobody to be linked to."""
        way = to_known or Similarity()
        self._to_shared[key] = way if known is None else way.then(self._to_shared[known])

    def leave(self, key: Key) -> None:
        """Move alone again; twice is allowed."""
        self._to_shared.pop(key, None)

    def clear(self) -> None:
        """All move alone again."""
        self._to_shared.clear()

    def others(self, key: Key) -> dict[Key, Similarity]:
        """The ways from one image to each that moves with it; none where it is not linked."""
        own = self._to_shared.get(key)
        if own is None:
            return {}
        return {other: own.then(way.inverse()) for other, way in self._to_shared.items() if other != key}
