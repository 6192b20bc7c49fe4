"""A mouse on a pane's canvas, for tests."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest

from lnm_desktop.domain.geometry import Point

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Mouse:
    """Moves and clicks at level-0 points."""

    def __init__(self, pane) -> None:
        self.pane = pane
        self.canvas = pane.canvas_widget

    def at(self, point: Point) -> QPoint:
        return self.pane.to_screen(point).toPoint()

    def click(self, *points: Point, keys: Qt.KeyboardModifier = NONE) -> None:
        for point in points:
            QTest.mouseMove(self.canvas, self.at(point))
            QTest.mouseClick(self.canvas, LEFT, keys, self.at(point))

    def double_click(self, point: Point) -> None:
        QTest.mouseDClick(self.canvas, LEFT, NONE, self.at(point))

    def drag(self, *points: Point, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(self.canvas, button, keys, self.at(points[0]))
        for point in points[1:]:
            self.move_pressed(self.at(point), button)
        QTest.mouseRelease(self.canvas, button, NONE, self.at(points[-1]))

    def move_pressed(self, place: QPoint, button: Qt.MouseButton) -> None:
        """QTest's own move carries no pressed button when the window system did not see one."""
        there = QPointF(place)
        far = self.canvas.mapToGlobal(there)
        event = QMouseEvent(QEvent.Type.MouseMove, there, far, Qt.MouseButton.NoButton, button, NONE)
        QCoreApplication.sendEvent(self.canvas, event)
