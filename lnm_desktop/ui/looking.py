"""How the active pane is looked at: overview, turn, magnification, colours and facts of its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.pane_links import PaneLinks
from lnm_desktop.ui.showing_look import ShowingLook
from lnm_desktop.ui.workbench import Workbench

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown


class Looking(QObject):
    """Leads the actions and panels of looking to whichever pane is active."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        self._links = PaneLinks()
        self.showing = ShowingLook(bench.panels.look, bench)
        actions.on({"look": lambda: bench.window.show_panel("view")})
        bench.pane_changed.connect(self._use_pane)
        actions["navigator"].setChecked(True)
        actions["navigator"].triggered.connect(self._open_navigator)

    def _use_pane(self, pane: ViewerPane) -> None:
        """Another pane is the active one."""
        self._links.renew((pane.navigator.open_changed, self._actions["navigator"].setChecked))
        self._actions["navigator"].setChecked(pane.navigator.is_open)

    def _open_navigator(self, is_open: bool) -> None:
        if self._bench.pane is not None:
            self._bench.pane.navigator.set_open(is_open)
