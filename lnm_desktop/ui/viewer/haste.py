"""Where no graphics card draws, a frame takes both processors: what is drawn in haste, and what is not drawn yet."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

# Smooth pixels take three times as long to draw as square ones: they wait until the hand rests.
REST_MS = 120
# After a jump the first frame waits for its tiles if they are expected soon: it would take the time to decode them.
HELD_MS = 100
HELD_FOR_S = 0.12


class Haste(QObject):
    """`rested()` when pixels may be smooth; `held(True)` … `held(False)` around the time in which nothing is drawn.

    With a graphics card (`has_card`) there is no haste, and neither signal comes.
    """

    rested = Signal()
    held = Signal(bool)

    def __init__(self, parent: QObject, *, has_card: bool) -> None:
        super().__init__(parent)
        self.has_card = has_card
        self._rest = self._timer(REST_MS, self.rested.emit)
        self._hold = self._timer(HELD_MS, self.release)

    def move(self, *, smooth: bool) -> bool:
        """The view moves; True where its pixels are to be smooth at once."""
        self._rest.stop()
        if smooth and not self.has_card:
            self._rest.start()
        return smooth and self.has_card

    def jump(self, expected_s: float) -> None:
        """The view is elsewhere, where little is at hand; its tiles are expected within so many seconds."""
        if not self.has_card and expected_s < HELD_FOR_S:
            self._hold.start()
            self.held.emit(True)

    @property
    def is_moving(self) -> bool:
        """True until pixels are smooth."""
        return self._rest.isActive()

    @property
    def is_holding(self) -> bool:
        """True while nothing is drawn."""
        return self._hold.isActive()

    def release(self) -> None:
        """Draw again."""
        self._hold.stop()
        self.held.emit(False)

    def stop(self) -> None:
        """The image goes."""
        self._rest.stop()
        if self.is_holding:
            self.release()

    def _timer(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer
