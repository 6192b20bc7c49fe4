"""Two points in each pane, pointed out by the hand, tell how serial sections lie on each other."""

from __future__ import annotations

import math
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from lnm_desktop.domain.geometry import Point
from lnm_desktop.ui.notices import Notices
from lnm_desktop.ui.pane_sync import PaneSync
from lnm_desktop.ui.panes import Panes, Seat
from lnm_desktop.ui.viewer.linking import Similarity, by_two_points, scale_between

CLICK_PX = 4.0
APART_PX = 40.0
MUCH = 1.15
_WORDS = (
    "Click a spot that the other sections show too (point 1 of 2). Esc gives up.",
    "Click a second spot, far from the first (point 2 of 2).",
    "Both points are set; a further click begins anew here.",
)
_OR_ENTER = " Enter leaves out the panes without points."
_TOO_NEAR = "That is too near to the first point: click a spot farther away (point 2 of 2)."


class PaneMatching(QObject):
    """Guides through the clicks; `changed()` follows when it begins and ends. A drag still moves the picture."""

    changed = Signal()

    def __init__(self, panes: Panes, sync: PaneSync, notices: Notices) -> None:
        super().__init__(panes)
        self._panes = panes
        self._sync = sync
        self._notices = notices
        self._points: dict[Seat, list[Point]] = {}
        self._press: QPointF | None = None
        panes.leaving.connect(self._leave)

    @property
    def is_on(self) -> bool:
        """True while points are asked for."""
        return bool(self._points)

    def start(self) -> None:
        """Ask for two points in every pane that shows an image; panes move by themselves meanwhile."""
        self.cancel()
        seats = [seat for seat in self._panes.seats if seat.pane is not None and seat.slot.image is not None]
        if len(seats) < 2:
            self._notices.warn("Matching needs two images.", "Open an image in a second pane first.")
            return
        self._sync.switch(False)
        self._points = {seat: [] for seat in seats}
        self._panes.set_pointing(True)
        for seat in seats:
            if seat.pane is not None:
                seat.pane.canvas_widget.installEventFilter(self)
            self._guide(seat)
        self.changed.emit()

    def cancel(self) -> None:
        """Give up; the panes are left as they are."""
        seats, self._points = list(self._points), {}
        for seat in seats:
            seat.frame.show_guide("")
            if seat.pane is not None:
                seat.pane.canvas_widget.removeEventFilter(self)
                seat.pane.show_numbers(())
        if seats:
            self._panes.set_pointing(False)
            self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """A press and its release at one place are a click; all mouse events go on to the canvas."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress and cast(QKeyEvent, event).key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
            return True
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
            mouse = cast(QMouseEvent, event)
            if mouse.button() == Qt.MouseButton.LeftButton:
                self._hear(watched, kind, mouse.position())
        return False

    def _hear(self, canvas: QObject, kind: QEvent.Type, place: QPointF) -> None:
        if kind == QEvent.Type.MouseButtonPress:
            self._press = place
            return
        press, self._press = self._press, None
        if press is None or math.hypot(place.x() - press.x(), place.y() - press.y()) > CLICK_PX:
            return
        for seat in self._points:
            if seat.pane is not None and seat.pane.canvas_widget is canvas:
                self._add(seat, seat.pane.point_at(place))
                return

    def _add(self, seat: Seat, point: Point) -> None:
        points = self._points[seat]
        pane = seat.pane
        place = pane.view_place if pane is not None else None
        if pane is None or place is None:
            return
        if len(points) == 1 and _distance(points[0], point) < APART_PX * place.downsample:
            seat.frame.show_guide(_TOO_NEAR)
            return
        self._points[seat] = [point] if len(points) == 2 else [*points, point]
        pane.show_numbers(self._points[seat])
        self._guide(seat)
        if all(len(given) == 2 for given in self._points.values()):
            self._finish()

    def _guide(self, seat: Seat) -> None:
        set_already = len(self._points[seat])
        can_leave_out = set_already == 2 and len(self._points) > 2
        seat.frame.show_guide(_WORDS[set_already] + (_OR_ENTER if can_leave_out else ""))

    def _finish(self) -> None:
        """Link the panes that have their points, once there are two of them."""
        given = {seat: (points[0], points[1]) for seat, points in self._points.items() if len(points) == 2}
        if len(given) < 2:
            return
        first = self._panes.active if self._panes.active in given else next(iter(given))
        ways = {
            s: by_two_points(given[s], given[first], mirrored=_mirrored(s, first)) for s in given if s is not first
        }
        self.cancel()
        self._sync.link(first, ways)
        self._notices.info(
            f"{len(given)} panes move together.", " ".join(_told(s, first, w) for s, w in ways.items())
        )

    def _leave(self, seat: Seat) -> None:
        if seat in self._points:
            self.cancel()


def _mirrored(seat: Seat, first: Seat) -> bool:
    """Two points cannot tell; what was flipped by hand was flipped for a reason."""
    places = [one.pane.view_place if one.pane is not None else None for one in (seat, first)]
    return len({place.mirrored for place in places if place is not None}) == 2


def _told(seat: Seat, first: Seat, way: Similarity) -> str:
    """What the points say, and a warning where that is far from what the pixel sizes say."""
    name = seat.slot.image.label if seat.slot.image is not None else ""
    stated = scale_between(seat.slot.calibration, first.slot.calibration)
    ratio = way.scale / stated
    words = f"{name}: turned by {way.rotation_deg:.1f}°, enlarged {ratio:.2f}×."
    known = seat.slot.calibration.is_known and first.slot.calibration.is_known
    odd = known and not 1 / MUCH < ratio < MUCH
    return f"{words} The pixel sizes say otherwise: are the points the same spots?" if odd else words


def _distance(a: Point, b: Point) -> float:
    return math.hypot(a.x - b.x, a.y - b.y)
