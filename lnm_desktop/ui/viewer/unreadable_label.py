"""Says over the picture how many of its parts are hatched, so that nobody takes stripes for a finding."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

MARGIN_PX = 12
_SHEET = "#unreadable { background: rgba(18, 20, 24, 215); color: #FFFFFF; border-radius: 4px; padding: 4px 8px; }"


class UnreadableLabel(QLabel):
    """A dark plate in the upper left corner; hidden while everything can be read, transparent to the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("unreadable")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(_SHEET)
        self.move(MARGIN_PX, MARGIN_PX)
        self.hide()

    def show_count(self, count: int) -> None:
        """So many parts of this view are hatched."""
        parts = "1 part" if count == 1 else f"{count} parts"
        self.setText(f"Hatched: {parts} of this view cannot be read")
        self.adjustSize()
        self.setVisible(count > 0)
