"""Waits for one key, and says which it was."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

_MODIFIERS = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_unknown,
)


class KeyRecorder(QLineEdit):
    """A field that takes keys as keys: `recorded` gives the next one, `given_up` follows Esc or a lost focus."""

    recorded = Signal(str)
    given_up = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setAccessibleName("New key")
        self.setPlaceholderText("Press a key")

    def event(self, event: QEvent) -> bool:
        """Every key is for this field, Tab and shortcuts included."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """One key with what is held; Esc gives up."""
        event.accept()
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        elif event.key() not in _MODIFIERS:
            self.recorded.emit(key_text(event))


def key_text(event: QKeyEvent) -> str:
    """The pressed key as a shortcut's text. Shift that only made the sign (as in "?") is no part of it."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    sign = event.text()
    if held == Qt.KeyboardModifier.ShiftModifier and sign.isprintable() and sign and not sign.isalpha():
        held = Qt.KeyboardModifier.NoModifier
    pressed = QKeySequence(event.key() | held.value)
    return pressed.toString(QKeySequence.SequenceFormat.PortableText)
