"""The actions of View ▸ Panes, each led to what it does."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.pane_grid import PaneLayout
from lnm_desktop.ui.workbench import Workbench


class PaneActions(QObject):
    """Keeps layout and linking, as the menu shows them, what they are."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        panes = bench.panes
        actions.on({f"panes-{layout.value}": partial(panes.arrange, layout) for layout in PaneLayout})
        actions.on({"next-pane": panes.activate_next, "close-image": panes.close_active})
        actions.on({"match-points": bench.matching.start, "cancel": bench.matching.cancel})
        actions["sync-panes"].triggered.connect(bench.sync.switch)
        bench.sync.switched.connect(actions["sync-panes"].setChecked)
        panes.arranged.connect(self.refresh)
        bench.current.image_changed.connect(self.refresh)
        bench.matching.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Enable what can be done now."""
        panes, actions = self._bench.panes, self._actions
        actions[f"panes-{panes.layout.value}"].setChecked(True)
        several = len(panes.seats) > 1
        actions["close-image"].setEnabled(several or panes.active.slot.image is not None)
        for action_id in ("next-pane", "sync-panes", "match-points"):
            actions[action_id].setEnabled(several)
        if self._bench.matching.is_on:
            actions["cancel"].setEnabled(True)
