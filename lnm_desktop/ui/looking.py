"""How the active pane is looked at: overview, turn, magnification and place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from lnm_desktop.domain.geometry import Point
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.explaining import Explaining
from lnm_desktop.ui.pane_links import PaneLinks
from lnm_desktop.ui.panes import Seat
from lnm_desktop.ui.showing_look import ShowingLook
from lnm_desktop.ui.widgets.go_to_dialog import GoToDialog
from lnm_desktop.ui.workbench import Workbench

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown

_NEED_IMAGE = ("zoom-1", "zoom-2", "zoom-exact", "go-to", "mirror", "upright")
_TURNS = {"rotate-left": -90, "rotate-right": 90, "rotate-left-1": -1, "rotate-right-1": 1}


class Looking(QObject):
    """Leads the actions and panels of looking to whichever pane is active."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        self._links = PaneLinks()
        self._go_to: GoToDialog | None = None
        self.showing = ShowingLook(bench.panels.look, bench)
        self.explaining = Explaining(actions, bench)
        bench.panes.activated.connect(self._use_seat)
        bench.current.image_changed.connect(self._image_changed)
        actions["navigator"].setChecked(True)
        actions["navigator"].triggered.connect(self._open_navigator)
        actions.on({"look": lambda: bench.window.show_panel("view")})
        actions.on({"zoom-exact": self._type_scale, "go-to": self._ask_place})
        self._connect_turns()
        self._image_changed()

    def _connect_turns(self) -> None:
        for action_id, degrees in _TURNS.items():
            self._on_pane(action_id, lambda pane, degrees=degrees: pane.rotate_by(degrees))
        self._on_pane("mirror", lambda pane: pane.mirror())
        self._on_pane("upright", _set_upright)

    def _on_pane(self, action_id: str, call: Callable[[ViewerPane], object]) -> None:
        self._actions.on({action_id: lambda: self._bench.pane and call(self._bench.pane)})

    def _use_seat(self, seat: Seat) -> None:
        """Another pane is the active one."""
        pane, frame = seat.pane, seat.frame
        if pane is None:
            return
        self._links.renew(
            (pane.navigator.open_changed, self._actions["navigator"].setChecked),
            (pane.moved, self._moved),
            (frame.scale.downsample_wanted, self._zoom_to),
            (frame.scale.left, lambda: pane.canvas_widget.setFocus(Qt.FocusReason.OtherFocusReason)),
            (frame.turn.clicked, self._actions["upright"].trigger),
        )
        self._actions["navigator"].setChecked(pane.navigator.is_open)

    def _image_changed(self) -> None:
        opened = self._bench.current.image is not None
        for action_id in (*_NEED_IMAGE, *_TURNS):
            self._actions[action_id].setEnabled(opened)
        if self._go_to is not None:
            self._go_to.close()

    def _open_navigator(self, is_open: bool) -> None:
        if self._bench.pane is not None:
            self._bench.pane.navigator.set_open(is_open)

    def _zoom_to(self, downsample: float) -> None:
        pane = self._bench.pane
        if pane is not None and pane.view is not None:
            pane.move_to(pane.view.center, downsample)

    def _type_scale(self) -> None:
        self._bench.panes.active.frame.scale.begin()

    def _ask_place(self) -> None:
        pane = self._bench.pane
        if pane is None or pane.view is None or pane.image_info is None:
            return
        if self._go_to is None:
            self._go_to = GoToDialog(self._bench.window)
            self._go_to.place_wanted.connect(self._go)
        self._go_to.show_image(pane.image_info.size, self._bench.current.calibration)
        self._go_to.show_center(pane.view.center)
        self._go_to.ask()

    def _go(self, place: Point) -> None:
        pane = self._bench.pane
        if pane is not None and pane.view is not None:
            pane.move_to(place, pane.view.downsample)

    def _moved(self) -> None:
        pane = self._bench.pane
        if self._go_to is not None and self._go_to.isVisible() and pane is not None and pane.view is not None:
            self._go_to.show_center(pane.view.center)


def _set_upright(pane: ViewerPane) -> None:
    """As it is in the file: neither mirrored nor turned."""
    if pane.view is not None and pane.view.mirrored:
        pane.mirror()
    pane.rotate_to(0.0)
