"""The stage of the open case's lymph nodes, worked out beside the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from shiboken6 import isValid

from lnm_desktop.app.lesions import GroupUses
from lnm_desktop.app.session import Session
from lnm_desktop.app.staging import BY_NAME, StageReport, stage_case
from lnm_desktop.domain.case import Case
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

        def again(dialog: StageDialog, report: StageReport) -> None:
            if isValid(dialog):  # it may have been closed meanwhile
                dialog.show_report(report)

        def show(report: StageReport) -> None:
            dialog = StageDialog(case.pseudonym, report, self._bench.window)
            dialog.uses_wanted.connect(
                lambda uses: self._work_out(session, case, uses, lambda new: again(dialog, new))
            )
            dialog.show()

        self._work_out(session, case, BY_NAME, show)

    def _work_out(self, session: Session, case: Case, uses: GroupUses, show: Callable[[StageReport], None]) -> None:
        pixel_size = self._bench.opening.pixel_size
        self._bench.background.run(
            lambda: stage_case(session, case.id, pixel_size, uses), show, self._bench.notices.error
        )
