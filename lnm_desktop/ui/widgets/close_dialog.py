"""Asks whether changes that the disk does not take are given up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from lnm_desktop.ui.notices import Notices


def ask_to_close(notices: Notices, window: QWidget) -> QMessageBox:
    """The window closes only where it is wanted without them."""
    count = notices.unsaved
    changes = "One change is" if count == 1 else f"{count} changes are"
    box = QMessageBox(QMessageBox.Icon.Warning, "Not saved", f"{changes} not on disk.", parent=window)
    box.setInformativeText("Make room, or close what holds the workspace, then try again.")
    again = box.addButton("Try again", QMessageBox.ButtonRole.AcceptRole)
    lose = box.addButton("Close and lose them", QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def give_up() -> None:
        notices.forget_waiting()
        window.close()

    again.clicked.connect(window.close)
    lose.clicked.connect(give_up)
    box.open()
    return box
