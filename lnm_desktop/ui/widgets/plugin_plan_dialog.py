"""What an installation would change, before anybody agrees to it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from lnm_desktop.app.plugin_installing import CONSENT, Plan
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable


class PluginPlanDialog(QDialog):
    """`agreed(trust_as)` asks for the installation; the text is a name for the publisher's key, or empty."""

    agreed = Signal(str)

    def __init__(self, plan: Plan, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Install {plan.name}")
        self.resize(640, 440)
        self.table = TextTable(("Package", "Version", "As", "Size"))
        self.table.rows.set_rows([_row(number, plan) for number in range(len(plan.changes))])
        self.trust = QLineEdit()
        self.trust.setPlaceholderText("Trust this publisher's key from now on, as …")
        self.trust.setVisible(bool(plan.key) and not plan.trusted)
        self.cancel, self.install = button("Cancel"), button("Install", role="primary")
        self.install.setEnabled(not plan.problems)
        self.cancel.clicked.connect(self.reject)
        self.install.clicked.connect(self._agree)
        self._arrange(plan)

    def _arrange(self, plan: Plan) -> None:
        before = f", instead of {plan.before}" if plan.before else ""
        layout = column(
            label(f"{plan.name} {plan.version}{before}", "title"),
            label(f"Publisher: {plan.publisher or 'not named'}. Licence: {plan.licence or 'not stated'}."),
            label(f"Origin: {plan.signature}.", "" if plan.trusted else "warn"),
            self.trust,
            self.table,
        )
        layout.setStretch(4, 1)
        for problem in plan.problems:
            layout.addWidget(label(f"{problem[:1].upper()}{problem[1:]}.", "error"))
        layout.addWidget(label(CONSENT, "warn"))
        layout.addLayout(row(None, self.cancel, self.install))
        self.setLayout(layout)

    def _agree(self) -> None:
        self.agreed.emit(self.trust.text().strip())
        self.accept()


def _row(number: int, plan: Plan) -> Row:
    change = plan.changes[number]
    role = f"{change.role} {change.instead_of}".strip()
    size = Cell(f"{change.size_bytes / 1e6:.1f} MB", change.size_bytes)
    return Row(change.name, (Cell(change.name), Cell(change.version), Cell(role), size))
