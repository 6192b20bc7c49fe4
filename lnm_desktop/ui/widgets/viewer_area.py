"""The middle of the window: message bar, and the panes below it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lnm_desktop.ui.widgets.message_bar import MessageBar
from lnm_desktop.ui.widgets.pane_grid import PaneGrid


class ViewerArea(QWidget):
    """`open_wanted` comes from the button of an empty pane."""

    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = MessageBar()
        self.grid = PaneGrid()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.grid, 1)
