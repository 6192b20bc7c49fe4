"""Mouse, wheel and keys of the canvas, taken before napari sees them."""

from __future__ import annotations

import math
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from lnm_desktop.ui.viewer.camera import Camera
from lnm_desktop.ui.viewer.hands import Hands
from lnm_desktop.ui.viewer.tools import DRAWING_TOOLS, Tool

ZOOM_PER_STEP = 1.25
WHEEL_STEP = 120
_MOUSE = {
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
}
_DOUBLE_CLICKED = {Tool.POLYGON, Tool.SPLINE, Tool.SELECT}
_BRUSH_KEYS = {Qt.Key.Key_BracketLeft: -1, Qt.Key.Key_BracketRight: 1}
_KEYS = {QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride}


class CanvasInput(QObject):
    """An event filter: pans and zooms the camera, hands the rest to `Hands`.

    `turned` tells the degrees of a gesture; `right_dragged` a step of the right button, and its degrees around the
    middle.
    """

    cursor_moved = Signal(object)
    resized = Signal()
    turned = Signal(float)
    right_dragged = Signal(QPointF, float)

    def __init__(self, native: QWidget, camera: Camera, hands: Hands) -> None:
        super().__init__(native)
        self._native = native
        self._camera = camera
        self._hands = hands
        self._pan_from: QPointF | None = None
        self._turn_from: QPointF | None = None
        self._space = False
        native.setMouseTracking(True)
        native.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        native.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """True for what napari must not see."""
        kind = event.type()
        if kind in _MOUSE:
            self._mouse(kind, cast(QMouseEvent, event))
            return True
        if kind in _KEYS:
            return self._key(kind, cast(QKeyEvent, event))
        if kind == QEvent.Type.Wheel:
            self._wheel(cast(QWheelEvent, event))
            return True
        if kind == QEvent.Type.NativeGesture:
            return self._gesture(cast(QNativeGestureEvent, event))
        self._notice(kind)
        return False

    def show_cursor(self) -> None:
        """The pointer that fits the tool."""
        shape = Qt.CursorShape.ArrowCursor
        if self._pan_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._hands.tool is Tool.MOVE or self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._hands.tool in DRAWING_TOOLS:
            shape = Qt.CursorShape.CrossCursor
        self._native.setCursor(shape)

    def _notice(self, kind: QEvent.Type) -> None:
        if kind == QEvent.Type.Leave:
            self.cursor_moved.emit(None)
        elif kind == QEvent.Type.Resize:
            self.resized.emit()
        elif kind == QEvent.Type.FocusOut:
            self._space = False
            self.show_cursor()

    def _mouse(self, kind: QEvent.Type, event: QMouseEvent) -> None:
        position = event.position()
        if kind == QEvent.Type.MouseMove:
            self._move(event)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._release(event)
        elif kind == QEvent.Type.MouseButtonPress and self._is_pan(event):
            self._pan_from = position
            self.show_cursor()
        elif kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.RightButton:
            self._turn_from = position
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press(kind, event)
        event.accept()

    def _press(self, kind: QEvent.Type, event: QMouseEvent) -> None:
        self._native.setFocus(Qt.FocusReason.MouseFocusReason)
        point, downsample = self._camera.to_image(event.position()), self._camera.downsample
        if kind == QEvent.Type.MouseButtonDblClick and self._hands.tool in _DOUBLE_CLICKED:
            self._hands.double_press(point, downsample)
            return
        extend = bool(event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
        subtract = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        self._hands.press(point, downsample, extend=extend, subtract=subtract)

    def _move(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pan_from is not None:
            delta = position - self._pan_from
            self._pan_from = position
            self._camera.pan_by(delta.x(), delta.y())
        elif self._turn_from is not None:
            degrees = self._angle(position) - self._angle(self._turn_from)
            self.right_dragged.emit(position - self._turn_from, degrees)
            self._turn_from = position
        point = self._camera.to_image(position)
        pressed = bool(event.buttons() & Qt.MouseButton.LeftButton)
        if self._pan_from is None and self._turn_from is None:
            self._hands.move(point, self._camera.downsample, pressed=pressed)
            self.cursor_moved.emit(point)

    def _release(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            self._pan_from = None
            self.show_cursor()
        elif self._turn_from is not None:
            self._turn_from = None
        elif event.button() == Qt.MouseButton.LeftButton:
            self._hands.release(self._camera.to_image(event.position()), self._camera.downsample)

    def _is_pan(self, event: QMouseEvent) -> bool:
        if event.button() == Qt.MouseButton.MiddleButton:
            return True
        left = event.button() == Qt.MouseButton.LeftButton
        return left and (self._space or self._hands.tool is Tool.MOVE)

    def _wheel(self, event: QWheelEvent) -> None:
        steps = (event.angleDelta().y() or event.angleDelta().x()) / WHEEL_STEP
        if steps and self._hands.has_brush and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._hands.scale_brush(1 if steps > 0 else -1)
        elif steps:
            self._camera.zoom_by(ZOOM_PER_STEP**steps, event.position())
            self.cursor_moved.emit(self._camera.to_image(event.position()))
        event.accept()

    def _angle(self, position: QPointF) -> float:
        """Direction from the middle of the canvas to a place, in degrees clockwise."""
        dx, dy = position.x() - self._native.width() / 2, position.y() - self._native.height() / 2
        return math.degrees(math.atan2(dy, dx))

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._camera.zoom_by(1.0 + event.value(), event.position())
        elif event.gestureType() == Qt.NativeGestureType.RotateNativeGesture:
            self.turned.emit(event.value())
        return True

    def _key(self, kind: QEvent.Type, event: QKeyEvent) -> bool:
        """Keys of a shape in the making are ours; all others go on to the window, never to napari."""
        ours = self._is_ours(event.key())
        if kind == QEvent.Type.ShortcutOverride:
            event.setAccepted(ours)
            return ours
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = kind == QEvent.Type.KeyPress
            self.show_cursor()
        elif kind == QEvent.Type.KeyPress and ours:
            self._act(event.key())
        event.setAccepted(ours)
        return True

    def _is_ours(self, key: int) -> bool:
        if key == Qt.Key.Key_Space or (key in _BRUSH_KEYS and self._hands.has_brush):
            return True
        drawing = not self._hands.draft.is_empty or self._hands.edited is not None
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Backspace)
        return drawing and key in keys

    def _act(self, key: int) -> None:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._hands.finish()
        elif key == Qt.Key.Key_Escape:
            self._hands.cancel()
        elif key == Qt.Key.Key_Backspace:
            self._hands.remove_last_vertex()
        elif key in _BRUSH_KEYS:
            self._hands.scale_brush(_BRUSH_KEYS[Qt.Key(key)])
