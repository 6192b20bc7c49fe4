"""Case ▸ Case Details and Find Moved Files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt

from lnm_desktop.app.commands import ChangeCase, SetClinicalValue
from lnm_desktop.app.relink import Relinked, find_moved
from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import Case
from lnm_desktop.domain.clinical import Absent
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.formats.loaded import counted
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.case_dialog import CaseDialog
from lnm_desktop.ui.widgets.file_dialogs import ask_folder
from lnm_desktop.ui.workbench import Workbench

SIDE = "laterality"


class CaseDetails(QObject):
    """The side stands in the clinical record, everything else in the case."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._action = actions["case-details"]
        self._find = actions["find-moved"]
        actions.on({"case-details": self._show_open, "find-moved": self._ask_folder})
        bench.panels.cases.details_wanted.connect(lambda case_id: self.show(CaseId(case_id)))
        bench.current.case_changed.connect(self._refresh)
        bench.undo_changed.connect(self._refresh)
        self._refresh()

    def show(self, case_id: CaseId) -> None:
        """Show the details of a case."""
        session = self._bench.current.session
        if session is None:
            return
        case = session.case(case_id)
        slides = [image for image in session.images(case_id) if image.kind is ImageKind.SLIDE]
        sides = next((field.choices for field in session.schema.fields if field.id == SIDE), ())
        value = session.clinical(case_id).get(SIDE)
        dialog = CaseDialog(case, slides, sides, str(value) if value in sides else "", self._bench.window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.wanted.connect(lambda changed, side: self._save(session, case, changed, side if side in sides else ""))
        dialog.open()

    def _save(self, session: Session, case: Case, changed: Case, side: str) -> None:
        before = session.clinical(case.id).get(SIDE)
        after = side or (before if isinstance(before, Absent) else Absent.NOT_ASKED)

        def commit() -> None:
            if changed != case:
                session.execute(ChangeCase(changed))
            if after != before:
                session.execute(SetClinicalValue(case.id, SIDE, after))

        self._bench.notices.attempt(commit)

    def find_moved(self, folder: Path) -> None:
        """Look in a folder for the files of all images that have lost theirs."""
        session, bench = self._bench.current.session, self._bench
        if session is not None:
            bench.background.run(lambda: find_moved(session, folder), self._tell, bench.notices.error)

    def _tell(self, result: Relinked) -> None:
        missing = ", ".join(image.label for image in result.missing[:5])
        words = f"{counted(len(result.found), 'file')} found again among {result.looked_at:,}."
        if result.missing:
            self._bench.notices.warn(words, f"Still missing: {missing}{' …' if len(result.missing) > 5 else ''}.")
        else:
            self._bench.notices.info(words, "No image of this workspace is without its file.")

    def _ask_folder(self) -> None:
        ask_folder(self._bench.window, "Find Moved Files", self.find_moved)

    def _show_open(self) -> None:
        if self._bench.current.case is not None:
            self.show(self._bench.current.case.id)

    def _refresh(self) -> None:
        session = self._bench.current.session
        writable = session is not None and not session.read_only
        self._find.setEnabled(writable)
        self._action.setEnabled(writable and self._bench.current.case is not None)
