"""How the open image is shown: colours, stains, profile, channels, grey values; never what models see."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from lnm_desktop.domain.image import ImageInfo, Photometric
from lnm_desktop.ui.theme.tokens import SPACE_M
from lnm_desktop.ui.widgets.channel_rows import ChannelRows
from lnm_desktop.ui.widgets.color_controls import ColorControls
from lnm_desktop.ui.widgets.parts import column, label, scrolled
from lnm_desktop.ui.widgets.window_controls import WindowControls

_EMPTY = "Open an image to set how it is shown."
_DISPLAY_ONLY = "Changes the display only; models see the file's pixels."


class LookPanel(QWidget):
    """Three groups of controls, of which those show that have a meaning for the open image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label(_EMPTY, "hint")
        self.colors = ColorControls()
        self.channels = ChannelRows()
        self.window_controls = WindowControls()
        content = QWidget()
        parts = (self.words, self.window_controls, self.channels, self.colors)
        layout = column(*parts, spacing=SPACE_M)
        layout.addStretch(1)
        content.setLayout(layout)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(content))
        self.show_image(None)

    def show_image(self, info: ImageInfo | None) -> None:
        """Another image, or none; how it is shown follows through the parts."""
        is_scan = info is not None and info.photometric is Photometric.GREY and not info.channels
        self.words.setText(_DISPLAY_ONLY if info is not None else _EMPTY)
        self.colors.show_image(info)
        self.colors.setVisible(info is not None and not is_scan)
        self.channels.show_channels(None, ())
        self.window_controls.show_image(info)
        self.window_controls.show_window(None, inverted=False)
