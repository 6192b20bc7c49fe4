"""Panes that move together: what one of them does, the others do in the same event."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.panes import Panes, Seat
from lnm_desktop.ui.viewer.linking import Links, Similarity, by_present_views, scale_between
from lnm_desktop.ui.viewer.view_state import ViewPlace


class PaneSync(QObject):
    """Links every pane that shows an image; `switched(bool)` tells whether they move together."""

    switched = Signal(bool)

    def __init__(self, panes: Panes, notices: Notices) -> None:
        super().__init__(panes)
        self._panes = panes
        self._notices = notices
        self._links: Links[Seat] = Links()
        self._moving = False
        self.is_on = False
        panes.furnished.connect(self._listen)
        panes.image_shown.connect(self._join)
        panes.leaving.connect(self._part)
        panes.arranged.connect(self._arranged)

    def switch(self, on: bool) -> None:
        """Move together from now on, with the offset there is; or each pane by itself."""
        self._end()
        if on:
            first = self._panes.active
            for seat in self._seats_to_link(first):
                self._links.join(seat, first if len(self._links) else None, self._present_way(seat, first))
            self._tell_missing_sizes()
            self._begin(first)

    def link(self, first: Seat, ways: Mapping[Seat, Similarity]) -> None:
        """Move together by these ways from each pane's image to that of the first."""
        self._end()
        self._links.join(first)
        for seat, way in ways.items():
            self._links.join(seat, first, way)
        self._begin(first)

    @property
    def linked(self) -> list[Seat]:
        """The panes that move together."""
        return [seat for seat in self._panes.seats if seat in self._links]

    def ways_from(self, seat: Seat) -> dict[Seat, Similarity]:
        """The ways from one pane's image to that of each pane that moves with it."""
        return self._links.others(seat)

    def _begin(self, first: Seat) -> None:
        self.is_on = True
        self.switched.emit(True)
        self._lead(first)

    def _end(self) -> None:
        self._ghost(self._panes.active, None)
        self._links.clear()
        if self.is_on:
            self.is_on = False
            self.switched.emit(False)

    def _seats_to_link(self, first: Seat) -> list[Seat]:
        """The active one first: the others take its magnification."""
        seats = [first, *(seat for seat in self._panes.seats if seat is not first)]
        return [seat for seat in seats if seat.pane is not None and seat.pane.view_place is not None]

    def _present_way(self, seat: Seat, first: Seat) -> Similarity:
        here, there = _place(seat), _place(first)
        if seat is first or here is None or there is None:
            return Similarity()
        return by_present_views(here, there, scale_between(seat.slot.calibration, first.slot.calibration))

    def _join(self, seat: Seat) -> None:
        """An image that comes in while others move together lies with its middle on theirs."""
        if not self.is_on:
            return
        self._links.leave(seat)
        known = next((other for other in [self._panes.active, *self.linked] if other in self._links), None)
        here, there = _info(seat), _info(known)
        if known is None or here is None or there is None:
            self._links.join(seat)
            return
        scale = scale_between(seat.slot.calibration, known.slot.calibration)
        way = by_present_views(ViewPlace(_middle(here), 1.0), ViewPlace(_middle(there), 1.0), scale)
        self._links.join(seat, known, way)
        self._lead(known)

    def _part(self, seat: Seat) -> None:
        self._ghost(seat, None)
        self._links.leave(seat)
        if seat.pane is not None:
            seat.pane.show_ghost(None)

    def _arranged(self) -> None:
        if len(self._panes.seats) < 2:
            self._end()

    def _listen(self, seat: Seat) -> None:
        if seat.pane is not None:
            seat.pane.moved.connect(lambda: self._lead(seat))
            seat.pane.cursor_moved.connect(lambda point: self._ghost(seat, point))

    def _lead(self, seat: Seat) -> None:
        """A pane has moved: the others follow. They tell that they moved too, and are not listened to meanwhile."""
        place = _place(seat) if not self._moving and seat in self._links else None
        if place is None:
            return
        self._moving = True
        try:
            for other, way in self._links.others(seat).items():
                if other.pane is not None:
                    other.pane.show_place(way.view(place))
        finally:
            self._moving = False

    def _ghost(self, seat: Seat, point: Point | None) -> None:
        if not self.is_on:
            return
        for other, way in self._links.others(seat).items():
            if other.pane is not None:
                other.pane.show_ghost(way.apply(point) if point is not None else None)
        if point is not None and seat.pane is not None:
            seat.pane.show_ghost(None)

    def _tell_missing_sizes(self) -> None:
        names = [s.slot.image.label for s in self.linked if s.slot.image and not s.slot.calibration.is_known]
        if names and len(self.linked) > 1:
            self._notices.warn(
                f"Linked pixel by pixel: the pixel size of {' and '.join(names)} is not known.",
                "View ▸ Panes ▸ Match by Two Points finds the scale from the pictures.",
            )


def _place(seat: Seat) -> ViewPlace | None:
    return seat.pane.view_place if seat.pane is not None else None


def _info(seat: Seat | None) -> ImageInfo | None:
    return seat.pane.image_info if seat is not None and seat.pane is not None else None


def _middle(info: ImageInfo) -> Point:
    return Point(info.size.width / 2, info.size.height / 2)
