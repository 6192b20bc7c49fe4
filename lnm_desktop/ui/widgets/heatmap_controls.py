"""How the model's map is laid over the image."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QWidget

from lnm_desktop.domain.colormaps import COLORMAPS
from lnm_desktop.ui.viewer.legend import Legend
from lnm_desktop.ui.viewer.view_state import HeatmapStyle
from lnm_desktop.ui.widgets.parts import column, label, row


class HeatmapControls(QWidget):
    """`style_changed` gives a HeatmapStyle; `map_chosen` the name of another map of the run."""

    style_changed = Signal(object)
    map_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        start = HeatmapStyle()
        self.maps = QComboBox()
        self.maps.setAccessibleName("Map")
        self.shown = QCheckBox("Show the map (O)")
        self.shown.setChecked(start.visible)
        self.opacity, self._opacity_words = _slider("Opacity", start.opacity), label("", "hint", wrap=False)
        self.threshold, self._threshold_words = _slider("Clear below", start.threshold), label("", "hint", wrap=False)
        self.colormap = QComboBox()
        self.colormap.addItems(list(COLORMAPS))
        self.colormap.setCurrentText(start.colormap)
        self.colormap.setAccessibleName("Colour map")
        self.colormap.setToolTip("Perceptually even colours; low values stay clear")
        self.legend = Legend()
        self._difference = False
        layout = column(self.shown, self.maps, margin=0)
        layout.addLayout(_line("Opacity", self.opacity, self._opacity_words))
        colors = row(label("Colours", wrap=False), self.colormap)
        colors.setStretch(1, 1)
        own = column(margin=0)
        own.addLayout(_line("Clear below", self.threshold, self._threshold_words))
        own.addLayout(colors)
        self._own = QWidget()
        self._own.setLayout(own)
        layout.addWidget(self._own)
        layout.addWidget(self.legend)
        self.setLayout(layout)
        self._connect()
        self._write_numbers()

    def style_wanted(self) -> HeatmapStyle:
        """The look as set."""
        return HeatmapStyle(
            self.shown.isChecked(),
            self.opacity.value() / 100,
            self.threshold.value() / 100,
            self.colormap.currentText(),
        )

    def show_maps(self, names: dict[str, str]) -> None:
        """Offer these maps (name to label); a single one needs no choice."""
        self.maps.blockSignals(True)
        self.maps.clear()
        for name, words in names.items():
            self.maps.addItem(words or name, name)
        self.maps.blockSignals(False)
        self.maps.setVisible(len(names) > 1)

    def show_difference(self, *, difference: bool) -> None:
        """The difference of two maps has colours and limits of its own; only its opacity can be set."""
        self.maps.setEnabled(not difference)
        self._own.setVisible(not difference)
        self._difference = difference
        self._write_numbers()

    def _connect(self) -> None:
        self.shown.toggled.connect(lambda _on: self._tell())
        self.opacity.valueChanged.connect(lambda _value: self._tell())
        self.threshold.valueChanged.connect(lambda _value: self._tell())
        self.colormap.currentIndexChanged.connect(lambda _index: self._tell())
        self.maps.currentIndexChanged.connect(lambda _index: self.map_chosen.emit(self.maps.currentData()))

    def set_threshold(self, threshold: float) -> None:
        """Start from a model's operating point."""
        self.threshold.setValue(round(threshold * 100))

    def _tell(self) -> None:
        self._write_numbers()
        self.style_changed.emit(self.style_wanted())

    def _write_numbers(self) -> None:
        self.legend.show_style(self.style_wanted(), signed=self._difference)
        self._opacity_words.setText(f"{self.opacity.value()} %")
        self._threshold_words.setText(f"{self.threshold.value() / 100:.2f}")


def _slider(name: str, value: float) -> QSlider:
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(0, 100)
    made.setValue(round(value * 100))
    made.setAccessibleName(name)
    return made


def _line(name: str, slider: QSlider, words: QLabel) -> QHBoxLayout:
    words.setMinimumWidth(42)
    words.setAlignment(Qt.AlignmentFlag.AlignRight)
    line = row(label(name, wrap=False), slider, words)
    line.setStretch(1, 1)
    return line
