"""Connections to the signals of the active pane, moved as one when another pane becomes active."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMetaObject, QObject, SignalInstance


class PaneLinks:
    """Keeps one owner's connections to one pane at a time."""

    def __init__(self) -> None:
        self._made: list[QMetaObject.Connection] = []

    def renew(self, *pairs: tuple[SignalInstance, Callable[..., object]]) -> None:
        """Let go of the connections before, and connect each signal with its slot."""
        for connection in self._made:
            QObject.disconnect(connection)
        self._made = [signal.connect(slot) for signal, slot in pairs]
