"""A patient's nodes: what was measured, what it makes of them, and the notes that belong to it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QVBoxLayout, QWidget

from lnm_desktop.app.lesions import GroupUse, GroupUses
from lnm_desktop.app.staging import LESION_COLUMNS, StageReport, lesion_rows
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.widgets.parts import label


class StageDialog(TableDialog):
    """One line for each lesion; a node without one has a line too.

    `uses_wanted` asks for the stage anew with other GroupUses.
    """

    uses_wanted = Signal(object)

    def __init__(self, pseudonym: str, report: StageReport, parent: QWidget) -> None:
        super().__init__(f"Stage of the Lymph Nodes: {pseudonym}", LESION_COLUMNS, [], parent)
        self.stage, self.reason, self.notes = label("", "title"), label(), label("", "hint")
        self.uses: dict[str, QComboBox] = {}
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        for place, words in enumerate((self.stage, self.reason, label(RESEARCH_USE_ONLY, "warn"))):
            layout.insertWidget(place, words)
        layout.insertLayout(3, self._groups(report))
        layout.insertWidget(layout.count() - 1, self.notes)
        self.show_report(report)

    def show_report(self, report: StageReport) -> None:
        """Show what was worked out."""
        self.stage.setText(report.patient.stage)
        self.reason.setText(f"{report.patient.reason}.")
        self.show_rows(lesion_rows(report))
        self.notes.setText("\n".join(f"{node.node}: {note}" for node in report.nodes for note in node.notes))
        self.notes.setVisible(bool(self.notes.text()))

    def _groups(self, report: StageReport) -> QFormLayout:
        form = QFormLayout()
        for name, use in report.groups:
            choice = QComboBox()
            choice.setAccessibleName(f"What {name} holds")
            for other in GroupUse:
                choice.addItem(other.value.capitalize(), other)
            choice.setCurrentIndex(list(GroupUse).index(use))
            choice.currentIndexChanged.connect(lambda _place: self.uses_wanted.emit(self.chosen()))
            self.uses[name] = choice
            form.addRow(name, choice)
        return form

    def chosen(self) -> GroupUses:
        """What each group is, as stated here."""
        return GroupUses({name: GroupUse(choice.currentData()) for name, choice in self.uses.items()})
