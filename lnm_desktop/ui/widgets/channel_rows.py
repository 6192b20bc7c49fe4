"""Channels of a fluorescence image: which are shown, in which colour, over which range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QColorDialog, QDoubleSpinBox, QToolButton, QWidget

from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.ui.theme.icons import swatch
from lnm_desktop.ui.viewer.view_state import ChannelView
from lnm_desktop.ui.widgets.parts import button, clear_layout, column, label, row, tool_button

MOST_VALUE = 1e9
_WORDS = "Below the low value black, from the high value on the full colour."


class ChannelRow(QWidget):
    """One channel; `changed` follows the hand."""

    changed = Signal()

    def __init__(self, name: str, view: ChannelView, decimals: int) -> None:
        super().__init__()
        self._view = view
        self.visible = QCheckBox(name)
        self.visible.setChecked(view.visible)
        self.color: QToolButton = tool_button("", f"Colour of {name}")
        self.color.setAccessibleName(f"Colour of {name}")
        self.low = _number(f"Low value of {name}", view.low, decimals)
        self.high = _number(f"High value of {name}", view.high, decimals)
        self._show_color()
        first = row(self.visible, self.color)
        first.setStretch(0, 1)
        second = row(label("from", "hint", wrap=False), self.low, label("to", "hint", wrap=False), self.high)
        second.setStretch(1, 1)
        second.setStretch(3, 1)
        layout = column(margin=0, spacing=2)
        layout.addLayout(first)
        layout.addLayout(second)
        self.setLayout(layout)
        self.visible.toggled.connect(lambda _on: self.changed.emit())
        for number in (self.low, self.high):
            number.valueChanged.connect(lambda _value: self.changed.emit())
        self.color.clicked.connect(self._ask_color)

    @property
    def view(self) -> ChannelView:
        """The channel as set."""
        return replace(self._view, visible=self.visible.isChecked(), low=self.low.value(), high=self.high.value())

    def set_color(self, color: QColor) -> None:
        """Show the channel in this colour."""
        self._view = replace(self._view, color=color.name())
        self._show_color()
        self.changed.emit()

    def _ask_color(self) -> None:
        dialog = QColorDialog(QColor(self._view.color), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(self.set_color)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _show_color(self) -> None:
        self.color.setIcon(swatch(self._view.color, 16))


class ChannelRows(QWidget):
    """`channels_changed` gives a tuple of ChannelView; `automatic_wanted` asks for ranges from the pixels."""

    channels_changed = Signal(object)
    automatic_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ChannelRow] = []
        self.automatic = button("Automatic ranges", "From the 1st to the 99.8th percentile of each shown channel")
        self.automatic.clicked.connect(self.automatic_wanted)
        self._lines = column(margin=0, spacing=10)
        layout = column(label("CHANNELS", "section"), label(_WORDS, "hint"), margin=0)
        layout.addLayout(self._lines)
        layout.addLayout(row(None, self.automatic))
        self.setLayout(layout)

    def show_channels(self, info: ImageInfo | None, views: Sequence[ChannelView]) -> None:
        """Show an image's channels as they are set; nothing for an image without channels."""
        clear_layout(self._lines)
        self.rows = []
        for view in views if info is not None else ():
            name = info.channels[view.index].name if info is not None else ""
            made = ChannelRow(name or f"Channel {view.index + 1}", view, _decimals(info))
            made.changed.connect(self._tell)
            self.rows.append(made)
            self._lines.addWidget(made)
        self.setVisible(bool(self.rows))

    def _tell(self) -> None:
        self.channels_changed.emit(tuple(made.view for made in self.rows))


def _decimals(info: ImageInfo | None) -> int:
    return 3 if info is not None and info.dtype.startswith("float") else 0


def _number(name: str, value: float, decimals: int) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(-MOST_VALUE, MOST_VALUE)
    made.setDecimals(decimals)
    made.setKeyboardTracking(False)
    made.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    made.setGroupSeparatorShown(True)
    made.setAccessibleName(name)
    made.setMinimumWidth(60)
    made.setValue(value)
    return made
