"""The stage of the open case's lymph nodes, worked out beside the window."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lnm_desktop.app.staging import StageReport, stage_case
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.stage_dialog import StageDialog
from lnm_desktop.ui.workbench import Workbench


class Staging(QObject):
    """Case ▸ Stage Lymph Nodes."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._action = actions["stage"]
        self._bench = bench
        actions.on({"stage": self._stage})
        bench.current.case_changed.connect(self._refresh)
        bench.current.image_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self._action.setEnabled(self._bench.current.case is not None)

    def _stage(self) -> None:
        session, case = self._bench.current.session, self._bench.current.case
        if session is None or case is None:
            return

        def show(report: StageReport) -> None:
            StageDialog(case.pseudonym, report, self._bench.window).show()

        self._bench.background.run(
            lambda: stage_case(session, case.id, self._bench.opening.pixel_size), show, self._bench.notices.error
        )
