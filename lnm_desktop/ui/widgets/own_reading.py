"""Reading first: the reader states a probability before the model's is shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from lnm_desktop.domain.reading import Reading
from lnm_desktop.ui.widgets.number_slider import NumberSlider, Span
from lnm_desktop.ui.widgets.parts import button, column, label, row


class OwnReading(QWidget):
    """`switched` follows the check box, `given(probability)` the button."""

    switched = Signal()
    given = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first = QCheckBox("I read first")
        self.first.setToolTip("The model's number stays hidden until you have stated yours; both are kept")
        self.first.toggled.connect(lambda _on: self.switched.emit())
        self.estimate = NumberSlider("My estimate", Span(0.0, 1.0, 0.5), "Your own probability of metastasis", self)
        self.keep = button("Keep Mine, Show the Model", "Both go into the journal", "primary")
        self.keep.clicked.connect(lambda: self.given.emit(self.estimate.value))
        self.said = label("", "hint")
        self.entry = QWidget()
        entry = column(self.estimate, margin=0)
        entry.addLayout(row(self.keep, None))
        self.entry.setLayout(entry)
        self.setLayout(column(self.first, self.entry, self.said, margin=0))
        self.show_reading(None)

    def show_reading(self, reading: Reading | None) -> None:
        """What the reader said of this case, or that it is still to be said."""
        self.entry.setVisible(self.first.isChecked() and reading is None)
        self.said.setVisible(reading is not None)
        if reading is not None:
            self.said.setText(f"You said {100 * reading.probability:.0f}\u00a0% before a model was shown.")
