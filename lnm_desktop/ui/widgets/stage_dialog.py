"""A patient's nodes: what was measured, what it makes of them, and the notes that belong to it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from lnm_desktop.app.staging import LESION_COLUMNS, StageReport, lesion_rows
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.widgets.parts import label


class StageDialog(TableDialog):
    """One line for each lesion; a node without one has a line too."""

    def __init__(self, pseudonym: str, report: StageReport, parent: QWidget) -> None:
        super().__init__(f"Stage of the Lymph Nodes: {pseudonym}", LESION_COLUMNS, lesion_rows(report), parent)
        self.stage = label(report.patient.stage, "title")
        self.reason = label(f"{report.patient.reason}.")
        self.notes = label("\n".join(f"{node.node}: {note}" for node in report.nodes for note in node.notes), "hint")
        self.notes.setVisible(bool(self.notes.text()))
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        for place, words in enumerate((self.stage, self.reason, label(RESEARCH_USE_ONLY, "warn"))):
            layout.insertWidget(place, words)
        layout.insertWidget(layout.count() - 1, self.notes)
