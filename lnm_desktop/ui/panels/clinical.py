"""A patient's clinical data: a form made from the schema, with its completeness."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from lnm_desktop.domain.clinical import ClinicalRecord, ClinicalSchema
from lnm_desktop.ui.theme.tokens import SPACE_M
from lnm_desktop.ui.widgets.clinical_field import ClinicalFieldEdit, field_edit
from lnm_desktop.ui.widgets.parts import column, label, scrolled


class ClinicalPanel(QWidget):
    """`value_given(field id, value)` follows each accepted change; the record comes back through `show_record`."""

    value_given = Signal(str, object)

    def __init__(self, schema: ClinicalSchema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.schema = schema
        self.fields: dict[str, ClinicalFieldEdit] = {field.id: field_edit(field) for field in schema.fields}
        self.count = label("", "heading")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, max(1, len(schema.fields)))
        self.empty = label("Open a case to enter what is known about the patient before surgery.", "hint")
        self.form = QWidget()
        self.form.setLayout(self._arrange())
        self.area = scrolled(self.form)
        for edit in self.fields.values():
            edit.accepted.connect(self.value_given)
        self.setLayout(column(self.count, self.bar, self.empty, self.area))
        self.show_record(None)

    def show_record(self, record: ClinicalRecord | None) -> None:
        """Show a case's record; None where no case is open."""
        for widget in (self.count, self.bar, self.area):
            widget.setVisible(record is not None)
        self.empty.setVisible(record is None)
        shown = record or ClinicalRecord()
        answered = shown.answered(self.schema)
        self.count.setText(f"{answered} of {len(self.schema.fields)} fields answered")
        self.bar.setValue(answered)
        for field_id, edit in self.fields.items():
            edit.show_value(shown.get(field_id))

    def show_field(self, record: ClinicalRecord, field_id: str) -> None:
        """Show one changed field; what stands half typed in the others stays."""
        answered = record.answered(self.schema)
        self.count.setText(f"{answered} of {len(self.schema.fields)} fields answered")
        self.bar.setValue(answered)
        self.fields[field_id].show_value(record.get(field_id))

    def _arrange(self) -> QVBoxLayout:
        layout = column(margin=0, spacing=SPACE_M)
        for section, fields in groupby(self.schema.fields, key=lambda field: field.section):
            if section:
                layout.addWidget(label(section.upper(), "section"))
            for field in fields:
                layout.addWidget(self.fields[field.id])
        layout.addStretch(1)
        return layout
