"""A patient's nodes: what was measured, what it makes of them, and the notes that belong to it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from lnm_desktop.app.staging import NodeReport, StageReport
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.widgets.parts import label

COLUMNS = ("Node", "Class", "Longest, mm", "Area, mm²", "Group", "Why")


class StageDialog(TableDialog):
    """One line for each lesion; a node without one has a line too."""

    def __init__(self, pseudonym: str, report: StageReport, parent: QWidget) -> None:
        rows = [row for node in report.nodes for row in _rows(node)]
        super().__init__(f"Stage of the Lymph Nodes: {pseudonym}", COLUMNS, rows, parent)
        self.stage = label(report.patient.stage, "title")
        self.reason = label(f"{report.patient.reason}.")
        self.notes = label("\n".join(f"{node.node}: {note}" for node in report.nodes for note in node.notes), "hint")
        self.notes.setVisible(bool(self.notes.text()))
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        for place, words in enumerate((self.stage, self.reason, label(RESEARCH_USE_ONLY, "warn"))):
            layout.insertWidget(place, words)
        layout.insertWidget(layout.count() - 1, self.notes)


def _rows(node: NodeReport) -> list[tuple[str, ...]]:
    if not node.lesions:
        return [(node.node, node.kind.value, "", "", "", "no lesion outlined")]
    return [
        (
            node.node,
            found.lesion.kind.value,
            f"{found.lesion.longest_mm:.3f}",
            f"{found.lesion.area_mm2:.3f}",
            found.group,
            found.lesion.reason,
        )
        for found in node.lesions
    ]
