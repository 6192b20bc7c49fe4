"""One, two or four frames beside and above each other; the gap between them can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from lnm_desktop.ui.widgets.pane_frame import PaneFrame

GAP_PX = 4
LEAST_SHARE, MOST_SHARE = 0.15, 0.85


class PaneLayout(StrEnum):
    """How many panes there are, and how they lie."""

    ONE = "1"
    BESIDE = "2"
    ABOVE = "above"
    FOUR = "4"

    @property
    def columns(self) -> int:
        """Panes in a row."""
        return 2 if self in (PaneLayout.BESIDE, PaneLayout.FOUR) else 1

    @property
    def rows(self) -> int:
        """Rows of panes."""
        return 2 if self in (PaneLayout.ABOVE, PaneLayout.FOUR) else 1

    @property
    def places(self) -> int:
        """How many panes."""
        return self.columns * self.rows


class PaneGrid(QWidget):
    """Lays frames out itself: a canvas that is handed from one parent to another would lose what it has drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames: tuple[PaneFrame, ...] = ()
        self._layout = PaneLayout.ONE
        self._share = [0.5, 0.5]
        self._dragged = (False, False)
        self.setMouseTracking(True)

    @property
    def frames(self) -> tuple[PaneFrame, ...]:
        """The frames in reading order."""
        return self._frames

    def arrange(self, layout: PaneLayout, frames: Sequence[PaneFrame]) -> None:
        """Show these, as many as the layout has places, in reading order."""
        self._layout, self._frames = layout, tuple(frames)
        for frame in frames:
            frame.setParent(self) if frame.parentWidget() is not self else None
            frame.show()
        self._place()

    def mark(self, active: PaneFrame) -> None:
        """Give the active frame its edge."""
        for frame in self._frames:
            frame.show_edge(alone=len(self._frames) == 1, active=frame is active)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the shares."""
        super().resizeEvent(event)
        self._place()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Only the gap is not covered by a frame."""
        self._dragged = self._gaps_at(event.position().x(), event.position().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag the gap, or show that it can be dragged."""
        x, y = event.position().x(), event.position().y()
        if not event.buttons():
            self.setCursor(_cursor(*self._gaps_at(x, y)))
            return
        for axis, part in enumerate((x / max(1, self.width()), y / max(1, self.height()))):
            if self._dragged[axis]:
                self._share[axis] = min(max(part, LEAST_SHARE), MOST_SHARE)
        self._place()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let the gap go."""
        self._dragged = (False, False)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Equal shares again."""
        self._share = [0.5, 0.5]
        self._place()

    def _place(self) -> None:
        across = _cuts(self.width(), self._layout.columns, self._share[0])
        down = _cuts(self.height(), self._layout.rows, self._share[1])
        places = [QRect(x, y, width, height) for y, height in down for x, width in across]
        for frame, place in zip(self._frames, places, strict=False):
            frame.setGeometry(place)

    def _gaps_at(self, x: float, y: float) -> tuple[bool, bool]:
        upright = self._layout.columns == 2 and abs(x - self._share[0] * self.width()) <= GAP_PX
        level = self._layout.rows == 2 and abs(y - self._share[1] * self.height()) <= GAP_PX
        return upright, level


def _cuts(length: int, parts: int, share: float) -> list[tuple[int, int]]:
    """Where each part begins and how long it is."""
    if parts == 1:
        return [(0, length)]
    first = round(length * share) - GAP_PX // 2
    return [(0, first), (first + GAP_PX, length - first - GAP_PX)]


def _cursor(upright: bool, level: bool) -> Qt.CursorShape:
    shapes = {
        (True, True): Qt.CursorShape.SizeAllCursor,
        (True, False): Qt.CursorShape.SplitHCursor,
        (False, True): Qt.CursorShape.SplitVCursor,
    }
    return shapes.get((upright, level), Qt.CursorShape.ArrowCursor)
