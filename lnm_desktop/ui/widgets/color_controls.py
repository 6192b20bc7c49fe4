"""Brightness, contrast, gamma, saturation, stain view and colour profile of what is shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from lnm_desktop.domain.image import ImageInfo, ImageKind
from lnm_desktop.ui.viewer.view_state import Look, StainView
from lnm_desktop.ui.widgets.number_slider import NumberSlider, Span
from lnm_desktop.ui.widgets.parts import button, column, label, row

_STAINS = {
    StainView.ALL: "All colours",
    StainView.HAEMATOXYLIN: "Haematoxylin",
    StainView.EOSIN: "Eosin",
    StainView.DAB: "DAB",
    StainView.RESIDUAL: "Residual",
}
_STAIN_WORDS = "Stain vectors of Ruifrok and Johnston (2001): a view, not a measurement."
_NO_PROFILE = "The file holds no colour profile."


class ColorControls(QWidget):
    """`look_changed` gives a Look with each step of the hand."""

    look_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.brightness = NumberSlider("Brightness", Span(-1.0, 1.0, 0.0), "Added to every colour")
        self.contrast = NumberSlider("Contrast", Span(0.25, 4.0, 1.0, multiplies=True), "Multiplied around mid grey")
        self.gamma = NumberSlider("Gamma", Span(0.25, 4.0, 1.0, multiplies=True), "Above 1 brightens the dark")
        self.saturation = NumberSlider("Saturation", Span(0.0, 3.0, 1.0), "0 is grey")
        self.reset = button("Reset colours", "Show the colours as they are in the file")
        self.stain = QComboBox()
        for stain, words in _STAINS.items():
            self.stain.addItem(words, stain)
        self.stain.setAccessibleName("Stain view")
        self.profile = QCheckBox("Convert to sRGB by the file's profile")
        self.profile_words = label("", "hint")
        self._arrange()
        self._connect()
        self.show_image(None)
        self.show_look(Look())

    def look_wanted(self) -> Look:
        """The look as set."""
        numbers = (self.brightness.value, self.contrast.value, self.gamma.value, self.saturation.value)
        return Look(*numbers, StainView(self.stain.currentData()), self.profile.isChecked())

    def show_image(self, info: ImageInfo | None) -> None:
        """Offer what has a meaning for this image: stains of a bright slide, the profile that it holds."""
        bright = info is not None and info.kind is ImageKind.SLIDE and not info.channels
        profile = info.icc if info is not None else ""
        self.stains.setVisible(bright)
        self.profiles.setVisible(bright)
        self.profile.setEnabled(bool(profile))
        self.profile_words.setText(f"Profile: {profile}" if profile else _NO_PROFILE)

    def show_look(self, look: Look) -> None:
        """Show a look without telling it."""
        self.brightness.set_value(look.brightness)
        self.contrast.set_value(look.contrast)
        self.gamma.set_value(look.gamma)
        self.saturation.set_value(look.saturation)
        for widget in (self.stain, self.profile):
            widget.blockSignals(True)
        self.stain.setCurrentIndex(self.stain.findData(look.stain))
        self.profile.setChecked(look.srgb)
        for widget in (self.stain, self.profile):
            widget.blockSignals(False)
        self._mark_reset()

    def _arrange(self) -> None:
        self.stains, self.profiles = QWidget(), QWidget()
        self.stains.setLayout(column(label("STAIN", "section"), self.stain, label(_STAIN_WORDS, "hint"), margin=0))
        self.profiles.setLayout(
            column(label("COLOUR PROFILE", "section"), self.profile, self.profile_words, margin=0)
        )
        sliders = (self.brightness, self.contrast, self.gamma, self.saturation)
        layout = column(label("COLOURS", "section"), *sliders, margin=0)
        layout.addLayout(row(None, self.reset))
        layout.addWidget(self.stains)
        layout.addWidget(self.profiles)
        self.setLayout(layout)

    def _connect(self) -> None:
        for slider in (self.brightness, self.contrast, self.gamma, self.saturation):
            slider.value_changed.connect(lambda _value: self._tell())
        self.stain.currentIndexChanged.connect(lambda _index: self._tell())
        self.profile.toggled.connect(lambda _on: self._tell())
        self.reset.clicked.connect(self._reset)

    def _reset(self) -> None:
        self.show_look(Look())
        self._tell()

    def _mark_reset(self) -> None:
        self.reset.setEnabled(self.look_wanted() != Look())

    def _tell(self) -> None:
        self._mark_reset()
        self.look_changed.emit(self.look_wanted())
