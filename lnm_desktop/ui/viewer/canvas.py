"""napari's canvas without napari's window: no docks, no menus, no keys, no file opening of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

from napari.components import ViewerModel
from napari.qt import QtViewer
from napari.settings import get_settings
from napari.utils.color import ColorValue
from napari.utils.events import disconnect_events
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from lnm_desktop.ui.viewer.renderer import is_software

BACKGROUNDS = {"dark": "#15171a", "light": "#e4e6e9"}


class Canvas(QtViewer):
    """The picture alone. Mouse and keys are taken before napari sees them (`CanvasInput`)."""

    def __init__(self) -> None:
        _use_settings_in_memory()
        super().__init__(ViewerModel(), show_welcome_screen=False)
        self.dims.hide()
        frame = self.canvas.native.parentWidget().layout()
        if frame is not None:
            frame.setContentsMargins(0, 0, 0, 0)
        self.setAcceptDrops(False)
        self.viewer.scene.camera.mouse_pan = False
        self.viewer.scene.camera.mouse_zoom = False

    @property
    def native(self) -> QWidget:
        """The OpenGL widget that receives mouse and keys."""
        return self.canvas.native

    @property
    def is_software(self) -> bool:
        """True where no graphics card draws."""
        return is_software()

    @property
    def scene_node(self) -> object:
        """vispy's node that napari's camera looks at; what hangs below it moves with the layers."""
        return self.canvas.view.scene

    @contextlib.contextmanager
    def drawing_at_once(self) -> Iterator[None]:
        """While layers come or go: napari then sends what it has to draw to whichever OpenGL context is current.

        In another one (Qt's own, or another pane's) programs and buffers are not those, and the driver crashes.
        """
        native: Any = self.native
        known = native.isValid()
        if known:
            native.makeCurrent()
        try:
            yield
        finally:
            if known:
                native.doneCurrent()

    def send(self) -> None:
        """Hand over now what waits for the graphics card, rather than within the next frame."""
        if cast("QOpenGLWidget", self.native).isValid():
            self.canvas._scene_canvas.set_current()
            self.canvas._scene_canvas.context.flush_commands()
            cast("QOpenGLWidget", self.native).doneCurrent()

    def set_theme(self, theme: str) -> None:
        """Dark or light surroundings."""
        self.viewer.theme = theme
        self.viewer.canvas.background_color_override = ColorValue(BACKGROUNDS[theme])

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Leave every key to the window: napari's single keys delete and rotate layers."""
        if event is not None:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """As `keyPressEvent`."""
        if event is not None:
            event.ignore()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let the OpenGL widget go; napari's own version would first build a console dock."""
        with self.drawing_at_once():
            self.viewer.layers.clear()
        self.dims.stop()
        disconnect_events(self.viewer.layers.events, self)
        self.canvas.delete()
        if event is not None:
            event.accept()


def _use_settings_in_memory() -> None:
    """Neither read nor write the napari settings of this user: what they mean for napari must not act here."""
    with contextlib.suppress(RuntimeError):  # already chosen by an earlier pane
        get_settings(None)
    # Loading in napari's own threads crashes under PySide6 (napari#8145); our levels never block instead.
    get_settings().experimental.async_ = False
