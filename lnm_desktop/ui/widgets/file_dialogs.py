"""Asking for a file or a folder, without stopping the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

Use = Callable[[Path], object]


def ask_file(parent: QWidget, title: str, kinds: str, use: Use) -> QFileDialog:
    """Ask for a file that is there."""
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _opened(dialog, use)


def ask_new_file(parent: QWidget, title: str, kinds: str, proposal: str, use: Use) -> QFileDialog:
    """Ask where to write; what is typed without an ending gets that of the proposed name."""
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(proposal).suffix[1:])
    dialog.selectFile(proposal)
    return _opened(dialog, use)


def ask_folder(parent: QWidget, title: str, use: Use) -> QFileDialog:
    """Ask for a folder that is there."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    return _opened(dialog, use)


def _opened(dialog: QFileDialog, use: Use) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: use(Path(name)))
    dialog.open()
    return dialog
