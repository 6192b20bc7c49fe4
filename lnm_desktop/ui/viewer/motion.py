"""How the view moves, to know what will be seen next."""

from __future__ import annotations

from lnm_desktop.domain.geometry import Point

AHEAD_S = 0.4
FORGOTTEN_S = 0.3


class Motion:
    """The speed of the view's middle, from its last two places."""

    def __init__(self) -> None:
        self._place: Point | None = None
        self._time_s = 0.0
        self._speed = (0.0, 0.0)

    def note(self, place: Point, time_s: float) -> None:
        """The view is here now; `time_s` of any steady clock."""
        if self._place is not None and 0 < time_s - self._time_s < FORGOTTEN_S:
            elapsed_s = time_s - self._time_s
            self._speed = ((place.x - self._place.x) / elapsed_s, (place.y - self._place.y) / elapsed_s)
        elif self._place != place:
            self._speed = (0.0, 0.0)
        self._place, self._time_s = place, time_s

    def ahead(self, time_s: float) -> tuple[float, float]:
        """How far the view will have moved soon, in level-0 pixels; nothing for a view that rests."""
        if time_s - self._time_s > FORGOTTEN_S:
            return 0.0, 0.0
        return self._speed[0] * AHEAD_S, self._speed[1] * AHEAD_S
