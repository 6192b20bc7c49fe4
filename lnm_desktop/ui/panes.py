"""Up to four panes, each with an image of its own; one of them is active, and everything else belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lnm_desktop.app.session import Change
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.domain.image import Calibration
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.current import Current, Slot
from lnm_desktop.ui.viewer.tools import DRAWING_TOOLS, Tool
from lnm_desktop.ui.widgets.pane_frame import PaneFrame
from lnm_desktop.ui.widgets.pane_grid import PaneGrid, PaneLayout

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown

# A canvas takes the window's thread for a moment: between two of them the hand gets through.
BUILD_PAUSE_MS = 60


@dataclass(eq=False)
class Seat:
    """One place of the grid: the frame, what is open there, and the pane once it is built.

    `shown` is what the pane shows, `met` whether the panels have shown the image yet, `turn` counts the wishes to
    open something here, so that the latest one wins, and `waiting` those that are under way.
    """

    frame: PaneFrame
    slot: Slot = field(default_factory=Slot)
    pane: ViewerPane | None = None
    shown: tuple[ImageReader, Calibration] | None = None
    met: bool = False
    turn: int = 0
    waiting: int = 0

    @property
    def is_free(self) -> bool:
        """True where nothing is open and nothing is on its way."""
        return self.slot.image is None and not self.waiting


class Panes(QObject):
    """The seats in reading order. `make` builds a further pane; it is None until the first one is there.

    `cache_bytes` is what all panes together may keep of tiles; None leaves each its own.

    Signals: activated(Seat) as soon as another pane is the active one or the active one is built, furnished(Seat)
    for each new pane, image_shown(Seat), leaving(Seat) before a pane's image goes, arranged(), dropped(Seat, paths).
    """

    activated = Signal(object)
    furnished = Signal(object)
    image_shown = Signal(object)
    leaving = Signal(object)
    arranged = Signal()
    closed = Signal()
    dropped = Signal(object, object)
    open_wanted = Signal()

    def __init__(self, grid: PaneGrid, current: Current) -> None:
        super().__init__(grid)
        self._grid = grid
        self._current = current
        self._tool = Tool.MOVE
        self._pointing = False
        self._snaps = False
        self._annotations_visible = True
        self.make: Callable[[], ViewerPane] | None = None
        self.cache_bytes: int | None = None
        self.layout = PaneLayout.ONE
        self.active = self._new_seat(current.slot)
        self.seats = [self.active]
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._build_one)
        self._show_layout()

    # -- places

    def use_pane(self, pane: ViewerPane) -> None:
        """The first pane is built, or another one takes the active one's place."""
        self._furnish(self.active, pane)
        self.activated.emit(self.active)
        self._later.start(BUILD_PAUSE_MS)

    def arrange(self, layout: PaneLayout) -> None:
        """Have so many panes. The active one stays, then those with an image; the others are closed."""
        self.layout = layout
        kept = sorted(self.seats, key=lambda seat: (seat is not self.active, seat.slot.image is None))[
            : layout.places
        ]
        for seat in [seat for seat in self.seats if seat not in kept]:
            self._leave(seat)
        while len(self.seats) < layout.places:
            self.seats.append(self._new_seat(Slot()))
        self._show_layout()
        self.arranged.emit()
        self._later.start(BUILD_PAUSE_MS)

    def activate(self, seat: Seat) -> None:
        """Make a pane the active one; a shape in the making is finished in the one before, or given up."""
        if seat is self.active or seat not in self.seats or self.make is None:
            return
        self._build(seat)
        if self.active.pane is not None:
            self.active.pane.set_tool(Tool.MOVE)
        self.active = seat
        another_case = self._current.use(seat.slot)
        self._grid.mark(seat.frame)
        self._hand_tool()
        self.activated.emit(seat)
        self._current.tell(another_case=another_case)

    def activate_next(self) -> None:
        """The next pane in reading order is the active one."""
        place = self.seats.index(self.active)
        self.activate(self.seats[(place + 1) % len(self.seats)])

    def free_seats(self) -> list[Seat]:
        """The empty panes, in reading order."""
        return [seat for seat in self.seats if seat.is_free]

    def built(self) -> list[ViewerPane]:
        """Every pane that is there."""
        return [seat.pane for seat in self.seats if seat.pane is not None]

    def showing(self, image: CaseImage) -> list[ViewerPane]:
        """Every pane that shows this image."""
        seats = (seat for seat in self.seats if seat.slot.image is not None and seat.slot.image.id == image.id)
        return [seat.pane for seat in seats if seat.pane is not None]

    @property
    def settled(self) -> bool:
        """True when every pane is built."""
        return all(seat.pane is not None for seat in self.seats)

    # -- images

    def open_in(self, seat: Seat, image: CaseImage, reader: ImageReader) -> None:
        """Show an image in a pane; the one before is closed. Raises StoreError."""
        self.leaving.emit(seat)
        seat.met = False
        if seat is self.active:
            self._current.open_image(image, reader)
            return
        before = seat.slot.put(image, reader)
        self._show_beside(seat)
        if before is not None:
            before.close()

    def close_active(self) -> None:
        """Close the active pane's image; a pane that is empty already goes."""
        self.close_in(self.active)

    def close_in(self, seat: Seat) -> None:
        """Close a pane's image; a pane that is empty already goes."""
        if seat.is_free and len(self.seats) > 1:
            self._remove_empty(seat)
        else:
            self._empty(seat)

    def show(self, seat: Seat) -> bool:
        """Let a pane show what is open there; False where it does so already."""
        image, reader, calibration = seat.slot.image, seat.slot.reader, seat.slot.calibration
        if seat.pane is None or image is None or reader is None:
            return False
        self.entitle(seat)
        if seat.shown == (reader, calibration):
            return False
        seat.pane.show_image(reader, image.label, calibration)
        seat.shown = (reader, calibration)
        self.image_shown.emit(seat)
        return True

    def entitle(self, seat: Seat) -> None:
        """Write a pane's head, or the words of an empty one."""
        image, session = seat.slot.image, self._current.session
        if image is None or session is None:
            seat.frame.show_empty()
        else:
            seat.frame.show_image(image.label, synthetic=session.case(image.case_id).synthetic)

    def show_change(self, change: Change) -> None:
        """Draw anew what a committed change touched in the panes that are not active."""
        session = self._current.session
        for seat in self.seats:
            image = seat.slot.image
            if session is None or seat is self.active or image is None or image.id != change.image_id:
                continue
            if change.what == "images":
                seat.slot.image = session.image(image.id)
                self._show_beside(seat)
            elif seat.pane is not None and change.what in ("annotations", "groups"):
                drawn = session.annotations(image.id)
                if change.what == "annotations" and change.ids:
                    seat.pane.apply_annotations(drawn, [AnnotationId(known) for known in change.ids])
                else:
                    seat.pane.show_annotations(drawn)

    # -- what all panes share

    def set_theme(self, theme: str) -> None:
        """ "dark" or "light"."""
        for pane in self.built():
            pane.set_theme(theme)

    def set_annotations_visible(self, visible: bool) -> None:
        """Show or hide what is drawn, everywhere."""
        self._annotations_visible = visible
        for pane in self.built():
            pane.set_annotations_visible(visible)

    def set_tool(self, tool: Tool) -> None:
        """What the left button does in the active pane; in the others it moves the picture."""
        self._tool = tool
        self._hand_tool()

    def set_snapping(self, snaps: bool) -> None:
        """Vertices stick to outlines near by, in every pane."""
        self._snaps = snaps
        for pane in self.built():
            pane.set_snapping(snaps)

    def set_pointing(self, pointing: bool) -> None:
        """While places are pointed out the left button draws nothing."""
        self._pointing = pointing
        self._hand_tool()

    def close(self) -> None:
        """Let every pane and reader go."""
        self._later.stop()
        for seat in self.seats:
            if seat.pane is not None:
                seat.pane.close()
            seat.slot.close()

    # -- how it comes about

    def _new_seat(self, slot: Slot) -> Seat:
        seat = Seat(PaneFrame(self._grid), slot)
        seat.frame.on_press = partial(self._pressed, seat)
        seat.frame.files_dropped.connect(partial(self.dropped.emit, seat))
        seat.frame.open_wanted.connect(self.open_wanted)
        seat.frame.close_wanted.connect(partial(self.close_in, seat))
        return seat

    def _pressed(self, seat: Seat, pressed: QObject) -> bool:
        """A press in another pane makes it active; with a tool that draws a press on the canvas does nothing else."""
        if seat is self.active:
            return False
        self.activate(seat)
        on_canvas = seat.pane is not None and pressed is seat.pane.canvas_widget
        return on_canvas and self._tool in DRAWING_TOOLS and not self._pointing

    def _hand_tool(self) -> None:
        if self.active.pane is not None:
            self.active.pane.set_tool(Tool.MOVE if self._pointing else self._tool)

    def _show_layout(self) -> None:
        self._grid.arrange(self.layout, [seat.frame for seat in self.seats])
        self._grid.mark(self.active.frame)

    def _build_one(self) -> None:
        """One pane, then a pause."""
        seat = next((seat for seat in self.seats if seat.pane is None), None)
        if seat is not None and self.make is not None:
            self._build(seat)
            self._later.start(BUILD_PAUSE_MS)

    def _build(self, seat: Seat) -> None:
        if seat.pane is None and self.make is not None:
            self._furnish(seat, self.make())
            self._show_beside(seat)

    def _furnish(self, seat: Seat, pane: ViewerPane) -> None:
        seat.pane = pane
        seat.shown = None
        seat.frame.set_pane(pane)
        pane.set_snapping(self._snaps)
        if not self._annotations_visible:
            pane.set_annotations_visible(False)
        pane.view_changed.connect(lambda view: seat.frame.show_view(view, seat.slot.calibration))
        pane.files_dropped.connect(partial(self.dropped.emit, seat))
        self._share_cache()
        self.furnished.emit(seat)

    def _share_cache(self) -> None:
        panes, total = self.built(), self.cache_bytes
        if total is not None:
            for pane in panes:
                pane.set_cache_bytes(total // len(panes))

    def _show_beside(self, seat: Seat) -> None:
        """In a pane that is not active the panels have no part."""
        session, image = self._current.session, seat.slot.image
        if self.show(seat) and seat.pane is not None and session is not None and image is not None:
            seat.pane.show_annotations(session.annotations(image.id))

    def _empty(self, seat: Seat) -> None:
        self.leaving.emit(seat)
        seat.turn += 1
        if seat.pane is not None:
            seat.pane.clear()
        seat.shown = None
        seat.slot.close()
        self.entitle(seat)
        if seat is self.active:
            self._current.tell(another_case=False)

    def _remove_empty(self, seat: Seat) -> None:
        """Four become two, two become one: an empty pane goes, the active one never."""
        others = [other for other in self.seats if other is not seat]
        if seat is self.active:
            self.activate(next((other for other in others if other.slot.image is not None), others[0]))
        if self.layout is PaneLayout.FOUR:
            self.arrange(PaneLayout.BESIDE)
        else:
            self.arrange(PaneLayout.ONE)

    def _leave(self, seat: Seat) -> None:
        """Reader, canvas and frame go; what is still being read for it comes too late."""
        self.leaving.emit(seat)
        self.seats.remove(seat)
        seat.turn += 1
        if seat.pane is not None:
            seat.pane.clear()
            seat.pane.close()
        seat.slot.close()
        seat.frame.hide()
        seat.frame.deleteLater()
        self._share_cache()
        self.closed.emit()
