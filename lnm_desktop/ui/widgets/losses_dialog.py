"""Asks before an export that leaves something out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

MOST_LINES = 8


def ask_to_lose(name: str, losses: Sequence[str], parent: QWidget) -> QMessageBox:
    """A question that stops nothing else; `accepted` follows where the file shall be written all the same."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Export Annotations", "", parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"{name} will not hold everything.")
    more = [f"… and {len(losses) - MOST_LINES} more."] if len(losses) > MOST_LINES else []
    lines = "\n".join([*(f"• {line}" for line in losses[:MOST_LINES]), *more])
    box.setInformativeText(f"{lines}\n\nThe annotations in the workspace stay as they are. GeoJSON keeps all.")
    write = box.addButton("Write It", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(write)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box
