"""A case's details: what it is called, how far it has come, what is known of the patient's way, and its nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLineEdit, QWidget

from lnm_desktop.domain.case import Case, CaseImage, CaseStatus, Treatment
from lnm_desktop.ui.widgets.parts import button, column, label, row, scrolled

_UNKNOWN = "unknown"


class CaseDialog(QDialog):
    """`wanted(Case, side)` asks for what was typed; the side is empty where the clinical schema has none."""

    wanted = Signal(object, str)

    def __init__(
        self, case: Case, slides: Sequence[CaseImage], sides: Sequence[str], side: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Case Details: {case.pseudonym}")
        self.resize(460, 460)
        self._case = case
        self.pseudonym, self.diagnosed = QLineEdit(case.pseudonym), QLineEdit(case.diagnosed)
        self.tags = QLineEdit(", ".join(case.tags))
        self.status, self.treatment, self.side = QComboBox(), QComboBox(), QComboBox()
        self.nodes = {slide.id: QLineEdit(case.node_of(slide.id)) for slide in slides}
        self.problem = label("", "error")
        self.cancel, self.save = button("Cancel"), button("Save", role="primary")
        self._fill(sides, side)
        self._arrange({slide.id: slide.label for slide in slides}, has_side=bool(sides))
        self.cancel.clicked.connect(self.reject)
        self.save.clicked.connect(self._ask)

    def changed_case(self) -> Case:
        """The case as it was typed. Raises ValueError saying what is no date, or that there is no name."""
        tags = dict.fromkeys(tag.strip().lstrip("#") for tag in self.tags.text().split(","))
        changed = replace(
            self._case,
            pseudonym=self.pseudonym.text().strip(),
            status=CaseStatus(self.status.currentText()),
            treatment=Treatment(self.treatment.currentText()),
            diagnosed=self.diagnosed.text().strip(),
            tags=tuple(tag for tag in tags if tag),
        )
        for image_id, edit in self.nodes.items():
            changed = changed.with_node(image_id, edit.text())
        return changed

    def _ask(self) -> None:
        try:
            changed = self.changed_case()
        except ValueError as error:
            self.problem.setText(f"{str(error).capitalize()}.")
            self.problem.show()
            return
        self.wanted.emit(changed, self.side.currentText())
        self.accept()

    def _fill(self, sides: Sequence[str], side: str) -> None:
        self.status.addItems([status.value for status in CaseStatus])
        self.status.setCurrentText(self._case.status.value)
        self.treatment.addItems([treatment.value for treatment in Treatment])
        self.treatment.setCurrentText(self._case.treatment.value)
        self.side.addItems([_UNKNOWN, *sides])
        self.side.setCurrentText(side or _UNKNOWN)
        self.diagnosed.setPlaceholderText("YYYY, YYYY-MM or YYYY-MM-DD")
        self.tags.setPlaceholderText("Words divided by commas")
        self.pseudonym.setToolTip("A code that says nothing about the person, such as P-017")
        self.problem.hide()

    def _arrange(self, labels: dict[str, str], *, has_side: bool) -> None:
        form = QFormLayout()
        form.addRow("Pseudonym", self.pseudonym)
        form.addRow("Status", self.status)
        form.addRow("Tags", self.tags)
        form.addRow("Diagnosed", self.diagnosed)
        form.addRow("Treatment", self.treatment)
        if has_side:
            form.addRow("Side", self.side)
        nodes = QFormLayout()
        for image_id, edit in self.nodes.items():
            edit.setPlaceholderText("a node of its own")
            edit.setToolTip("Slides with the same name here are staged as one lymph node")
            nodes.addRow(labels[image_id], edit)
        inner = QWidget()
        inner.setLayout(nodes)
        layout = column()
        layout.addLayout(form)
        if self.nodes:
            layout.addWidget(label("LYMPH NODE OF EACH SLIDE", "section"))
            layout.addWidget(scrolled(inner), 1)
        layout.addWidget(self.problem)
        layout.addStretch(0)
        layout.addLayout(row(None, self.cancel, self.save))
        self.setLayout(layout)
