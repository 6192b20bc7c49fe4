"""The History panel: filled beside the window's thread, and led to what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer

from lnm_desktop.app.versions import Difference, summary
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.panels.history import HistoryPanel
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.workbench import Workbench

SOON_MS = 200
"""Strokes that follow each other are listed together."""


class History(QObject):
    """Adds the panel to the inspector and keeps it up to date while it is in sight."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.panel = HistoryPanel()
        bench.window.tabs.addTab(self.panel, "History")
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(SOON_MS)
        self._due.timeout.connect(self._read)
        actions.on({"panel-history": partial(bench.window.show_panel, "history")})
        bench.changed.connect(lambda _change: self._due.start())
        bench.current.case_changed.connect(self._due.start)
        bench.window.tabs.currentChanged.connect(lambda _place: self._due.start())
        self.panel.return_wanted.connect(self._return_to)
        self.panel.compare_wanted.connect(self._compare)

    def _case(self) -> CaseId | None:
        case = self._bench.current.case
        return case.id if case is not None and self._bench.current.session is not None else None

    def _read(self) -> None:
        session, case_id = self._bench.current.session, self._case()
        if session is None or case_id is None or self._bench.window.tabs.currentWidget() is not self.panel:
            return
        show, tell = self.panel.show_rows, self._bench.notices.error
        self._bench.background.run(lambda: session.history(case_id), show, tell)

    def _return_to(self, seq: int) -> None:
        session, case_id = self._bench.current.session, self._case()
        if session is None or case_id is None:
            return
        count = self._bench.notices.attempt(lambda: session.return_to(case_id, seq))
        if count == 0:
            self._bench.notices.info("The case is as it was then already.")

    def _compare(self, rows: Sequence[int]) -> None:
        session, case_id = self._bench.current.session, self._case()
        if session is None or case_id is None:
            return
        earlier, later = rows[0], rows[1] if len(rows) > 1 else None

        def work() -> tuple[Difference, ...]:
            return session.compare(case_id, earlier, later if later is not None else session.row_count)

        title = f"Row {earlier} and " + (f"row {later}" if later is not None else "now")
        self._bench.background.run(work, partial(self._show, title), self._bench.notices.error)

    def _show(self, title: str, found: tuple[Difference, ...]) -> None:
        cells = [(one.what, one.noun, one.name) for one in found]
        dialog = TableDialog(f"{title}: {summary(found)}", ("What", "Kind", "Name"), cells, self._bench.window)
        dialog.show()
