"""Where the window and its panels were, kept per user in a file."""

from __future__ import annotations

import base64
import binascii
import tomllib
from pathlib import Path

import tomli_w
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

LAYOUT_VERSION = 2


def save_window(window: QMainWindow, file: Path) -> None:
    """Remember place, size and panels."""
    file.parent.mkdir(parents=True, exist_ok=True)
    data = {"geometry": _text(window.saveGeometry()), "panels": _text(window.saveState(LAYOUT_VERSION))}
    draft = file.with_suffix(".tmp")
    draft.write_text(tomli_w.dumps(data), encoding="utf-8")
    draft.replace(file)


def restore_window(window: QMainWindow, file: Path) -> bool:
    """Put everything back; False where nothing usable was kept."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        geometry, panels = (base64.b64decode(str(data[name]), validate=True) for name in ("geometry", "panels"))
    except (OSError, ValueError, KeyError, binascii.Error):
        return False
    placed = window.restoreGeometry(QByteArray(geometry))
    return window.restoreState(QByteArray(panels), LAYOUT_VERSION) and placed


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")
